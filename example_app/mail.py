"""The mailbox over IMAP: folders, lists, messages, and writing."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from email.utils import getaddresses

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from flask_mailbox import Message, MessageError, ReceivedMessage
from flask_mailbox.message import frame_document, frame_policy

from .mailbox import mailbox

blueprint = Blueprint("mail", __name__)

PAGE_SIZE = 25


@blueprint.get("/")
def folder() -> ResponseReturnValue:
    """Show the newest messages of a folder, page by page."""
    name = request.args.get("folder", "INBOX")
    with mailbox.imap() as imap:
        folders = imap.folders(counts=True)
        page = imap.folder(name).page(limit=PAGE_SIZE, cursor=request.args.get("cursor"))
    return render_template("folder.html", folders=folders, name=name, page=page)


@blueprint.get("/message")
def message() -> ResponseReturnValue:
    """Show one message; opening it does not mark it as read."""
    name, uid = _place()
    received = _fetch(name, uid)
    return render_template("message.html", name=name, uid=uid, message=received, way="mail")


@blueprint.get("/message/html")
def html() -> ResponseReturnValue:
    """Serve a message's HTML for the sandboxed frame, cleaned and under a policy of its own."""
    load_remote = request.args.get("remote") == "1"
    return framed(_fetch(*_place()), load_remote=load_remote)


@blueprint.get("/message/raw")
def raw() -> ResponseReturnValue:
    """Download a message as it is."""
    name, uid = _place()
    with mailbox.imap() as imap:
        data = imap.folder(name).raw(uid)
    return send_file(io.BytesIO(data), "message/rfc822", as_attachment=True, download_name=f"message-{uid}.eml")


@blueprint.get("/message/attachment/<int:number>")
def attachment(number: int) -> ResponseReturnValue:
    """Download one attachment."""
    return download(_fetch(*_place()), number)


@blueprint.get("/write")
def write() -> ResponseReturnValue:
    """Show an empty form, or one that answers a message."""
    draft: Mapping[str, str] = {}
    if "uid" in request.args:
        received = _fetch(*_place())
        account = mailbox.account
        answer = (received.reply_all if request.args.get("all") else received.reply)(
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
        flash(f"Sent to {', '.join(receipt.accepted)}.")
        for warning in receipt.warnings:
            flash(warning)
        return redirect(url_for("mail.folder"), 303)
    return render_template("receipt.html", receipt=receipt, draft=request.form)


def framed(received: ReceivedMessage, *, load_remote: bool) -> ResponseReturnValue:
    """Return a message's cleaned HTML with the policy that keeps everything else out."""
    page = frame_document(received.safe_html(load_remote=load_remote))
    return page, 200, dict(frame_policy(load_remote=load_remote).headers)


def download(received: ReceivedMessage, number: int) -> ResponseReturnValue:
    """Return an attachment as a download, never as a page."""
    if number >= len(received.attachments):
        abort(404)
    part = received.attachments[number]
    response = send_file(
        io.BytesIO(part.content), "application/octet-stream", as_attachment=True, download_name=part.safe_filename
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _place() -> tuple[str, int]:
    """Return the folder and uid that a URL names."""
    uid = request.args.get("uid", "")
    if not re.fullmatch(r"[0-9]{1,10}", uid):
        abort(404)
    return request.args.get("folder", "INBOX"), int(uid)


def _fetch(name: str, uid: int) -> ReceivedMessage:
    with mailbox.imap() as imap:
        return imap.folder(name).message(uid)


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
