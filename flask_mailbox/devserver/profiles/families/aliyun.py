"""Alibaba's mail: Aliyun for persons, and enterprise mail."""

from ..imapmanners import IMAPManners
from ..profile import Profile, SMTPManners

PROFILE = Profile(
    name="aliyun",
    refusals={
        "bad_credentials": {"smtp": "526 Authentication failure[0]"},
        "rate_limited": {"smtp": "526 Authentication failure[1]"},
        "admin_disabled": {
            "imap": "NO UC_LOGIN_SOURCE_NOT_ALLOWED",
            "smtp": "526 UC_LOGIN_SOURCE_NOT_ALLOWED",
            "pop3": "-ERR UC_LOGIN_SOURCE_NOT_ALLOWED",
        },
    },
    imap=IMAPManners(search_words="none"),
    smtp=SMTPManners(
        sender_refusal="440 mail from account doesn't conform with authentication",
        spam_refusal="554 Reject by content spam",
    ),
)
