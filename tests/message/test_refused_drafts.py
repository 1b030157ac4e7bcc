"""A draft that cannot be sent fails before any connection, with an error of ours that names the field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from flask_mailbox import AddressError, Message, MessageError

BOB = "bob@example.org"


def draft(**arguments: Any) -> Message:
    values = {"subject": "x", "recipients": [BOB], "sender": "ann@example.com", "body": "text", "date": 1.7e9}
    return Message(**values | arguments)  # type: ignore[arg-type]


def attaching(*arguments: Any) -> Callable[[], bytes]:
    def make() -> bytes:
        made = draft()
        made.attach(*arguments)
        return made.build()

    return make


def giving(**arguments: Any) -> Callable[[], bytes]:
    return lambda: draft(**arguments).build()


LONG = "a" * 2000

DRAFTS: list[tuple[str, Callable[[], bytes]]] = [
    ("subject", giving(subject="\ud800")),
    ("body", giving(body="\ud800")),
    ("recipients", giving(recipients=[("\ud800", BOB)])),
    ("recipients", giving(recipients=[("a", "b", "c")])),
    ("recipients", giving(recipients=[("a", BOB), ("evil\r\nBcc: x@y.org", BOB)])),
    ("cc", giving(cc=["nonsense"])),
    ("sender", giving(sender="nonsense")),
    ("reply_to", giving(reply_to="a@x.org, b@x.org")),
    ("message_id", giving(message_id="no brackets@x.org")),
    ("message_id", giving(message_id=f"<{LONG}@x.org>")),
    ("message_id", giving(message_id="<é@x.org>")),
    ("in_reply_to", giving(in_reply_to="<a@x.org> <b@x.org>")),
    ("references", giving(references=["<a@x.org>", "b"])),
    ("references", giving(references=["<é@x.org>"])),
    ("list_unsubscribe", giving(list_unsubscribe=[f"https://x.org/{LONG}"])),
    ("extra_headers", giving(extra_headers={"X" * 2000: "x"})),
    ("extra_headers", giving(extra_headers={"MIME-Anything": "x"})),
    ("extra_headers", giving(extra_headers={"in-reply-to": "<a@x>"}, in_reply_to="<b@x>")),
    ("extra_headers", giving(extra_headers={"Reférence": "x"})),
    ("alts", giving(alts={'html"; x="': "x"})),
    ("alts", giving(alts={"text/html": "x"})),
    ("alts", giving(alts={LONG: "x"})),
    ("charset", giving(charset='utf"8')),
    ("date", giving(date=float("nan"))),
    ("date", giving(date=1e20)),
    ("date", giving(date=datetime(2026, 1, 1, tzinfo=UTC))),
    ("attachments", attaching("a.txt", "text/plain", "\ud800")),
    ("attachments", attaching("a.txt", "text/plain", 10)),
    ("attachments", attaching("a.txt", "text/plain")),
    ("attachments", attaching("a.txt", f"text/plain; x={LONG}", b"x")),
    ("attachments", attaching("a.txt", 'text/plain; name="文"', b"x")),
    ("attachments", attaching("a\r\nX-Y: z", "text/plain", b"x")),
    ("attachments", attaching("a", "text/plain", b"x", "inline", {"Content-ID": "<a>\r\nX-Y: z"})),
    ("attachments", attaching("a", "text/plain", b"x", "inline", {"Content-ID\r\nX-Y": "z"})),
    ("attachments", attaching("a", "text/plain", b"x", "inline", {"Content-Type": "text/html"})),
    ("calendar", lambda: draft().invite("BEGIN:VCALENDAR\ud800")),  # type: ignore[list-item]
    ("method", lambda: draft().invite("BEGIN:VCALENDAR", method="R\r\nX-Y: z")),  # type: ignore[list-item]
]


@pytest.mark.parametrize(("field", "make"), DRAFTS, ids=[f"{at}-{field}" for at, (field, _) in enumerate(DRAFTS)])
def test_a_draft_that_cannot_be_sent_names_the_field(field: str, make: Callable[[], bytes]) -> None:
    with pytest.raises(MessageError) as raised:
        make()

    assert raised.value.field == field


@pytest.mark.parametrize("field", ["sender", "recipients", "cc", "reply_to"])
def test_the_address_that_needs_smtputf8_is_named(field: str) -> None:
    address = "王@example.com"
    arguments: dict[str, Any] = {field: address if field in ("sender", "reply_to") else [BOB, address]}

    with pytest.raises(AddressError, match=address) as raised:
        draft(**arguments).build()

    assert raised.value.field == field


@pytest.mark.parametrize(
    "values",
    [
        {"invitation": {"text": "BEGIN:VCALENDAR", "method": "R\r\nX-Injected: 1"}},
        {"invitation": {"method": "REQUEST"}},
        {"attachments": [{"filename": "a.txt"}]},
        [1],
        None,
    ],
)
def test_a_queue_cannot_bring_in_what_no_draft_may_have(values: Any) -> None:
    with pytest.raises(MessageError):
        Message.from_dict(values)
