"""What is on its way: taking it back, what leaves later, and what became of it for each recipient."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from flask_mailbox.services.later import Status, Ticket

from . import who, writing
from .language import _
from .mailbox import mailbox
from .outgoing import Outgoing, departures

blueprint = Blueprint("outbox", __name__, url_prefix="/outbox")

PAGES = ("mail", "outbox", "writing", "maildrop")


@blueprint.before_app_request
def settle() -> None:
    """Tell what became of letters since the last page, and delete the drafts of those that left."""
    if request.method != "GET" or g.get("account") is None or request.blueprint not in PAGES or not who.takes_notes():
        return
    for outgoing in departures().of(g.account):
        ticket = mailbox.current.ticket(outgoing.ticket)
        status = ticket.status() if ticket else None
        if (status is None or status.is_final) and departures().take(g.account, outgoing.ticket):
            _tell(outgoing, status)


@blueprint.get("/")
def scheduled() -> ResponseReturnValue:
    """List what leaves later."""
    return render_template("scheduled.html")


@blueprint.get("/notes")
def notes() -> ResponseReturnValue:
    """Return the notes alone, for the script that keeps them current."""
    return render_template("notes.html")


@blueprint.get("/<ticket_id>")
def receipt(ticket_id: str) -> ResponseReturnValue:
    """Show what each recipient's server answered."""
    status = _asked(ticket_id).status()
    due = None if status.is_final else status.due
    return render_template("receipt.html", receipt=status.receipt, failure=status.failure, body="", due=due)


@blueprint.post("/<ticket_id>/cancel")
def cancel(ticket_id: str) -> ResponseReturnValue:
    """Take a letter back, and open it again."""
    if not _asked(ticket_id).cancel():
        flash(_("It is too late: the message has left."), "warning")
        return redirect(url_for("mail.folder"), 303)
    flash(_("The message was not sent."))
    outgoing = departures().take(g.account, ticket_id)
    if outgoing is None:
        return redirect(url_for("mail.folder"), 303)
    if outgoing.is_saved and outgoing.letter.draft:
        return redirect(url_for("writing.write", draft=outgoing.letter.draft), 303)
    return writing.form(outgoing.letter)


def _asked(ticket_id: str) -> Ticket:
    ticket = mailbox.current.ticket(ticket_id)
    if ticket is None:
        abort(404)
    return ticket


def _tell(outgoing: Outgoing, status: Status | None) -> None:
    subject = outgoing.letter.subject or _("(no subject)")
    if status is None:
        flash(_("What became of “%(subject)s” is not known any more: look into Sent.", subject=subject), "warning")
    elif status.state == "sent" and status.receipt is not None:
        writing.tidy_up(outgoing.letter)
        writing.tell(status.receipt, subject, outgoing.ticket)
    elif status.state != "cancelled":
        flash(_("“%(subject)s” did not reach everybody.", subject=subject), f"ticket {outgoing.ticket}")
