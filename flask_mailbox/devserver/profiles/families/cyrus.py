"""Cyrus: all folders below INBOX, parted by dots, as it was set up for long."""

from ..imapmanners import IMAPManners
from ..profile import Profile
from ..shared import BELOW_INBOX, POSTFIX_REFUSAL

PROFILE = Profile(
    name="cyrus",
    folders=BELOW_INBOX,
    greetings={"imap": "Cyrus IMAP server ready", "pop3": "Cyrus POP3 server ready", "smtp": "ESMTP Postfix"},
    refusals={
        "bad_credentials": {
            "imap": "NO [AUTHENTICATIONFAILED] Login failed: authentication failure",
            "smtp": POSTFIX_REFUSAL,
            "pop3": "-ERR [AUTH] Invalid login",
        },
    },
    imap=IMAPManners(lacks=frozenset(("PREVIEW",)), separator=".", prefix="INBOX/", server_id={"name": "Cyrus IMAPD"}),
)
