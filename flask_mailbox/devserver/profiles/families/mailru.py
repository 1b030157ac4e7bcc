"""Mail.ru and VK."""

from ..imapmanners import IMAPManners
from ..profile import Profile, SMTPManners
from ..shared import RUSSIAN_FOLDERS

_REFUSAL = "NEOBHODIM parol prilozheniya / Application password is REQUIRED"

PROFILE = Profile(
    name="mailru",
    folders=RUSSIAN_FOLDERS,
    refusals={
        "bad_credentials": {
            "imap": f"NO [AUTHENTICATIONFAILED] {_REFUSAL}",
            "smtp": f"535 5.7.0 {_REFUSAL}",
            "pop3": f"-ERR [AUTH] {_REFUSAL}",
        },
    },
    imap=IMAPManners(float_sizes=True),
    smtp=SMTPManners(sender_refusal="550 not local sender over smtp"),
)
