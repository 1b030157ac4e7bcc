"""The parts that the server can play: each profile is what one family of servers does differently."""

from . import families
from .imapmanners import IMAPManners
from .lookup import profile_for, profiles
from .profile import STANDARD, POP3Manners, Profile, SMTPManners

__all__ = ["STANDARD", "IMAPManners", "POP3Manners", "Profile", "SMTPManners", "families", "profile_for", "profiles"]
