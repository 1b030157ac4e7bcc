"""One user's journey through a mailbox: provider, address and credential are all that the app was given."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from flask_mailbox import Mailbox, Message
from flask_mailbox.devserver import MailServer
from flask_mailbox.errors import ServiceError
from flask_mailbox.imap import FolderInfo, Search
from flask_mailbox.providers import shipped

from ..apps import mailbox_of

IDENTITY = "sales@example.net"

LETTER = """\
From: =?utf-8?b?5p2O6Zu3?= <li@example.net>
X-Order: order-{number}
To: me
Subject: =?utf-8?b?5Y+R56Wo?= {number}
Message-ID: <{number}@example.net>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=a

--a
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8

正文 {number}
--b
Content-Type: text/html; charset=utf-8

<p>正文 {number}</p>
--b--
--a
Content-Type: application/pdf
Content-Disposition: attachment; filename=a.pdf

pdf
--a--
"""
OTHER = """\
From: ann@example.net
Subject: Lunch
Message-ID: <lunch@example.net>
Content-Type: multipart/related; boundary=a

--a
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain

At noon?
--b--
--a--
"""


@dataclass(frozen=True)
class Account:
    """What a user of the app types in.

    :param family: What the server plays, where the provider does not tell: his own domain may run on anything.
    """

    provider: str
    address: str
    password: str = "the-code-of-the-provider"
    token: str | None = None
    family: str = ""

    def server(self, **options: Any) -> MailServer:
        """Return a server of this provider that has the user."""
        tokens = {self.address: self.token} if self.token else None
        profile = options.pop("profile", self.family or self.provider)
        return MailServer({self.address: self.password}, tokens=tokens, profile=profile, **options)

    def config(self, server: MailServer, provider: str | None = None) -> dict[str, Any]:
        """Return what the app is told; servers and authority are the embedded server's."""
        config = server.config(self.address) | {"MAILBOX_PROVIDER": provider or self.provider}
        if self.token:
            config["MAILBOX_OAUTH2"] = self.token
            del config["MAILBOX_PASSWORD"]
        return config | {"MAILBOX_SAVE_SENT": True, "MAILBOX_IDENTITIES": [IDENTITY]}


@dataclass(frozen=True)
class Journey:
    """What a user sees on the way."""

    roles: frozenset[str]
    counts: tuple[int | None, int | None]
    subjects: tuple[str, ...]
    with_files: tuple[str, ...]
    text: str
    attachments: tuple[str, ...]
    sections: tuple[str, ...]
    html_part: bytes
    found: tuple[str, ...]
    found_among_unread: tuple[str, ...]
    found_by_id: tuple[str, ...]
    found_by_header: tuple[str, ...]
    moved: bool
    left_of_the_deleted: tuple[str, ...]
    sent: str
    copies: int
    listed_again: bool
    complaints: tuple[str, ...]


WELL = Journey(
    roles=frozenset(("sent", "drafts", "trash", "junk")),
    counts=(3, 3),
    subjects=("发票 2", "Lunch", "发票 1"),
    with_files=("发票 2", "发票 1"),
    text="正文 1",
    attachments=("a.pdf",),
    sections=("1.1", "1.2", "2"),
    html_part="<p>正文 1</p>".encode(),
    found=("发票 1", "发票 2"),
    found_among_unread=("Lunch",),
    found_by_id=("发票 2",),
    found_by_header=("发票 2",),
    moved=True,
    left_of_the_deleted=(),
    sent="ok",
    copies=1,
    listed_again=True,
    complaints=(),
)
"""What it should be."""


def preset_without(account: Account, quirk: str) -> dict[str, Any]:
    """Return the provider's preset as an app's own, one quirk at its default."""
    name = shipped().get(account.provider).id
    text = (files("flask_mailbox.providers") / "data" / "presets" / f"{name}.toml").read_text("utf-8")
    preset = tomllib.loads(text)
    quirks = {key: value for key, value in preset["quirks"].items() if key != quirk}
    return {**preset, "id": "own", "aliases": [], "domains": [], "quirks": quirks}


