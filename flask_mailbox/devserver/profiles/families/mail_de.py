"""mail.de: an ID before the sign-in is an error."""

from ..imapmanners import IMAPManners
from ..profile import Profile

PROFILE = Profile(name="mail-de", imap=IMAPManners(early_id_refusal="BAD Log in first"))
