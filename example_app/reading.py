"""Reading over IMAP: folders, lists, searches, one message beside them."""

from __future__ import annotations

import io
import re
import tempfile
from typing import IO

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from flask_mailbox import ReceivedMessage
from flask_mailbox.imap import Folder, PartInfo
from flask_mailbox.message import frame_document, frame_policy, safe_filename

from .invitation import read_invitation
from .listing import read_listing
from .mailbox import mailbox
from .places import Place

blueprint = Blueprint("mail", __name__)

SHOWN_SOURCE = 256 * 1024


@blueprint.get("/")
def folder() -> ResponseReturnValue:
    """Show the newest messages of a folder, or what was searched for, page by page."""
    if mailbox.account.imap is None:
        return redirect(url_for("maildrop.entries"), 303)
    with mailbox.imap() as imap:
        listing = read_listing(imap, request.args)
    return render_template("folder.html", listing=listing)


@blueprint.get("/message")
def message() -> ResponseReturnValue:
    """Show one message beside its list; opening it marks it as read."""
    uid = asked_uid()
    with mailbox.imap() as imap:
        opened = imap.folder(request.args.get("folder") or "INBOX")
        received, parts = _read(opened, uid)
        listing = read_listing(imap, request.args, around=uid)
    return render_template(
        "folder.html",
        listing=listing,
        uid=uid,
        message=received,
        parts=parts,
        invitation=read_invitation(received) if received else None,
        frame=frame_policy(),
        remote="1" if request.args.get("remote") == "1" else None,
    )


@blueprint.get("/message/html")
def html() -> ResponseReturnValue:
    """Serve a message's HTML for the sandboxed frame, cleaned and under a policy of its own."""
    return framed(asked_message(), load_remote=request.args.get("remote") == "1")


@blueprint.get("/message/source")
def source() -> ResponseReturnValue:
    """Show the header fields and the beginning of the bytes as they came."""
    received = asked_message()
    return render_template(
        "source.html",
        message=received,
        source=received.raw[:SHOWN_SOURCE].decode("utf-8", "replace"),
        is_cut=len(received.raw) > SHOWN_SOURCE,
        where={"folder": request.args.get("folder") or "INBOX", "uid": asked_uid()},
    )


@blueprint.get("/message/raw")
def raw() -> ResponseReturnValue:
    """Download a message as it is."""
    received = asked_message()
    name = safe_filename(f"{received.subject[:60] or 'message'}.eml")
    return send_file(io.BytesIO(received.raw), "message/rfc822", as_attachment=True, download_name=name)


@blueprint.get("/message/attachment/<int:number>")
def attachment(number: int) -> ResponseReturnValue:
    """Download one attachment."""
    return download(asked_message(), number)


@blueprint.get("/message/part/<section>")
def part(section: str) -> ResponseReturnValue:
    """Download one part without reading the whole message: the way for messages that are too large to be shown."""
    uid = asked_uid()
    file = tempfile.SpooledTemporaryFile(max_size=1024 * 1024)  # noqa: SIM115 - the response closes it
    with mailbox.imap() as imap:
        opened = imap.folder(request.args.get("folder") or "INBOX")
        names = {info.section: info.filename for info in opened.parts(uid)}
        opened.save_part(uid, section, file)
    file.seek(0)
    return as_download(file, safe_filename(names.get(section), section=section))


def framed(received: ReceivedMessage, *, load_remote: bool) -> ResponseReturnValue:
    """Return a message's cleaned HTML with the policy that keeps everything else out."""
    page = frame_document(received.safe_html(load_remote=load_remote))
    return page, 200, dict(frame_policy(load_remote=load_remote).headers)


def download(received: ReceivedMessage, number: int) -> ResponseReturnValue:
    """Return an attachment as a download, never as a page."""
    if number >= len(received.attachments):
        abort(404)
    found = received.attachments[number]
    return as_download(io.BytesIO(found.content), found.safe_filename)


def as_download(file: IO[bytes], name: str) -> ResponseReturnValue:
    """Return a file that no browser shows as a page of ours, whatever is in it."""
    response = send_file(file, "application/octet-stream", as_attachment=True, download_name=name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def asked_uid() -> int:
    """Return the uid that the URL names."""
    uid = request.args.get("uid", "")
    if not re.fullmatch(r"[1-9][0-9]{0,9}", uid):
        abort(404)
    return int(uid)


def asked_message() -> ReceivedMessage:
    """Return the message that the URL names, fetched once a request."""
    return _asked()[0]


def asked_place() -> Place:
    """Return where that message lies."""
    return _asked()[1]


def _asked() -> tuple[ReceivedMessage, Place]:
    if "asked_message" not in g:
        with mailbox.imap() as imap:
            opened = imap.folder(request.args.get("folder") or "INBOX")
            received = opened.message(asked_uid())
            g.asked_message = received, Place(opened.path, opened.uidvalidity, asked_uid())
    asked: tuple[ReceivedMessage, Place] = g.asked_message
    return asked


def _read(opened: Folder, uid: int) -> tuple[ReceivedMessage | None, tuple[PartInfo, ...]]:
    """Return a message and mark it as read; of one that is too large return its parts alone."""
    summary = next(iter(opened.summaries([uid])), None)
    if summary is not None and summary.size > current_app.config["MAX_SHOWN_MESSAGE"]:
        return None, opened.parts(uid)
    received = opened.message(uid)
    if summary is not None and not summary.is_read:
        opened.add_flags(uid, ["\\Seen"])
    return received, ()
