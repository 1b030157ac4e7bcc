"""The chapter "The extension instance": ``Mail(app)``, ``init_app``, and more than one app in a process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from flask_mailbox import UsageError, flaskmail

from .conftest import BOB


def test_an_app_is_given_to_the_constructor(mail: Any, library: Any, inbox: Callable[[], list[Any]]) -> None:
    mail.send(library.Message("Hello", recipients=[BOB], body="text"))

    assert len(inbox()) == 1
    assert mail.state is mail.app.extensions["mail"]


def test_an_app_is_given_later(library: Any, settings: dict[str, Any], inbox: Callable[[], list[Any]]) -> None:
    mail = library.Mail()
    host = Flask("host")
    host.config.update(settings)
    state = mail.init_app(host)
    with host.app_context():
        mail.send(library.Message("Hello", recipients=[BOB], body="text"))

    assert state is host.extensions["mail"]
    assert mail.state is None
    assert len(inbox()) == 1


def test_without_an_app_of_its_own_it_sends_by_the_current_apps_configuration(
    library: Any, settings: dict[str, Any], inbox: Callable[[], list[Any]]
) -> None:
    mail = library.Mail()
    for name in ("first", "second"):
        host = Flask(name)
        host.config.update(settings, MAIL_DEFAULT_SENDER=f"{name}@demo.test")
        mail.init_app(host)
        with host.app_context():
            mail.send_message("Hello", recipients=[BOB], body="text")

    assert [message.from_[0].address for message in inbox()] == ["first@demo.test", "second@demo.test"]


def test_with_an_app_of_its_own_it_sends_by_that_ones_configuration(
    make: Callable[..., Any], library: Any, inbox: Callable[[], list[Any]]
) -> None:
    mail, other = make(), make(MAIL_SERVER="127.0.0.9", MAIL_PORT=9)
    with other.app.app_context():
        mail.send(library.Message("Hello", recipients=[BOB], body="text"))

    assert len(inbox()) == 1


def test_an_app_that_was_never_given_is_an_error(library: Any) -> None:
    with Flask("host").app_context(), pytest.raises((RuntimeError, UsageError)) as raised:
        library.Mail().connect()

    assert "host" in str(raised.value) or library is not flaskmail


def test_the_names_of_the_documentation_are_there(library: Any) -> None:
    for name in ("Mail", "Message", "Attachment", "Connection", "BadHeaderError", "email_dispatched"):
        assert hasattr(library, name)
