"""The same mailbox over POP3: what it can do, and what it cannot."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from flask_mailbox import ReceivedMessage
from flask_mailbox.message import frame_policy

from .invitation import read_invitation
from .mailbox import mailbox
from .reading import download, framed

blueprint = Blueprint("maildrop", __name__, url_prefix="/pop3")

NEWEST = 25


@blueprint.get("/")
def entries() -> ResponseReturnValue:
    """List the newest messages of the maildrop; each costs POP3 a command of its own."""
    with mailbox.pop3() as pop3:
        everything = pop3.entries()
        rows = [(entry, pop3.top(entry.uidl)) for entry in reversed(everything[-NEWEST:])]
    return render_template("maildrop.html", rows=rows, total=len(everything))


@blueprint.get("/message")
def message() -> ResponseReturnValue:
    """Show one message."""
    uidl = request.args.get("uidl", "")
    received = _fetch(uidl)
    return render_template(
        "maildrop_message.html",
        message=received,
        uidl=uidl,
        frame=frame_policy(),
        invitation=read_invitation(received),
        remote="1" if request.args.get("remote") == "1" else None,
    )


@blueprint.get("/message/html")
def html() -> ResponseReturnValue:
    """Serve a message's HTML for the sandboxed frame."""
    return framed(_fetch(request.args.get("uidl", "")), load_remote=request.args.get("remote") == "1")


@blueprint.get("/message/attachment/<int:number>")
def attachment(number: int) -> ResponseReturnValue:
    """Download one attachment."""
    return download(_fetch(request.args.get("uidl", "")), number)


def _fetch(uidl: str) -> ReceivedMessage:
    with mailbox.pop3() as pop3:
        return pop3.message(uidl)
