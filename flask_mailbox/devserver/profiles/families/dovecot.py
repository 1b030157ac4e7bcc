"""Dovecot, with Postfix for sending: what most hosting companies and own servers run."""

from ..imapmanners import IMAPManners
from ..profile import Profile
from ..shared import POSTFIX_REFUSAL

PROFILE = Profile(
    name="dovecot",
    greetings={"imap": "Dovecot ready.", "pop3": "Dovecot ready.", "smtp": "ESMTP Postfix"},
    refusals={
        "bad_credentials": {
            "imap": "NO [AUTHENTICATIONFAILED] Authentication failed.",
            "smtp": POSTFIX_REFUSAL,
            "pop3": "-ERR [AUTH] Authentication failed.",
        },
        "too_many_connections": {
            "imap": "NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded "
            "(mail_max_userip_connections=10)",
        },
        "temporary": {
            "imap": "NO [UNAVAILABLE] Temporary authentication failure.",
            "smtp": "454 4.7.0 Temporary authentication failure",
            "pop3": "-ERR [SYS/TEMP] Temporary authentication failure.",
        },
    },
    imap=IMAPManners(session_limit=10, server_id={"name": "Dovecot"}),
)
