"""Apple's iCloud."""

from ..imapmanners import IMAPManners
from ..profile import Profile, SMTPManners
from ..shared import LITERAL_PLUS, POSTFIX_REFUSAL

PROFILE = Profile(
    name="icloud",
    folders=(
        ("INBOX", ""),
        ("Archive", "\\Archive"),
        ("Deleted Messages", "\\Trash"),
        ("Drafts", "\\Drafts"),
        ("Junk", "\\Junk"),
        ("Sent Messages", "\\Sent"),
    ),
    mechanisms=("PLAIN", "XOAUTH2"),
    greetings={"imap": "iscream ready", "smtp": "ESMTP iCloud"},
    refusals={
        "bad_credentials": {"imap": "NO [AUTHENTICATIONFAILED] Authentication failed", "smtp": POSTFIX_REFUSAL},
    },
    imap=IMAPManners(
        lacks=LITERAL_PLUS | {"MOVE", "LIST-EXTENDED", "SPECIAL-USE", "PREVIEW"},
        offers=("XAPPLEPUSHSERVICE", "XAPPLELITERAL"),
        list_roles=False,
        quiet_enable=True,
        rfc822_item=False,
        header_search_refusal="NO [UNAVAILABLE] Unexpected exception",
    ),
    smtp=SMTPManners(sender_refusal="550 5.7.0 From address is not one of your addresses."),
)
