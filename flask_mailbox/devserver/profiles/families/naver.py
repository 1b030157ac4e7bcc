"""Naver: NOOP never tells of new mail."""

from ..imapmanners import IMAPManners
from ..profile import Profile

PROFILE = Profile(name="naver", imap=IMAPManners(noop_tells=False))
