"""Seznam: a search in any header field ends the connection."""

from ..imapmanners import IMAPManners
from ..profile import Profile

PROFILE = Profile(name="seznam", imap=IMAPManners(header_search_refusal="BYE"))
