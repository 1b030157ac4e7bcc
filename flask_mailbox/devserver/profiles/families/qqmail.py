"""QQMail, which Tencent runs: qq.com, foxmail.com and enterprise mail."""

from ..profile import IMAPManners, Profile, SMTPManners

LACKS = frozenset(
    ["SASL-IR", "LITERAL+", "ENABLE", "UNSELECT", "ESEARCH", "LIST-EXTENDED", "LIST-STATUS", "SPECIAL-USE", "PREVIEW"]
)

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
        lacks=LACKS,
        offers=("XLIST",),
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
