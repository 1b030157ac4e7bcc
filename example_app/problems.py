"""Pages for what goes wrong: what happened in plain words, the server's own below, and the way on."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_input_stream

from flask_mailbox import (
    AddressError,
    AuthenticationError,
    ConnectError,
    DisconnectedError,
    FolderNotFoundError,
    MailboxError,
    MessageError,
    MessageNotFoundError,
    QueueFullError,
    ServiceError,
    ServiceTimeoutError,
    UIDValidityChangedError,
)
from flask_mailbox.providers import hint_for

from .display import size
from .language import _, language

MOST_READ = 100 * 1024 * 1024
"""Bytes of a refused request that are taken, so that its sender gets to hear why."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is shown of an error.

    :param text: What happened, in plain words of the visitor's language.
    :param detail: The server's own words, or the library's: English, or whatever they are; may be empty.
    :param hint: What to do about it; may be empty.
    """

    text: str
    detail: str = ""
    hint: str = ""

    @classmethod
    def of(cls, error: MailboxError) -> Problem:
        """Return what to show of an error of the mail server, or of what was asked of it."""
        text = _plain(error)
        detail = error.text if isinstance(error, ServiceError) else str(error)
        return cls(text or detail, detail if text else "", hint(error))


def init_app(app: Flask) -> None:
    """Give the app its pages for errors."""
    app.register_error_handler(MailboxError, explain)
    app.register_error_handler(HTTPException, explain_http)
    app.add_template_filter(hint)


def explain(error: MailboxError) -> ResponseReturnValue:
    """Show what the mail server, or the order to it, went wrong with."""
    status = 404 if isinstance(error, LookupError) else 502 if isinstance(error, ServiceError) else 400
    return _page(status, Problem.of(error))


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
    if error.code == 413:
        _read_to_the_end()
    return _page(error.code or 500, Problem(text))


def _read_to_the_end() -> None:
    """Take the rest of a request that is refused: who is still sending does not listen to the answer yet."""
    left = min(request.content_length or 0, MOST_READ)
    rest = get_input_stream(request.environ)
    try:
        while left > 0 and (piece := rest.read(min(left, 65536))):
            left -= len(piece)
    except HTTPException:  # it left
        pass


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
        ServiceError: _("The mail server did not do what was asked."),
        QueueFullError: _("Too much mail waits to be sent. Try again in a while."),
        AddressError: _("To, Cc and Bcc take addresses such as ann@example.com, separated by commas."),
    }
    if isinstance(error, MessageError) and not isinstance(error, AddressError):
        by_field = {
            "recipients": _("Enter the address of somebody to send it to."),
            "attachments": _("An attachment cannot be sent as it is."),
            "carried": "",  # our own words, in the visitor's language
        }
        return by_field.get(error.field or "", _("The message cannot be sent as it is."))
    return next((text for kind, text in texts.items() if isinstance(error, kind)), "")


def hint(failure: object) -> str:
    """Return what to do about an error, or a refusal, in the visitor's language as far as it is known there."""
    advice: str = getattr(failure, "hint", "")
    if not advice:
        return ""
    category: str | None = getattr(failure, "category", None)
    provider = g.account.provider if g.get("account") else None
    translated = hint_for(category, provider=provider, language=language()) if language() == "zh" else ""
    return translated or advice


def _page(status: int, problem: Problem) -> tuple[str, int]:
    again = request.full_path if status == 502 and request.method == "GET" else ""
    back = url_for("mail.folder", folder=request.values.get("folder") or "INBOX") if status in (404, 502) else ""
    page = render_template("error.html", problem=problem, again=again, back=back, known=g.get("account"))
    return page, status
