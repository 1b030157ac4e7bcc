"""The same mailbox over POP3 beside IMAP: what each of them says of the same messages, and what only one can do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from flask_mailbox import MailboxError, ReceivedMessage
from flask_mailbox.imap import Summary
from flask_mailbox.message import frame_policy
from flask_mailbox.pop3 import Entry

from .invitation import read_invitation
from .mailbox import mailbox
from .reading import download, framed

blueprint = Blueprint("maildrop", __name__, url_prefix="/pop3")

NEWEST = 20


@dataclass(frozen=True, slots=True)
class Pair:
    """One message as each protocol tells it.

    :param summary: What IMAP says; ``None`` if it says nothing of a message of that Message-ID.
    """

    entry: Entry
    message: ReceivedMessage
    summary: Summary | None


@blueprint.get("/")
def entries() -> ResponseReturnValue:
    """List the newest messages of the maildrop; each costs POP3 a command of its own."""
    with mailbox.pop3() as pop3:
        everything = pop3.entries()
        newest = everything[-NEWEST:]
        tops = [(entry, pop3.top(entry.uidl)) for entry in reversed(newest)]
    return render_template("maildrop.html", pairs=_paired(tops), total=len(everything))


@blueprint.get("/message")
def message() -> ResponseReturnValue:
    """Show one message."""
    received = _asked()
    return render_template(
        "maildrop_message.html",
        message=received,
        uidl=request.args["uidl"],
        frame=frame_policy(),
        invitation=read_invitation(received),
        remote="1" if request.args.get("remote") == "1" else None,
    )


@blueprint.get("/message/html")
def html() -> ResponseReturnValue:
    """Serve a message's HTML for the sandboxed frame."""
    return framed(_asked(), load_remote=request.args.get("remote") == "1")


@blueprint.get("/message/attachment/<int:number>")
def attachment(number: int) -> ResponseReturnValue:
    """Download one attachment."""
    return download(_asked(), number)


def _asked() -> ReceivedMessage:
    with mailbox.pop3() as pop3:
        return pop3.message(request.args.get("uidl", ""))


def _paired(tops: Iterable[tuple[Entry, ReceivedMessage]]) -> list[Pair]:
    """Put beside each message what IMAP says of it; without IMAP the column stays empty."""
    known: dict[str, Summary] = {}
    try:
        if g.account.imap is not None:
            with mailbox.imap() as imap:
                page = imap.folder("INBOX").page(limit=2 * NEWEST)
            known = {summary.message_id: summary for summary in page if summary.message_id}
    except MailboxError:  # the other protocol is what this page is about
        known = {}
    return [Pair(entry, top, known.get(top.message_id or "")) for entry, top in tops]
