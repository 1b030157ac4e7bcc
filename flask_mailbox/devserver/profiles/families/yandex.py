"""Yandex."""

from ..imapmanners import IMAPManners
from ..profile import Profile, SMTPManners
from ..shared import LATE_CAPABILITIES, RUSSIAN_FOLDERS, SASL_IR

_NO_ACCESS = "535 5.7.8 Error: authentication failed: This user does not have access rights to this service"
_IMAP_OFF = "NO [AUTHENTICATIONFAILED] {command} invalid credentials or IMAP is disabled"
_POP3_OFF = "-ERR [AUTH] login failure or POP3 disabled, try later."

PROFILE = Profile(
    name="yandex",
    folders=RUSSIAN_FOLDERS,
    mechanisms=("PLAIN", "LOGIN", "XOAUTH2"),
    greetings={"imap": "Yandex IMAP4rev1 ready", "pop3": "POP Ya!", "smtp": "ESMTP (Want to use Yandex.Mail?)"},
    refusals={
        "bad_credentials": {
            "imap": _IMAP_OFF,
            "smtp": "535 5.7.8 Error: authentication failed: Invalid user or password!",
            "pop3": _POP3_OFF,
        },
        "protocol_disabled": {"imap": _IMAP_OFF, "smtp": _NO_ACCESS, "pop3": _POP3_OFF},
    },
    imap=IMAPManners(
        lacks=(LATE_CAPABILITIES - {"ENABLE"}) | SASL_IR,
        offers=("XLIST",),
        separator="|",
        list_roles=False,
        doubled_attributes=True,
        endless_bye=True,
        valueless_parts=True,
        childless_multiparts=True,
    ),
    smtp=SMTPManners(sender_refusal="553 5.7.1 Sender address rejected: not owned by auth user."),
)
