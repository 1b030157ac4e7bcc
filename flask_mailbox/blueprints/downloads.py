"""Answers that are not JSON: raw messages, attachments, cleaned HTML; never active content on our own page."""

from __future__ import annotations

import io

from flask import Response, send_file
from werkzeug.exceptions import NotFound

from ..message import ReceivedMessage, frame_document, frame_policy

LOCKED = "sandbox; default-src 'none'"


def raw_message(data: bytes, name: str) -> Response:
    """Return a message as a download."""
    return _download(data, "message/rfc822", f"{name}.eml")


def attachment(message: ReceivedMessage, index: int) -> Response:
    """Return an attachment as a download of neutral type.

    :raises NotFound: If the message has no such attachment.
    """
    if index >= len(message.attachments):
        raise NotFound("The message has no such attachment.")
    part = message.attachments[index]
    return _download(part.content, "application/octet-stream", part.safe_filename)


def safe_html(message: ReceivedMessage, *, load_remote: bool) -> Response:
    """Return a message's HTML, cleaned, with the policy that a sandboxed frame needs."""
    page = frame_document(message.safe_html(load_remote=load_remote))
    return Response(page, headers=dict(frame_policy(load_remote=load_remote).headers))


def _download(data: bytes, content_type: str, filename: str) -> Response:
    response = send_file(io.BytesIO(data), content_type, as_attachment=True, download_name=filename, etag=False)
    response.headers["Content-Security-Policy"] = LOCKED
    response.headers["Cache-Control"] = "no-store"
    return response
