"""Pages for what goes wrong: what happened in plain words, the server's own below, and the way on."""

from __future__ import annotations

from flask import Flask, current_app, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from flask_mailbox import (
    AuthenticationError,
    ConnectError,
    DisconnectedError,
    FolderNotFoundError,
    MailboxError,
    MessageNotFoundError,
    ServiceError,
    ServiceTimeoutError,
    UIDValidityChangedError,
)

from .display import size
from .language import _


def init_app(app: Flask) -> None:
    """Give the app its pages for errors."""
    app.register_error_handler(MailboxError, explain)
    app.register_error_handler(HTTPException, explain_http)


def explain(error: MailboxError) -> ResponseReturnValue:
    """Show what the mail server, or the order to it, went wrong with."""
    detail = error.text if isinstance(error, ServiceError) else str(error)
    status = 404 if isinstance(error, LookupError) else 502 if isinstance(error, ServiceError) else 400
    return _page(status, _plain(error) or detail, detail, getattr(error, "hint", ""))


def explain_http(error: HTTPException) -> ResponseReturnValue:
    """Show what is wrong with a request; the JSON API has its own answers."""
    if error.response is not None:
        return error.response
    most = size(current_app.config["MAX_CONTENT_LENGTH"])
    texts = {
        404: _("There is nothing at this address."),
        413: _(
            "This is too large: at most %(most)s together. Go back in your browser, your text is still there.",
            most=most,
        ),
        500: _("Something went wrong here; the log tells what."),
    }
    text = texts.get(error.code or 500) or error.description or error.name
    return _page(error.code or 500, text, "", "")


def _plain(error: MailboxError) -> str:
    """Return what happened as somebody who only reads mail understands it; empty where we know nothing better."""
    texts: dict[type[MailboxError], str] = {
        MessageNotFoundError: _(
            "This message is not here any more: it was deleted or moved, perhaps by another program."
        ),
        FolderNotFoundError: _("This folder is not there: it was deleted or renamed, perhaps by another program."),
        UIDValidityChangedError: _("The server numbered this folder anew. Nothing was changed: open the folder again."),
        AuthenticationError: _("The mail server does not let you in any more. Sign out, and in again."),
        ConnectError: _("The mail server cannot be reached."),
        DisconnectedError: _("The mail server ended the connection."),
        ServiceTimeoutError: _("The mail server did not answer in time."),
    }
    return next((text for kind, text in texts.items() if isinstance(error, kind)), "")


def _page(status: int, text: str, detail: str, hint: str) -> tuple[str, int]:
    again = request.full_path if status == 502 and request.method == "GET" else ""
    back = url_for("mail.folder", folder=request.values.get("folder") or "INBOX") if status in (404, 502) else ""
    return render_template(
        "error.html",
        text=text,
        detail=detail if detail != text else "",
        hint=hint,
        again=again,
        back=back,
        known=g.get("account"),
    ), status
