"""Courier: all folders below INBOX, parted by dots, and few capabilities."""

from ..imapmanners import IMAPManners
from ..profile import POP3Manners, Profile
from ..shared import BELOW_INBOX, LATE_CAPABILITIES, LITERAL_PLUS, SASL_IR

PROFILE = Profile(
    name="courier",
    folders=BELOW_INBOX,
    mechanisms=("PLAIN", "LOGIN"),
    greetings={"imap": "Courier-IMAP ready.", "pop3": "Hello there.", "smtp": "ESMTP Courier"},
    refusals={
        "bad_credentials": {
            "imap": "NO Login failed.",
            "smtp": "535 Authentication failed.",
            "pop3": "-ERR Login failed.",
        },
    },
    imap=IMAPManners(
        lacks=LATE_CAPABILITIES | LITERAL_PLUS | SASL_IR | {"ID", "UNSELECT", "MOVE"},
        separator=".",
        prefix="INBOX/",
        list_roles=False,
        zero_fetch=True,
    ),
    pop3=POP3Manners(lacks=frozenset(("APOP", "RESP-CODES", "AUTH-RESP-CODE", "UTF8"))),
)
