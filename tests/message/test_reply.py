"""Answers go to the right people, once, never to oneself, and stay in their thread."""

from __future__ import annotations

import pytest

from flask_mailbox import Message, parse_message
from flask_mailbox.message import ReceivedMessage


def received(**headers: str) -> ReceivedMessage:
    values = {"From": "Bob <bob@x.org>", "To": "ann@x.org", "Subject": "Lunch", "Message-ID": "<2@x.org>"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in values.items() if value)
    return parse_message(f"{lines}\r\nfirst\r\n> quoted\r\n".encode())


def test_a_reply_goes_to_the_sender_in_the_thread_with_the_text_quoted() -> None:
    answer = received(References="<1@x.org>").reply()

    assert answer.recipients == [("Bob", "bob@x.org")]
    assert answer.subject == "Re: Lunch"
    assert answer.in_reply_to == "<2@x.org>"
    assert answer.references == ("<1@x.org>", "<2@x.org>")
    assert "> first\n>> quoted\n" in (answer.body or "")


@pytest.mark.parametrize("subject", ["Re: Lunch", "RE: re: Lunch", "回复: Lunch", "回复：Lunch", "AW: Lunch"])
def test_the_prefix_stands_once(subject: str) -> None:
    assert received(Subject=subject).reply().subject == "Re: Lunch"


def test_reply_to_is_obeyed() -> None:
    assert received(Reply_To="list@x.org").reply().recipients == ["list@x.org"]


def test_reply_all_reaches_everybody_once_and_not_oneself() -> None:
    answer = received(To="ann@x.org, Carol <carol@x.org>", Cc="bob@x.org, dave@x.org, CAROL@x.org").reply_all(
        own=["Ann@x.org"]
    )

    assert answer.recipients == [("Bob", "bob@x.org")]
    assert answer.cc == [("Carol", "carol@x.org"), "dave@x.org"]


def test_a_reply_to_ones_own_message_goes_to_whom_it_was_sent() -> None:
    answer = received(From="ann@x.org", To="bob@x.org").reply(own=["ann@x.org"])

    assert answer.recipients == ["bob@x.org"]


def test_a_flood_of_reply_to_addresses_is_capped() -> None:
    flood = ",\r\n ".join(f"u{number}@x.org" for number in range(900))
    answer = received(Reply_To=flood).reply_all()

    assert (len(answer.recipients), len(answer.cc), answer.recipients_left_out) == (50, 0, 851)
    assert received().reply().recipients_left_out == 0


def test_a_message_id_that_no_message_may_carry_stays_out_of_the_answer() -> None:
    answer = received(Message_ID="<é@x.org>", References="<1@x.org> <ü@x.org>").reply()
    answer.sender = "ann@x.org"

    assert (answer.in_reply_to, answer.references) == (None, ("<1@x.org>",))
    assert answer.build().isascii()


def test_an_answer_to_html_quotes_its_text() -> None:
    answer = received(Content_Type="text/html").reply()

    assert "\n> first" in (answer.body or "")


def test_ones_own_address_is_known_in_any_form() -> None:
    answer = received(To="ann@xn--bcher-kva.example, carol@x.org").reply_all(own=["Ann@bücher.example"])

    assert answer.cc == ["carol@x.org"]


def test_people_who_cannot_be_written_to_are_left_out() -> None:
    answer = received(To="undisclosed-recipients:;, nonsense, <>, carol@x.org").reply_all()

    assert answer.cc == ["carol@x.org"]


def test_a_hostile_subject_injects_nothing_into_the_answer() -> None:
    hostile = received(Subject="=?utf-8?q?a=0D=0ABcc:_evil@x.org?=", Message_ID="<a\tb@x.org>")
    answer = hostile.reply()
    answer.sender = "ann@x.org"

    assert b"\r\nBcc" not in answer.build()


def test_a_forward_carries_the_message_whole() -> None:
    original = received()
    forwarded = original.forward(recipients=["eve@x.org"])
    forwarded.sender = "ann@x.org"
    (part,) = parse_message(forwarded.build()).attachments

    assert isinstance(forwarded, Message)
    assert forwarded.subject == "Fwd: Lunch"
    assert part.content_type == "message/rfc822"
    assert part.content == original.raw
