"""Lark and Feishu: ENVELOPE tells no addresses."""

from ..imapmanners import IMAPManners
from ..profile import Profile

PROFILE = Profile(name="lark", imap=IMAPManners(envelope_addresses=False))
