"""Answers that are not JSON: raw messages, parts, cleaned HTML; never active content on our own page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

from flask import Response, request
from werkzeug.datastructures import Range
from werkzeug.exceptions import NotFound, RequestedRangeNotSatisfiable

from ..message import ReceivedMessage, frame_document, frame_policy, html_to_text

LOCKED = "sandbox; default-src 'none'"
REVALIDATED = "private, no-cache"
"""Kept by the reader's own browser only, and asked for again each time: who may read may change."""

LONGEST_NAME = 150
LONGEST_ENDING = 16
"""Characters of a file name, and of what tells its kind: a name that is cut keeps that."""


def raw_message(data: bytes, name: str) -> Response:
    """Return a message as a download."""
    return _download((data,), "message/rfc822", f"{name}.eml")


def attachment(message: ReceivedMessage, index: int, entity_tag: str | None) -> Response:
    """Return an attachment, or the range of it that is asked for, as a download of neutral type.

    :raises NotFound: If the message has no such attachment.
    :raises RequestedRangeNotSatisfiable: If it has no such range.
    """
    if index >= len(message.attachments):
        raise NotFound("The message has no such attachment.")
    part = message.attachments[index]
    return content(part.content, part.safe_filename, asked_range(entity_tag))


def content(data: bytes, filename: str, asked: Range | None) -> Response:
    """Return bytes, or the range of them that is asked for, as a download of neutral type.

    :raises RequestedRangeNotSatisfiable: If there is no such range.
    """
    if asked is None:
        return stream((data,), filename)
    start, stop = bounds(asked, len(data))
    return piece((data[start:stop],), filename, start, stop, len(data))


def stream(content: Iterable[bytes], filename: str) -> Response:
    """Return a part as a download of neutral type, sent piece by piece."""
    response = _download(content, "application/octet-stream", filename)
    response.headers["Accept-Ranges"] = "bytes"
    return response


def asked_range(entity_tag: str | None) -> Range | None:
    """Return the range that the request asks for (RFC 9110, 14); ``None`` if it wants all, or several ranges at once.

    :param entity_tag: Of what there is now: ``If-Range`` with another one asks for all of it.
    """
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    condition = request.if_range
    if condition.date is not None or condition.etag not in (None, entity_tag):
        return None
    return asked


def bounds(asked: Range, size: int) -> tuple[int, int]:
    """Return from where and to before where a range goes.

    :raises RequestedRangeNotSatisfiable: If there is no such range.
    """
    start, stop = asked.ranges[0]
    if start < 0:
        start = max(0, size + start)
    stop = size if stop is None else min(stop, size)
    if start >= stop:
        raise RequestedRangeNotSatisfiable(size)
    return start, stop


def piece(content: Iterable[bytes], filename: str, start: int, stop: int, size: int) -> Response:
    """Return a range of a download: its bytes from ``start`` to before ``stop``."""
    response = stream(content, filename)
    response.status_code = 206
    response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    response.headers["Content-Length"] = str(stop - start)
    return response


def plain_text(message: ReceivedMessage) -> Response:
    """Return what a message says, as plain text; made from its HTML where it has nothing else."""
    text = message.text if message.text is not None else html_to_text(message.html or "")
    response = Response(text.encode("utf-8", "replace"), content_type="text/plain; charset=utf-8")
    response.headers["Content-Security-Policy"] = LOCKED
    return response


def safe_html(message: ReceivedMessage, *, load_remote: bool) -> Response:
    """Return a message's HTML, cleaned, with the policy that a sandboxed frame needs."""
    page = frame_document(message.safe_html(load_remote=load_remote))
    headers = dict(frame_policy(load_remote=load_remote).headers)
    return Response(page.encode("utf-8", "replace"), headers=headers, content_type="text/html; charset=utf-8")


def immutable(entity_tag: str | None, make: Callable[[], Response]) -> Response:
    """Return what never changes: 304 if the client has it, without asking the mail server, else what ``make`` makes.

    :param entity_tag: Its ETag, bound to the account; ``None`` if nothing names it for ever.
    """
    if entity_tag is None:
        return make()
    known = request.if_none_match
    if known.star_tag:  # means whatever there is: so it must be there
        make().close()
    unchanged = known.star_tag or known.contains_weak(entity_tag)
    response = Response(status=304) if unchanged else make()
    response.set_etag(entity_tag)
    response.headers["Cache-Control"] = REVALIDATED
    return response


def _download(content: Iterable[bytes], content_type: str, filename: str) -> Response:
    response = Response(content, content_type=content_type)
    response.headers["Content-Disposition"] = disposition(filename)
    response.headers["Content-Security-Policy"] = LOCKED
    return response


def disposition(filename: str) -> str:
    """Return the field that makes a download of an answer, with a name for old and new readers (RFC 6266, 8187)."""
    name = re.sub(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069/\\]", "_", filename)
    stem, dot, ending = name.rpartition(".")
    ending = dot + ending if stem and len(ending) <= LONGEST_ENDING else ""
    name = (name.removesuffix(ending)[: LONGEST_NAME - len(ending)] + ending).strip(". ") or "download"
    plain = re.sub(r"[^ !#-$&-\[\]-~]", "_", name)
    extended = quote(name.encode("utf-8", "replace"), safe="!#$&+-.^_`|~")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{extended}"
