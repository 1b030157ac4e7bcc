"""Coremail, which NetEase runs: 163.com, 126.com, yeah.net and its hosted domains."""

from ..imapmanners import IMAPManners
from ..profile import Profile, SMTPManners
from ..shared import LATE_CAPABILITIES

PROFILE = Profile(
    name="coremail",
    folders=(
        ("INBOX", ""),
        ("草稿箱", "\\Drafts"),
        ("已发送", "\\Sent"),
        ("已删除", "\\Trash"),
        ("垃圾邮件", "\\Junk"),
        ("病毒文件夹", ""),
    ),
    greetings={"imap": "Coremail System IMAP server ready", "pop3": "Welcome to Coremail", "smtp": "ESMTP Coremail"},
    refusals={
        "bad_credentials": {
            "imap": "NO LOGIN Login error or password error",
            "smtp": "535 Error: authentication failed",
            "pop3": "-ERR Unable to log on",
        },
        "protocol_disabled": {"smtp": "550 User has no permission"},
        "rate_limited": {"smtp": "535 Error: too much fail authentication"},
    },
    imap=IMAPManners(
        lacks=(LATE_CAPABILITIES - {"SPECIAL-USE"}) | {"IDLE", "MOVE", "UNSELECT"},
        offers=("XLIST", "APPENDLIMIT=71680000", "X-CM-EXT-1"),
        leftover_refusal="BAD Request not ending with <CRLF>",
        no_folder_refusal="NO {command} State error",
        select_refusal="NO {command} Unsafe Login. Please contact kefu@188.com for help",
        id_blank_refusal="BAD Parse command error",
        initial_response_refusal="BAD Request not ending with <CRLF>",
        silence_limit=60.0,
        server_id={"name": "Coremail"},
        uidnext=False,
        search_words="ascii",
    ),
    smtp=SMTPManners(
        sender_refusal="553 Mail from must equal authorized user",
        spam_refusal="554 DT:SPM 163 smtp8",
    ),
)
