"""Yahoo and the providers that it runs, such as AOL."""

from ..imapmanners import IMAPManners
from ..profile import Profile
from ..shared import LATE_CAPABILITIES

PROFILE = Profile(
    name="yahoo",
    folders=(
        ("INBOX", ""),
        ("Draft", "\\Drafts"),
        ("Sent", "\\Sent"),
        ("Bulk Mail", "\\Junk"),
        ("Trash", "\\Trash"),
        ("Archive", "\\Archive"),
    ),
    mechanisms=("PLAIN", "XOAUTH2", "OAUTHBEARER"),
    greetings={"imap": "IMAP4rev1 Hello", "pop3": "hello from popgate", "smtp": "ESMTP ready"},
    refusals={
        "bad_credentials": {
            "imap": "NO [AUTHENTICATIONFAILED] LOGIN Invalid credentials",
            "smtp": "535 5.7.0 (#AUTH005) Too many bad auth attempts.",
            "pop3": "-ERR [AUTH] Incorrect username or password",
        },
        "rate_limited": {"imap": "NO [LIMIT] LOGIN Rate Limit Hit"},
    },
    imap=IMAPManners(
        lacks=LATE_CAPABILITIES | {"IDLE"},
        offers=("XYMHIGHESTMODSEQ", "X-MSG-EXT", "OBJECTID"),
        line_limit=1_000,
        inbox_name="Inbox",
        list_roles=False,
        visible_messages=10_000,
        unordered_fetch=True,
        empty_addresses="()",
    ),
)
