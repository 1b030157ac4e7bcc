"""The chapter "Sending messages": what a message is made of, and ``mail.send``."""

from __future__ import annotations

from collections import UserString
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import BOB


def test_a_view_sends_a_message(mail: Any, library: Any, inbox: Callable[[], list[Any]]) -> None:
    @mail.app.route("/")
    def index() -> str:
        message = library.Message(subject="Hello", sender="ann@demo.test", recipients=[BOB])
        mail.send(message)
        return "sent"

    assert mail.app.test_client().get("/").text == "sent"
    assert [(each.subject, each.from_[0].address) for each in inbox()] == [("Hello", "ann@demo.test")]


def test_recipients_are_set_at_once_or_one_by_one(mail: Any, library: Any, inbox: Callable[[], list[Any]]) -> None:
    message = library.Message("Hello", body="text")
    message.recipients = [BOB]
    message.add_recipient("ann@demo.test")
    mail.send(message)

    assert message.recipients == [BOB, "ann@demo.test"]
    assert {address.address for address in inbox()[0].to} == {BOB, "ann@demo.test"}


def test_the_default_sender_stands_in_a_message_from_the_start(mail: Any, library: Any) -> None:
    assert library.Message(subject="Hello", recipients=[BOB]).sender == "ann@demo.test"


def test_a_pair_is_a_name_and_an_address(mail: Any, library: Any, inbox: Callable[[], list[Any]]) -> None:
    message = library.Message(subject="Hello", sender=("Me", "ann@demo.test"), recipients=[("Bob", BOB)])
    mail.send(message)

    assert message.sender == "Me <ann@demo.test>"
    assert [str(address) for address in (*inbox()[0].from_, *inbox()[0].to)] == ["Me <ann@demo.test>", f"Bob <{BOB}>"]


def test_a_pair_may_be_the_default_sender(
    make: Callable[..., Any], library: Any, inbox: Callable[[], list[Any]]
) -> None:
    mail = make(MAIL_DEFAULT_SENDER=("Ann of 王小明", "ann@demo.test"))
    with mail.app.app_context():
        mail.send(library.Message("Hello", recipients=[BOB], body="text"))

    assert str(inbox()[0].from_[0]) == "Ann of 王小明 <ann@demo.test>"


def test_a_message_has_text_html_or_both(mail: Any, library: Any, inbox: Callable[[], list[Any]]) -> None:
    message = library.Message("Hello", recipients=[BOB])
    message.body = "testing 你好"
    message.html = "<b>testing</b>"
    mail.send(message)
    (arrived,) = inbox()

    assert (arrived.text.strip(), arrived.html.strip()) == ("testing 你好", "<b>testing</b>")
    assert message.alts == {"html": "<b>testing</b>"}


def test_copies_go_to_cc_and_bcc_and_nobody_sees_bcc(mail: Any, library: Any, inbox: Callable[[], list[Any]]) -> None:
    message = library.Message("Hello", recipients=["ann@demo.test"], cc=["ann@demo.test"], bcc=[BOB], body="text")
    mail.send(message)
    (arrived,) = inbox()

    assert message.send_to == {"ann@demo.test", BOB}
    assert arrived.bcc == ()
    assert [address.address for address in arrived.cc] == ["ann@demo.test"]


def test_reply_to_date_and_further_headers_travel(mail: Any, library: Any, inbox: Callable[[], list[Any]]) -> None:
    message = library.Message(
        "Hello",
        recipients=[BOB],
        body="text",
        reply_to="Team <team@demo.test>",
        date=1_700_000_000,
        extra_headers={"X-Extra": "Yes"},
    )
    mail.send(message)
    (arrived,) = inbox()

    assert str(arrived.reply_to[0]) == "Team <team@demo.test>"
    assert arrived.date.timestamp() == 1_700_000_000
    assert arrived.headers["X-Extra"] == "Yes"


def test_a_message_has_its_id_and_date_once_it_is_sent(mail: Any, library: Any, inbox: Callable[[], list[Any]]) -> None:
    message = library.Message("Hello", recipients=[BOB], body="text")
    mail.send(message)

    assert message.date is not None
    assert message.msgId == inbox()[0].message_id


def test_other_alternatives_and_charsets_are_kept(mail: Any, library: Any, inbox: Callable[[], list[Any]]) -> None:
    message = library.Message("Grüße", recipients=[BOB], body="grün", html="<p>grün</p>", charset="iso-8859-1")
    message.alts["x-amp-html"] = "<p>grün</p>"
    mail.send(message)
    (arrived,) = inbox()

    assert (arrived.subject, arrived.text.strip(), arrived.html.strip()) == ("Grüße", "grün", "<p>grün</p>")
    assert arrived.raw.lower().count(b'charset="iso-8859-1"') == 3
    assert b"text/x-amp-html" in arrived.raw


def test_a_subject_may_be_translated_as_late_as_it_is_sent(
    mail: Any, library: Any, inbox: Callable[[], list[Any]]
) -> None:
    class Lazy(UserString):
        """A text that is looked up when it is used, as translations are."""

    mail.send(library.Message(Lazy("Grüße"), recipients=[BOB], body="text"))

    assert inbox()[0].subject == "Grüße"


def test_send_message_takes_what_a_message_takes(mail: Any, inbox: Callable[[], list[Any]]) -> None:
    mail.send_message("Hello", recipients=[BOB], body="text")

    assert inbox()[0].subject == "Hello"


def test_a_message_is_text_and_bytes(mail: Any, library: Any) -> None:
    message = library.Message("Hello", recipients=[BOB], body="text")

    assert "Subject: Hello" in str(message)
    assert "Subject: Hello" in message.as_string()
    assert b"Subject: Hello" in bytes(message)
    assert b"From: ann@demo.test" in message.as_bytes()


@pytest.mark.parametrize("wrong", [{"recipients": []}, {"recipients": [BOB], "sender": None}])
def test_without_recipients_or_without_a_sender_nothing_is_sent(
    make: Callable[..., Any], library: Any, inbox: Callable[[], list[Any]], wrong: dict[str, Any]
) -> None:
    mail = make(MAIL_DEFAULT_SENDER=None, MAIL_USERNAME=None, MAIL_PASSWORD=None)
    with mail.app.app_context(), pytest.raises((AssertionError, ValueError)):
        mail.send(library.Message("Hello", body="text", **{"sender": "ann@demo.test"} | wrong))

    assert inbox() == []