def travel(account: Account, server: MailServer, config: Mapping[str, Any]) -> Journey:
    """Sign in, list, read, search, move, delete and send, and say what was seen."""
    server.reset()
    for raw in (LETTER.format(number=1), OTHER, LETTER.format(number=2)):
        server.deliver(raw.encode(), account.address)
    with mailbox_of(config) as mailbox:
        order = _order(mailbox, "order-2")
        with mailbox.imap() as imap:
            folders = imap.folders(counts=True)
            inbox = imap.folder("INBOX")
            page = inbox.page()
            rows = {row.uid: row.subject for row in page}
            oldest = min(rows)
            message = inbox.message(oldest)
            sections = tuple(part.section for part in inbox.parts(oldest))
            with inbox.open_part(oldest, "1.2") as file:
                html_part = file.read()
            found = inbox.search(Search(subject="发票"))
            unread = inbox.search(Search(from_="ann@example.net", unseen=True))
            by_id = inbox.search(Search(header=("Message-ID", "<2@example.net>")))
            drafts = next(folder.path for folder in folders if folder.role == "drafts")
            new = inbox.move([oldest], drafts)
            moved = imap.folder(drafts).message(new[oldest]).subject == rows[oldest]
            inbox.delete([uid for uid in rows if rows[uid] == "Lunch"], permanently=True)
            left = tuple(
                folder.path
                for folder in folders
                if any(b"Subject: Lunch" in raw for raw in _stored(server, account, folder))
            )
        listed_again = _lists_again(mailbox)
        sent = _send(mailbox, account)
    sent_folder = next(folder for folder in folders if folder.role == "sent")
    return Journey(
        roles=frozenset(folder.role for folder in folders if folder.role) & WELL.roles,
        counts=next((folder.messages, folder.unseen) for folder in folders if folder.path == "INBOX"),
        subjects=tuple(rows.values()),
        with_files=tuple(row.subject for row in page if row.has_attachments),
        text=(message.text or "").strip(),
        attachments=tuple(attachment.filename or "" for attachment in message.attachments),
        sections=sections,
        html_part=html_part.strip(),
        found=tuple(rows[uid] for uid in found),
        found_among_unread=tuple(rows[uid] for uid in unread),
        found_by_id=tuple(rows[uid] for uid in by_id),
        found_by_header=tuple(rows[uid] for uid in order),
        moved=moved,
        left_of_the_deleted=left,
        sent=sent,
        copies=len(_stored(server, account, sent_folder)),
        listed_again=listed_again,
        complaints=_complaints(server),
    )


def _order(mailbox: Mailbox, number: str) -> tuple[int, ...]:
    """Find a message by a field of its header; nothing where the server refuses that, or ends the connection."""
    try:
        with mailbox.imap() as imap:
            return tuple(imap.folder("INBOX").search(Search(header=("X-Order", number))))
    except ServiceError:
        return ()


def _lists_again(mailbox: Mailbox) -> bool:
    """Whether a message that was read over POP3 is listed in the next session; not if there is no signing in."""
    try:
        with mailbox.pop3() as pop3:
            newest = pop3.entries()[-1]
            pop3.raw(newest.uidl)
        with mailbox.pop3() as pop3:
            return newest.uidl in [entry.uidl for entry in pop3.entries()]
    except ServiceError:
        return False


def _stored(server: MailServer, account: Account, folder: FolderInfo) -> list[bytes]:
    """Return what the server holds in a folder that it lists, whatever parts the levels of its name there."""
    return server.messages(account.address, folder.path.replace(folder.delimiter or "/", "/"))


def _send(mailbox: Mailbox, account: Account) -> str:
    message = Message("测试", sender=IDENTITY, recipients=[account.address], body="正文")
    try:
        receipt = mailbox.send(message)
    except Exception as error:
        return str(error)
    return "ok" if receipt.ok and not receipt.warnings else str(receipt)


def _complaints(server: MailServer) -> tuple[str, ...]:
    """Return the commands that the server refused."""
    words = (line.line.split(b" ") for line in server.log if line.protocol == "imap" and line.direction == "S")
    answers = (word for word in words if len(word) > 1 and word[0] not in (b"*", b"+"))
    return tuple(b" ".join(word[1:]).decode().strip() for word in answers if word[1] in (b"NO", b"BAD"))
