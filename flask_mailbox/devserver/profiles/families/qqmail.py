"""QQMail, which Tencent runs: qq.com, foxmail.com and enterprise mail."""

from ..imapmanners import IMAPManners
from ..profile import Profile, SMTPManners
from ..shared import LATE_CAPABILITIES, LITERAL_PLUS, SASL_IR

PROFILE = Profile(
    name="qqmail",
    folders=(
        ("INBOX", ""),
        ("Sent Messages", "\\Sent"),
        ("Drafts", "\\Drafts"),
        ("Deleted Messages", "\\Trash"),
        ("Junk", "\\Junk"),
        ("其他文件夹", "\\Noselect"),
        ("其他文件夹/公司", ""),
    ),
    mechanisms=("PLAIN", "LOGIN", "XOAUTH2"),
    greetings={"imap": "QQMail IMAP4 server ready", "pop3": "QQMail POP3 server ready", "smtp": "ESMTP QQMail"},
    refusals={
        "bad_credentials": {
            "imap": "NO Login fail. Account is abnormal, service is not open, password is incorrect, "
            "login frequency limited, or system is busy",
            "smtp": "535 Login Fail. Please enter your authorization code to login. 请使用授权码登录。详情请看帮助",
            "pop3": "-ERR 登录失败，请使用授权码登录",
        },
        "protocol_disabled": {
            "imap": "NO Login fail. Account is abnormal, service is not open, password is incorrect, "
            "login frequency limited, or system is busy",
            "smtp": "535 Login Fail. Please enter your authorization code to login. 请使用授权码登录。详情请看帮助",
            "pop3": "-ERR 登录失败，请使用授权码登录",
        },
    },
    charset="gbk",
    imap=IMAPManners(
        lacks=LATE_CAPABILITIES | SASL_IR | LITERAL_PLUS | {"UNSELECT"},
        offers=("XLIST",),
        literal_login_refusal="BAD Login parameters!",
        list_roles=False,
        search_words="ignored",
        descending_set_refusal="BAD UID parameters!",
        envelope_bcc=False,
        childless_multiparts=True,
    ),
    smtp=SMTPManners(
        sender_refusal="501 mail from address must be same as authorization user",
        quit_reply=b"\0\0\0",
    ),
)
