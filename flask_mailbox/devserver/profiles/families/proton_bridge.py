"""Proton Mail Bridge, which runs on the user's own machine."""

from ..imapmanners import IMAPManners
from ..profile import Profile

PROFILE = Profile(
    name="proton-bridge",
    mechanisms=("PLAIN", "LOGIN"),
    greetings={"imap": "IMAP4rev1 Service Ready", "smtp": "ESMTP Service Ready"},
    refusals={
        "bad_credentials": {
            "imap": "NO incorrect login credentials",
            "smtp": "535 5.7.8 Authentication failed: incorrect login credentials",
        },
        "rate_limited": {
            "imap": "NO too many login attempts",
            "smtp": "454 4.7.0 Too many login attempts, please try again later",
        },
    },
    jail_after=3,
    imap=IMAPManners(
        offers=("XSTOP", "APPENDLIMIT"),
        extended_list_refusal="BAD Expected a mailbox pattern",
        server_id={"name": "gluon"},
    ),
)
