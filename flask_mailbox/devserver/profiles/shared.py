"""What several families have in common, each thing named once."""

from __future__ import annotations

LATE_CAPABILITIES = frozenset(("ENABLE", "ESEARCH", "LIST-EXTENDED", "LIST-STATUS", "SPECIAL-USE", "PREVIEW"))
"""What came late to IMAP, and never to many servers."""

SASL_IR = frozenset(("SASL-IR",))
LITERAL_PLUS = frozenset(("LITERAL+",))

BELOW_INBOX = (
    ("INBOX", ""),
    ("INBOX/Sent", "\\Sent"),
    ("INBOX/Drafts", "\\Drafts"),
    ("INBOX/Trash", "\\Trash"),
    ("INBOX/Junk", "\\Junk"),
)
"""The folders of servers on which all others lie below INBOX."""

RUSSIAN_FOLDERS = (
    ("INBOX", ""),
    ("Отправленные", "\\Sent"),
    ("Черновики", "\\Drafts"),
    ("Корзина", "\\Trash"),
    ("Спам", "\\Junk"),
)

POSTFIX_REFUSAL = "535 5.7.8 Error: authentication failed: authentication failure"
"""How Postfix, which sends for many of them, refuses a sign-in."""

POSTFIX_SENDER_REFUSAL = "553 5.7.1 Sender address rejected: not owned by the user who signed in"
