"""Writing: a form, empty or filled in as an answer; drafts saved as one types; sending, with a moment to undo it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_mail import Attachment

from flask_mailbox import MailboxError, Message, MessageError, Receipt
from flask_mailbox.imap import IMAPSession

from .display import long_date
from .drafts import attach_carried, carried_by, delete_draft, delete_if_bare, mark_answered, open_draft, save_draft
from .language import _, time_zone
from .letter import FORWARD, Carried, Letter, named
from .mailbox import mailbox
from .outgoing import remember
from .places import Place
from .problems import Problem
from .reading import asked_message, asked_place

blueprint = Blueprint("writing", __name__)

RECENT = 50
"""How many of the newest messages the suggested people are taken from."""


@blueprint.get("/write")
def write() -> ResponseReturnValue:
    """Show the form: empty, with a saved draft, or as the answer to a message."""
    if place := Place.read(request.args.get("draft", "")):
        received = open_draft(place)
        letter = Letter.of_draft(received, str(place))
        return form(letter, carried_by(letter, received))
    letter = _answer(request.args.get("way", "reply")) if "uid" in request.args else Letter()
    if request.args.get("to"):
        letter = Letter(to=request.args["to"])
    return form(letter)


@blueprint.post("/write")
def send() -> ResponseReturnValue:
    """Send what was written, or save it as a draft."""
    letter = Letter.of_form(request.form)
    try:
        return _save(letter) if request.form.get("do") == "save" else _send(letter)
    except MailboxError as error:
        return _again(letter, error)


@blueprint.post("/draft")
def autosave() -> ResponseReturnValue:
    """Save what is being typed; files that are not sent yet stay with the browser."""
    letter = Letter.of_form(request.form)
    try:
        if letter.is_empty and delete_if_bare(letter):
            return {"draft": ""}
        return {"draft": save_draft(letter, carried=request.form.getlist("carried"), keep_all=True)}
    except MailboxError as error:
        return {"problem": Problem.of(error).text}, 502


@blueprint.post("/draft/discard")
def discard() -> ResponseReturnValue:
    """Forget a letter, and its draft."""
    if draft := request.form.get("draft"):
        with mailbox.imap() as imap:
            delete_draft(imap, draft)
    flash(_("The draft was discarded."))
    return redirect(url_for("mail.folder"), 303)


def form(letter: Letter, carried: tuple[Carried, ...] | None = None, *, problem: Problem | None = None) -> str:
    """Return the page with the form."""
    return render_template(
        "write.html",
        letter=letter,
        carried=_carried(letter) if carried is None else carried,
        people=_recent_people(),
        problem=problem,
        most=int(mailbox.account.max_message_size * 0.72),  # what base64 leaves of it
        undo_seconds=current_app.config["UNDO_SECONDS"],
    )


def tidy_up(letter: Letter) -> None:
    """Mark what a letter that was sent answers, and delete its draft; if that fails, it was sent all the same."""
    if not (letter.draft or letter.answer or letter.forward):
        return
    try:
        with mailbox.imap() as imap:
            mark_answered(letter, imap)
            delete_draft(imap, letter.draft)
    except MailboxError as error:
        text = _("The message was sent, but its draft may still be there, and the one it answers is not marked.")
        flash(f"{text} {Problem.of(error).text}", "warning")


def tell(receipt: Receipt, subject: str, ticket: str) -> None:
    """Say in a note what became of a letter; who was not reached, and why, is told on the page of its ticket."""
    if receipt.ok:
        flash(_("Sent to %(people)s.", people=", ".join(receipt.accepted)))
    else:
        flash(_("“%(subject)s” did not reach everybody.", subject=subject), f"ticket {ticket}")
    for warning in receipt.warnings:
        flash(_("No copy was filed in the folder Sent: %(why)s", why=warning), "warning")


def _answer(way: str) -> Letter:
    """Return the letter that answers or forwards the message of the URL."""
    received = asked_message()
    account = mailbox.account
    place = str(asked_place())
    if way == "forward":
        return Letter.of_answer(received.forward(), place=place, forwards=True)
    answer = received.reply_all if way == "all" else received.reply
    return Letter.of_answer(answer(own=(account.address, *account.identities)), place=place)


def _save(letter: Letter) -> ResponseReturnValue:
    save_draft(letter, _uploads(), request.form.getlist("carried"))
    flash(_("The draft was saved."))
    return _go("drafts")


def _send(letter: Letter) -> ResponseReturnValue:
    """Send at once, or keep the letter back for the time in which it can be undone."""
    files, carried = _uploads(), request.form.getlist("carried")
    message = letter.message(files)
    attach_carried(message, letter, carried)
    if delay := _delay(request.form.get("when", "")):
        return _send_later(letter, message, files, delay)
    receipt = mailbox.send(message)
    if receipt.accepted:
        tidy_up(letter)
    if not receipt.ok:
        return render_template("receipt.html", receipt=receipt, failure=None, body=letter.body, due=None)
    tell(receipt, letter.subject, "")
    return _go()


def _send_later(letter: Letter, message: Message, files: list[Attachment], delay: float) -> ResponseReturnValue:
    """Keep a letter among the drafts, for whoever takes it back, and then queue it: nothing can fail after that."""
    mailbox.current.check(message)
    carried = request.form.getlist("carried")
    letter, is_saved = letter.carrying(carried), True
    try:
        letter = replace(letter, draft=save_draft(letter, files, carried))
    except MailboxError:  # its text is kept while it waits, its files are not
        is_saved = False
        if message.attachments:
            flash(_("If you take the message back, you have to attach its files again."), "warning")
    try:
        ticket = mailbox.send_later(message, delay=delay)
    except MailboxError as error:
        return _again(letter, error)
    outgoing = remember(ticket, letter, delay, is_saved=is_saved)
    if outgoing.is_scheduled:
        subject, moment = letter.subject or _("(no subject)"), long_date(outgoing.due)
        flash(_("“%(subject)s” will be sent: %(moment)s.", subject=subject, moment=moment), "scheduled")
    return _go()


def _again(letter: Letter, error: MailboxError) -> ResponseReturnValue:
    """Show the form again, with what is wrong: nothing that was typed is lost."""
    problem = Problem.of(error)
    return form(letter, problem=problem), 400 if isinstance(error, MessageError) else 502


def _go(folder: str | None = None) -> ResponseReturnValue:
    """Go to a list; a script that uploaded files goes there by itself, since what is told there is told once."""
    to = url_for("mail.folder", folder=folder)
    return {"location": to} if request.accept_mimetypes.best == "application/json" else redirect(to, 303)


def _uploads() -> list[Attachment]:
    """Return the files that came with the form."""
    return [
        Attachment(upload.filename, upload.mimetype or "application/octet-stream", upload.read())
        for upload in request.files.getlist("attachments")
        if upload.filename
    ]


def _carried(letter: Letter) -> tuple[Carried, ...]:
    """Return what the letter carries; if the server cannot be asked now, what the form had."""
    ticked = request.form.getlist("carried")
    try:
        found = carried_by(letter)
    except MailboxError:
        return tuple(Carried(name, _("Attachment"), 0) for name in ticked)
    if request.method == "POST" and "do" in request.form:
        if letter.draft != request.form.get("draft", ""):  # saved by this request, with what goes along and no more
            ticked += [each.name for each in found if each.name != FORWARD]
        return tuple(replace(each, is_ticked=each.name in ticked) for each in found)
    return found


def _delay(when: str) -> float:
    """Return how many seconds a letter waits: the time to undo it, or until the hour that was chosen."""
    now = datetime.now(time_zone())
    morning = now.replace(hour=8, minute=0, second=0, microsecond=0)
    mornings = {"tomorrow": morning + timedelta(days=1), "monday": morning + timedelta(days=7 - now.weekday())}
    if when in mornings:  # by the clock on the wall; what lies between may be an hour more or less
        return mornings[when].timestamp() - now.timestamp()
    return 3600.0 if when == "hour" else float(current_app.config["UNDO_SECONDS"])


def _recent_people() -> list[str]:
    """Return whom one has had to do with lately, for the suggestions; nobody where the server cannot be asked."""
    if mailbox.account.imap is None:
        return []
    try:
        with mailbox.imap() as imap:
            found = [person for name in ("INBOX", "sent") for person in _people_of(imap, name)]
    except MailboxError:
        return []
    return list(dict.fromkeys(found))[:100]


def _people_of(imap: IMAPSession, name: str) -> list[str]:
    try:
        page = imap.folder(name).page(limit=RECENT)
    except LookupError:
        return []
    people = [person for summary in page for person in (summary.to if name == "sent" else summary.from_)]
    return [named(person.name, person.address) for person in people if person.address]
