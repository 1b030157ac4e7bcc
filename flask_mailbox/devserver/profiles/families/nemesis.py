"""1&1 Mail & Media: GMX, WEB.DE, mail.com and IONOS."""

from ..imapmanners import IMAPManners
from ..profile import Profile

PROFILE = Profile(
    name="nemesis",
    refusals={"rate_limited": {"pop3": "-ERR [LOGIN-DELAY] Wait 15 minutes between sign-ins"}},
    imap=IMAPManners(empty_id_refusal="BAD Syntax error: an empty ID", folder_limit=20),
)
