"""Errors as answers: RFC 9457 problems with a stable code, advice, and the server's words apart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Response
from werkzeug.exceptions import HTTPException

from ..errors import (
    AuthenticationError,
    BusyError,
    CertificateError,
    CommandError,
    ConfigurationError,
    ConnectError,
    DeliveryError,
    DisconnectedError,
    FolderNotFoundError,
    ForbiddenHostError,
    KeyReusedError,
    MailboxError,
    MessageError,
    MessageNotFoundError,
    MessageTooLargeError,
    PoolTimeoutError,
    ProtocolError,
    QueueFullError,
    ServiceError,
    ServiceTimeoutError,
    StoreError,
    UIDValidityChangedError,
    UsageError,
)
from ..services.later import Failure
from ..smtp import Receipt
from .receipts import receipt_values

CONTENT_TYPE = "application/problem+json"
RETRY_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Kind:
    """How one class of error is answered."""

    status: int
    code: str
    title: str


KINDS: dict[type[MailboxError], Kind] = {
    # the most specific class wins
    FolderNotFoundError: Kind(404, "folder-not-found", "There is no such folder"),
    MessageNotFoundError: Kind(404, "message-not-found", "There is no such message"),
    UIDValidityChangedError: Kind(409, "uidvalidity-changed", "The folder's ids were given out anew"),
    MessageTooLargeError: Kind(413, "message-too-large", "The message is too large to be read at once"),
    MessageError: Kind(400, "invalid-message", "The message cannot be used"),
    KeyReusedError: Kind(422, "key-reused", "The key stands for another message"),
    UsageError: Kind(400, "invalid-request", "The request cannot be carried out"),
    PoolTimeoutError: Kind(503, "too-busy", "All connections to the mailbox are in use"),
    BusyError: Kind(503, "mailbox-busy", "The mail server asks to wait"),
    ServiceTimeoutError: Kind(504, "mail-server-timeout", "The mail server did not answer in time"),
    AuthenticationError: Kind(502, "account-authentication", "The mail server refused the account's sign-in"),
    ForbiddenHostError: Kind(422, "forbidden-host", "The mail server may not be connected to"),
    CertificateError: Kind(502, "certificate", "The mail server's certificate was refused"),
    ConnectError: Kind(502, "connection", "The mail server cannot be reached"),
    DisconnectedError: Kind(502, "disconnected", "The mail server closed the connection"),
    ProtocolError: Kind(502, "protocol", "The mail server broke the rules of its protocol"),
    DeliveryError: Kind(422, "not-delivered", "Nobody was accepted"),
    CommandError: Kind(502, "refused", "The mail server refused the request"),
    ServiceError: Kind(502, "mail-server", "The mail server did not do its part"),
    QueueFullError: Kind(503, "queue-full", "Too many messages wait to be sent"),
    StoreError: Kind(503, "store", "The message store cannot be used now"),
    ConfigurationError: Kind(500, "configuration", "The mailbox is not configured"),
    MailboxError: Kind(500, "mailbox", "The mailbox failed"),
}

REFUSALS = {
    "ALREADYEXISTS": Kind(409, "already-exists", "There is one of this name already"),
    "CANNOT": Kind(422, "impossible", "The mail server can never do this"),
    "NOPERM": Kind(403, "not-permitted", "The mail server does not permit this"),
    "OVERQUOTA": Kind(507, "mailbox-full", "The mailbox is full"),
}
"""What a refusal's code tells (RFC 5530)."""

_MAY_PASS = frozenset(("refused", "disconnected", "connection", "not-delivered"))
"""Codes that become 503 where another try may help."""

CODES = {400: "bad-request", 401: "unauthorized", 403: "forbidden", 404: "not-found", 405: "method-not-allowed",
         409: "conflict",
         413: "too-large", 415: "unsupported-media-type", 416: "range",
         422: "invalid", 429: "too-many-requests", 503: "unavailable"}  # fmt: skip


def problem(status: int, code: str, title: str, **members: Any) -> Response:
    """Return a problem; members without a value are left out."""
    body = {"type": "about:blank", "title": title, "status": status, "code": code}
    body |= {name: value for name, value in members.items() if value not in (None, "", {}, ())}
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    response = Response(text, status, content_type=CONTENT_TYPE)
    if status in (429, 503):
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def mailbox_problem(error: MailboxError) -> Response:
    """Return the problem for an error of ours; a mistake of the deployment is not told to strangers."""
    kind = next(KINDS[each] for each in type(error).__mro__ if each in KINDS)
    if isinstance(error, CommandError):
        kind = REFUSALS.get(error.code, kind)
    if isinstance(error, ConfigurationError):
        return problem(kind.status, kind.code, kind.title)
    if isinstance(error, ServiceError):
        receipt = getattr(error, "receipt", None)
        return problem(
            503 if error.transient and kind.code in _MAY_PASS else kind.status,
            kind.code,
            kind.title,
            detail=error.text,
            hint=error.hint,
            category=error.category,
            protocol=error.protocol,
            transient=error.transient,
            server_text=getattr(error, "server_text", ""),
            receipt=receipt_values(receipt) if isinstance(receipt, Receipt) else None,
        )
    return problem(kind.status, kind.code, kind.title, detail=str(error), field=getattr(error, "field", None))


def failure_problem(failure: Failure) -> Response:
    """Return the problem for what kept a message from being sent, as the error itself would have been answered."""
    kind = next((kind for each, kind in KINDS.items() if each.__name__ == failure.error), KINDS[MailboxError])
    if kind.code == "configuration":
        return problem(kind.status, kind.code, kind.title)
    return problem(
        503 if failure.transient and kind.code in _MAY_PASS else kind.status,
        kind.code,
        kind.title,
        detail=failure.text,
        hint=failure.hint,
        category=failure.category,
        protocol="smtp" if failure.error else None,
        transient=failure.transient,
    )


def http_problem(error: HTTPException) -> Response:
    """Return the problem for an HTTP error, with its own headers (Allow, WWW-Authenticate, Content-Range)."""
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    status = error.code or 500
    fields = getattr(error, "data", {}).get("messages") if hasattr(error, "data") else None
    response = problem(
        status,
        CODES.get(status, "http-error"),
        error.name,
        detail="Some values are wrong." if fields else (error.description or ""),
        fields=fields,
    )
    for name, value in error.get_headers():
        if name.lower() in ("allow", "www-authenticate", "retry-after", "content-range"):
            response.headers[name] = value
    return response
