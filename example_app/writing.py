"""Writing: a form, empty or filled in as an answer, and what became of the message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import getaddresses

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from flask_mailbox import Message, MessageError

from .language import _
from .mailbox import mailbox
from .reading import asked_message

blueprint = Blueprint("writing", __name__)


@blueprint.get("/write")
def write() -> ResponseReturnValue:
    """Show an empty form, or one that answers a message."""
    draft: Mapping[str, str] = {"to": request.args.get("to", "")}
    if "uid" in request.args:
        received = asked_message()
        account = mailbox.account
        answer = (received.reply_all if request.args.get("way") == "all" else received.reply)(
            own=(account.address, *account.identities)
        )
        draft = {
            "to": ", ".join(map(_shown, answer.recipients)),
            "cc": ", ".join(map(_shown, answer.cc)),
            "subject": answer.subject,
            "body": answer.body or "",
            "in_reply_to": answer.in_reply_to or "",
            "references": " ".join(answer.references),
        }
    return render_template("write.html", draft=draft, problem="")


@blueprint.post("/write")
def send() -> ResponseReturnValue:
    """Send what was written and show what became of it for each recipient."""
    try:
        outgoing = _message_of_form()
        receipt = mailbox.send(outgoing)
    except MessageError as error:
        return render_template("write.html", draft=request.form, problem=str(error)), 400
    if receipt.ok:
        flash(_("Sent to %(people)s.", people=", ".join(receipt.accepted)))
        for warning in receipt.warnings:
            flash(warning)
        return redirect(url_for("mail.folder"), 303)
    return render_template("receipt.html", receipt=receipt, draft=request.form)


def _message_of_form() -> Message:
    form = request.form
    outgoing = Message(
        form.get("subject", ""),
        recipients=_people(form.get("to", "")),
        cc=_people(form.get("cc", "")),
        bcc=_people(form.get("bcc", "")),
        body=form.get("body", ""),
        in_reply_to=form.get("in_reply_to") or None,
        references=tuple(form.get("references", "").split()),
    )
    for upload in request.files.getlist("attachments"):
        if upload.filename:
            outgoing.attach(upload.filename, upload.mimetype or "application/octet-stream", upload.read())
    return outgoing


def _people(text: str) -> list[str | tuple[str, str]]:
    """Return the people of a form's field, separated by commas, semicolons or line ends."""
    found = getaddresses([re.sub(r"[;\r\n]+", ",", text)])
    return [(name, address) if name else address for name, address in found if name or address]


def _shown(person: str | tuple[str, str]) -> str:
    return person if isinstance(person, str) else f"{person[0]} <{person[1]}>" if person[0] else person[1]
