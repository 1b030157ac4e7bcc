"""Gmail and Google Workspace."""

from ..imapmanners import IMAPManners
from ..profile import POP3Manners, Profile, SMTPManners
from ..shared import LITERAL_PLUS

_MECHANISMS = ("PLAIN", "XOAUTH2", "OAUTHBEARER")
_SECOND_FACTOR = "Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)"
_BROWSER = "Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)"

PROFILE = Profile(
    name="gmail",
    folders=(
        ("INBOX", ""),
        ("[Gmail]", "\\Noselect"),
        ("[Gmail]/All Mail", "\\All"),
        ("[Gmail]/Drafts", "\\Drafts"),
        ("[Gmail]/Sent Mail", "\\Sent"),
        ("[Gmail]/Spam", "\\Junk"),
        ("[Gmail]/Starred", "\\Flagged"),
        ("[Gmail]/Trash", "\\Trash"),
    ),
    mechanisms=_MECHANISMS,
    greetings={"imap": "Gimap ready", "pop3": "Gpop ready", "smtp": "ESMTP gsmtp"},
    token_problem={"status": "400", "schemes": "Bearer", "scope": "https://mail.google.com/"},
    refusals={
        "bad_credentials": {
            "imap": "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
            "smtp": "535-5.7.8 Username and Password not accepted. For more information, go to\r\n"
            "535 5.7.8 https://support.google.com/mail/?p=BadCredentials",
            "pop3": "-ERR [AUTH] Username and password not accepted.",
        },
        "app_password_required": {
            "imap": f"NO [ALERT] {_SECOND_FACTOR}",
            "smtp": "534-5.7.9 Application-specific password required. For more information, go to\r\n"
            "534 5.7.9 https://support.google.com/mail/?p=InvalidSecondFactor",
            "pop3": f"-ERR [AUTH] {_SECOND_FACTOR}",
        },
        "web_login_required": {
            "imap": f"* NO [WEBALERT https://accounts.google.com/signin/continue] Web login required.\r\n"
            f"NO [ALERT] {_BROWSER}",
            "smtp": "534-5.7.14 Please log in via your web browser and then try again.\r\n"
            "534 5.7.14 Learn more at https://support.google.com/mail/answer/78754",
            "pop3": f"-ERR [SYS/PERM] {_BROWSER}",
        },
        "protocol_disabled": {
            "imap": "NO [ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and "
            "enable your account for IMAP access. (Failure)",
            "pop3": "-ERR [SYS/PERM] Your account is not enabled for POP access.",
        },
        "too_many_connections": {"imap": "NO [ALERT] Too many simultaneous connections. (Failure)"},
        "rate_limited": {
            "imap": "NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)",
            "smtp": "454 4.7.0 Too many login attempts, please try again later.",
        },
    },
    imap=IMAPManners(
        lacks=LITERAL_PLUS | {"SPECIAL-USE", "PREVIEW"},
        server_id={"name": "GImap", "vendor": "Google, Inc."},
        offers=("LITERAL-", "XLIST", "X-GM-EXT-1", "APPENDLIMIT=35651584"),
        session_limit=15,
        archives_expunged=True,
    ),
    pop3=POP3Manners(
        lacks=frozenset(("UTF8", "APOP", "AUTH-RESP-CODE", "PIPELINING")),
        offers=("EXPIRE 0", "LOGIN-DELAY 300"),
        window=250,
        recent_prefix="recent:",
    ),
    smtp=SMTPManners(saves_sent=True),
)
