"""Letters on their way: the moment in which they can be taken back, and what became of them for each recipient."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from flask_mailbox.services.later import Status, Ticket

from .drafts import delete_draft
from .language import _
from .mailbox import mailbox

blueprint = Blueprint("outbox", __name__, url_prefix="/outbox")

MOST = 8
"""How many letters on their way one browser is told about."""


def remember(ticket: str, subject: str, draft: str) -> None:
    """Keep in the cookie which letters to tell of: their tickets say nothing to other accounts."""
    waiting = [*session.get("outgoing", []), {"ticket": ticket, "subject": subject[:80], "draft": draft}]
    session["outgoing"] = waiting[-MOST:]


def outgoing() -> list[dict[str, Any]]:
    """Return the letters that have not left yet, for the notes on the page."""
    return list(session.get("outgoing", [])) if g.get("account") else []


@blueprint.before_app_request
def settle() -> None:
    """Tell what became of letters since the last page, and delete the drafts of those that left."""
    if request.method != "GET" or "X-Background" in request.headers or not outgoing():
        return
    if request.blueprint not in ("mail", "outbox", "writing", "maildrop"):
        return
    kept = []
    for letter in outgoing():
        ticket = mailbox.current.ticket(letter["ticket"])
        if ticket is None:
            continue
        status = ticket.status()
        if status.is_final:
            _tell(letter, ticket, status)
        else:
            kept.append(letter)
    session["outgoing"] = kept


@blueprint.get("/")
def notes() -> ResponseReturnValue:
    """Return the notes alone, for the script that keeps them current."""
    return render_template("notes.html")


@blueprint.get("/<ticket_id>")
def receipt(ticket_id: str) -> ResponseReturnValue:
    """Show what each recipient's server answered."""
    status = _asked(ticket_id).status()
    return render_template("receipt.html", receipt=status.receipt, failure=status.failure, body="")


@blueprint.post("/<ticket_id>/cancel")
def cancel(ticket_id: str) -> ResponseReturnValue:
    """Take a letter back, and open it again."""
    letter = next((letter for letter in outgoing() if letter["ticket"] == ticket_id), None)
    if letter is None or not _asked(ticket_id).cancel():
        flash(_("It is too late: the message has left."), "warning")
        return redirect(url_for("mail.folder"), 303)
    session["outgoing"] = [other for other in outgoing() if other["ticket"] != ticket_id]
    flash(_("The message was not sent."))
    if letter["draft"]:
        return redirect(url_for("writing.write", draft=letter["draft"]), 303)
    return redirect(url_for("mail.folder"), 303)


def _asked(ticket_id: str) -> Ticket:
    ticket = mailbox.current.ticket(ticket_id)
    if ticket is None:
        abort(404)
    return ticket


def _tell(letter: dict[str, Any], ticket: Ticket, status: Status) -> None:
    found = status.receipt
    if status.state == "sent" and letter["draft"]:
        with mailbox.imap() as imap:
            delete_draft(imap, letter["draft"])
    if status.state == "sent" and found is not None and found.ok:
        flash(_("Sent to %(people)s.", people=", ".join(found.accepted)))
        for warning in found.warnings:
            flash(warning, "warning")
    elif status.state != "cancelled":
        flash(_("“%(subject)s” did not reach everybody.", subject=letter["subject"]), f"ticket {ticket.id}")
