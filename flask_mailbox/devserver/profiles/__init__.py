"""The parts that the server can play: each profile is what one family of servers does differently."""

from . import families
from .lookup import profile_for, profiles
from .profile import STANDARD, Profile

__all__ = ["STANDARD", "Profile", "families", "profile_for", "profiles"]
