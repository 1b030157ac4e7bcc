"""Writing: a form, empty or filled in as an answer; drafts saved as one types; sending, with a moment to undo it."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from flask_mailbox import FolderNotFoundError, MailboxError, MessageError, ServiceError
from flask_mailbox.imap import IMAPSession

from .drafts import attach_carried, carried_by, delete_draft, mark_answered, open_draft, save_draft
from .language import _, time_zone
from .letter import Carried, Letter, named
from .mailbox import mailbox
from .outbox import remember
from .reading import asked_message, asked_uid

blueprint = Blueprint("writing", __name__)

RECENT = 50
"""How many of the newest messages the suggested people are taken from."""


@blueprint.get("/write")
def write() -> ResponseReturnValue:
    """Show the form: empty, with a saved draft, or as the answer to a message."""
    if request.args.get("draft", "").isdecimal():
        uid = int(request.args["draft"])
        received = open_draft(uid)
        letter = Letter.of_draft(received, uid)
        return form(letter, carried_by(letter, received))
    letter = _answer(request.args.get("way", "reply")) if "uid" in request.args else Letter()
    if request.args.get("to"):
        letter = Letter(to=request.args["to"])
    return form(letter, carried_by(letter))


@blueprint.post("/write")
def send() -> ResponseReturnValue:
    """Send what was written, or save it as a draft."""
    letter = Letter.of_form(request.form)
    try:
        if request.form.get("do") == "save":
            return _save(letter)
        return _send(letter)
    except MessageError as error:
        return form(letter, problem=str(error)), 400
    except ServiceError as error:
        return form(letter, problem=f"{error.text} {error.hint}"), 502


@blueprint.post("/draft")
def autosave() -> ResponseReturnValue:
    """Save what is being typed; files that are not sent yet stay with the browser."""
    letter = Letter.of_form(request.form)
    try:
        uid = None if letter.is_empty else save_draft(letter, carried=request.form.getlist("carried"))
    except MailboxError as error:
        return {"problem": str(error)}, 409
    return {"draft": str(uid or "")}


@blueprint.post("/draft/discard")
def discard() -> ResponseReturnValue:
    """Forget a letter, and its draft."""
    with mailbox.imap() as imap:
        delete_draft(imap, request.form.get("draft", ""))
    flash(_("The draft was discarded."))
    return redirect(url_for("mail.folder"), 303)


def form(letter: Letter, carried: tuple[Carried, ...] | None = None, *, problem: str = "") -> str:
    """Return the page with the form."""
    return render_template(
        "write.html",
        letter=letter,
        carried=carried_by(letter) if carried is None else carried,
        people=_recent_people(),
        problem=problem,
        most=int(mailbox.account.max_message_size * 0.72),  # what base64 leaves of it
        undo_seconds=current_app.config["UNDO_SECONDS"],
    )


def _answer(way: str) -> Letter:
    """Return the letter that answers or forwards the message of the URL."""
    received = asked_message()
    account = mailbox.account
    place = f"{asked_uid()}@{request.args.get('folder') or 'INBOX'}"
    if way == "forward":
        return Letter.of_answer(received.forward(), place=place, forwards=True)
    answer = received.reply_all if way == "all" else received.reply
    return Letter.of_answer(answer(own=(account.address, *account.identities)), place=place)


def _save(letter: Letter) -> ResponseReturnValue:
    save_draft(letter, request.files.getlist("attachments"), request.form.getlist("carried"))
    flash(_("The draft was saved."))
    return redirect(url_for("mail.folder", folder="drafts"), 303)


def _send(letter: Letter) -> ResponseReturnValue:
    """Send at once, or keep the letter back for the time in which it can be undone."""
    message = letter.message(request.files.getlist("attachments"))
    carried = request.form.getlist("carried")
    delay = _delay(request.form.get("when", ""))
    with mailbox.imap() as imap:
        attach_carried(message, letter, carried, imap)
    if delay:
        ticket = mailbox.send_later(message, delay=delay)
        remember(ticket.id, letter.subject, _keep(letter, carried))
        return _to_the_list()
    receipt = mailbox.send(message)
    with mailbox.imap() as imap:
        mark_answered(letter, imap)
        if receipt.accepted:
            delete_draft(imap, letter.draft)
    if not receipt.ok:
        return render_template("receipt.html", receipt=receipt, failure=None, body=letter.body)
    flash(_("Sent to %(people)s.", people=", ".join(receipt.accepted)))
    for warning in receipt.warnings:
        flash(warning, "warning")
    return _to_the_list()


def _to_the_list() -> ResponseReturnValue:
    """Go back to the list; a script that uploaded files goes there by itself, since what is told there is told once."""
    if request.accept_mimetypes.best == "application/json":
        return {"location": url_for("mail.folder")}
    return redirect(url_for("mail.folder"), 303)


def _keep(letter: Letter, carried: list[str]) -> str:
    """Keep a letter that is about to leave among the drafts, for whoever undoes it; return its uid."""
    files = request.files.getlist("attachments")
    for upload in files:
        upload.stream.seek(0)
    try:
        uid = save_draft(letter, files, carried)
        with mailbox.imap() as imap:
            mark_answered(letter, imap)
    except FolderNotFoundError:
        return ""
    return str(uid or "")


def _delay(when: str) -> float:
    """Return how many seconds a letter waits: the time to undo it, or until the hour that was chosen."""
    now = datetime.now(time_zone())
    morning = now.replace(hour=8, minute=0, second=0, microsecond=0)
    moments = {
        "hour": now + timedelta(hours=1),
        "tomorrow": morning + timedelta(days=1),
        "monday": morning + timedelta(days=7 - now.weekday()),
    }
    if when in moments:
        return (moments[when] - now).total_seconds()
    return float(current_app.config["UNDO_SECONDS"])


def _recent_people() -> list[str]:
    """Return whom one has had to do with lately, for the suggestions of the address fields."""
    with mailbox.imap() as imap:
        found = [person for name in ("INBOX", "sent") for person in _people_of(imap, name)]
    return list(dict.fromkeys(found))[:100]


def _people_of(imap: IMAPSession, name: str) -> list[str]:
    try:
        page = imap.folder(name).page(limit=RECENT)
    except FolderNotFoundError:
        return []
    people = [person for summary in page for person in (summary.to if name == "sent" else summary.from_)]
    return [named(person.name, person.address) for person in people if person.address]
