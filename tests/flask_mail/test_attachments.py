"""The chapter "Attachments": files, their names, and ``MAIL_ASCII_ATTACHMENTS``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import BOB

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def test_a_file_of_the_app_is_attached(mail: Any, library: Any, inbox: Callable[[], list[Any]], tmp_path: Path) -> None:
    (tmp_path / "image.png").write_bytes(PNG)
    mail.app.root_path = str(tmp_path)
    message = library.Message("Hello", recipients=[BOB], body="text")
    with mail.app.open_resource("image.png") as file:
        message.attach("image.png", "image/png", file.read())
    mail.send(message)
    (attachment,) = inbox()[0].attachments

    assert (attachment.filename, attachment.content_type, attachment.content) == ("image.png", "image/png", PNG)
    assert not attachment.inline


def test_the_type_follows_the_name_and_else_the_data(mail: Any, library: Any) -> None:
    message = library.Message("Hello", recipients=[BOB], body="text")
    message.attach("notes.txt", data="text")
    message.attach("picture", data=b"bytes")
    message.attach(data="text")

    assert [each.content_type for each in message.attachments] == [
        "text/plain",
        "application/octet-stream",
        "text/plain",
    ]
    assert [each.disposition for each in message.attachments] == ["attachment"] * 3


def test_attachments_are_given_with_the_message(mail: Any, library: Any, inbox: Callable[[], list[Any]]) -> None:
    given = library.Attachment("a.bin", "application/x-thing", b"\0\1\2", headers={"X-Part": "one"})
    mail.send(library.Message("Hello", recipients=[BOB], body="text", html="<p>text</p>", attachments=[given]))
    (arrived,) = inbox()

    assert arrived.attachments[0].content == b"\0\1\2"
    assert b"X-Part: one" in arrived.raw
    assert arrived.html.strip() == "<p>text</p>"


def test_an_attachment_without_data_is_refused(library: Any) -> None:
    with pytest.raises(ValueError, match="data"):
        library.Attachment("a.bin")


NAMES = ["résumé Ångström.pdf", "ünïcöde ßß 🎉 .txt", "plain.txt", "two   blanks.txt"]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_arrives_as_it_was_written(mail: Any, library: Any, inbox: Callable[[], list[Any]], name: str) -> None:
    message = library.Message("Hello", recipients=[BOB], body="text")
    message.attach(name, "application/octet-stream", b"x")
    mail.send(message)

    assert inbox()[0].attachments[0].filename == name


@pytest.mark.parametrize(
    ("name", "plain"),
    list(zip(NAMES, ["resume Angstrom.pdf", "unicode .txt", "plain.txt", "two blanks.txt"], strict=True)),
)
def test_names_become_ascii_where_the_app_asks_for_it(
    make: Callable[..., Any], library: Any, inbox: Callable[[], list[Any]], name: str, plain: str
) -> None:
    mail = make(MAIL_ASCII_ATTACHMENTS=True)
    with mail.app.app_context():
        message = library.Message("Hello", recipients=[BOB], body="text")
        message.attach(name, "application/octet-stream", b"x")
        mail.send(message)
        assert f'filename="{plain}"' in message.as_string()

    assert inbox()[0].attachments[0].filename == plain
    assert message.attachments[0].filename == name
