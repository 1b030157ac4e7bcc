"""Rambler: IDLE is cut off after about a minute."""

from ..imapmanners import IMAPManners
from ..profile import Profile

PROFILE = Profile(name="rambler", imap=IMAPManners(idle_limit=60.0))
