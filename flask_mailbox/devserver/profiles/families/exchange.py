"""Exchange, as Outlook.com and Microsoft 365 run it."""

from ..imapmanners import IMAPManners
from ..profile import POP3Manners, Profile, SMTPManners
from ..shared import LATE_CAPABILITIES

PROFILE = Profile(
    name="exchange",
    folders=(
        ("INBOX", ""),
        ("Archive", "\\Archive"),
        ("Deleted Items", "\\Trash"),
        ("Drafts", "\\Drafts"),
        ("Junk Email", "\\Junk"),
        ("Sent Items", "\\Sent"),
    ),
    mechanisms=("PLAIN", "LOGIN", "XOAUTH2"),
    takes_password=False,
    greetings={
        "imap": "The Microsoft Exchange IMAP4 service is ready.",
        "pop3": "The Microsoft Exchange POP3 service is ready.",
        "smtp": "Microsoft ESMTP MAIL Service ready",
    },
    refusals={
        "oauth_required": {
            "imap": "NO {command} failed.",
            "smtp": "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
            "pop3": "-ERR Logon failure: unknown user name or bad password.",
        },
        "bad_credentials": {
            "imap": "NO {command} failed.",
            "smtp": "535 5.7.3 Authentication unsuccessful",
            "pop3": "-ERR Authentication failure: unknown user name or bad password.",
        },
        "admin_disabled": {
            "smtp": "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
        },
    },
    imap=IMAPManners(
        lacks=LATE_CAPABILITIES,
        offers=("CLIENTACCESSRULES", "CLIENTNETWORKPRESENCELOCATION", "BACKENDAUTHENTICATE"),
        server_id={"name": "Microsoft.Exchange.Imap4.Imap4Server"},
        empty_id_refusal="BAD Command Argument Error. 11",
        not_connected="BAD User is authenticated but not connected.",
        search_charsets=("US-ASCII",),
        sloppy_answers=True,
    ),
    pop3=POP3Manners(
        lacks=frozenset(("APOP", "UTF8", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING")),
        initial_response_refusal="-ERR Protocol error. 14",
    ),
    smtp=SMTPManners(
        renames_messages=True,
        saves_sent=True,
        session_limit=3,
        session_limit_refusal="432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
    ),
)
