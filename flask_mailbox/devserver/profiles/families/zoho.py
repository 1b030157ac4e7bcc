"""Zoho, in all its regions."""

from ..imapmanners import IMAPManners
from ..profile import Profile
from ..shared import LITERAL_PLUS

PROFILE = Profile(
    name="zoho",
    folders=(
        ("INBOX", ""),
        ("Entwürfe", "\\Drafts"),
        ("Gesendet", "\\Sent"),
        ("Papierkorb", "\\Trash"),
        ("Spam", "\\Junk"),
    ),
    mechanisms=("PLAIN", "XOAUTH2"),
    greetings={"imap": "Zoho Mail IMAP4rev1 Server", "pop3": "Zoho Mail POP3 Server", "smtp": "ESMTP Zoho Mail"},
    refusals={
        "bad_credentials": {
            "imap": "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
            "smtp": "535 Authentication Failed",
            "pop3": "-ERR [AUTH] Authentication failed",
        },
        "protocol_disabled": {
            "imap": "NO [ALERT] You are yet to enable IMAP for your account. Please contact your administrator "
            "(Failure)",
        },
    },
    imap=IMAPManners(
        lacks=LITERAL_PLUS | {"ENABLE", "SPECIAL-USE", "PREVIEW"},
        offers=("LITERAL-", "XLIST", "APPENDLIMIT=26214400"),
        list_roles=False,
        stray_modseq="(-1)",
    ),
)
