"""What leaves: right for every server, the same bytes for the same message, nothing that can inject."""

from __future__ import annotations

import email
import email.policy
import io
import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import flask_mail
import pytest
from flask import Flask

from flask_mailbox import Address, Mailbox, Message, MessageError, parse_message
from flask_mailbox.message import build, envelope_of, message_id_of

ANN, BOB = "Ann <ann@example.com>", "bob@example.org"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def message(**arguments: Any) -> Message:
    values = {"subject": "Hello", "recipients": [BOB], "sender": ANN, "body": "text", "date": 1_700_000_000.0,
              "message_id": "<1@example.com>"}  # fmt: skip
    return Message(**values | arguments)  # type: ignore[arg-type]


def parsed(built: bytes) -> EmailMessage:
    found = email.message_from_bytes(built, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_a_text_is_plain_and_has_the_fields_in_order() -> None:
    built = message().build()

    assert built.split(b"\r\n\r\n")[0].split(b"\r\n") == [
        b"From: Ann <ann@example.com>",
        b"To: bob@example.org",
        b"Subject: Hello",
        parse_line(built, b"Date"),
        b"Message-ID: <1@example.com>",
        b"MIME-Version: 1.0",
        b'Content-Type: text/plain; charset="utf-8"',
        b"Content-Transfer-Encoding: 7bit",
    ]


def parse_line(built: bytes, name: bytes) -> bytes:
    return next(line for line in built.split(b"\r\n") if line.startswith(name + b":"))


def test_the_same_message_gives_the_same_bytes() -> None:
    def make() -> bytes:
        made = message(html="<p>x</p>")
        made.attach("a.bin", "application/octet-stream", b"x" * 1000)
        return made.build()

    assert make() == make()


def test_all_is_seven_bit_with_short_lines_and_no_bare_line_end() -> None:
    made = message(
        subject="主题" * 200,
        recipients=[("名字" * 50, f"user{number}@example.com") for number in range(100)],
        body="中文\nmixed ünïcödé\r\n" + "x" * 5000 + "\rlone\n.\n",
        html="<p>" + "ü" * 5000,
        extra_headers={"X-Long": "word " * 500},
    )
    made.attach("文件名" * 60, "application/pdf", PNG)
    built = made.build()

    assert built.isascii()
    assert max(map(len, built.split(b"\r\n"))) <= 998
    assert b"\r" not in built.replace(b"\r\n", b"")
    assert b"\n" not in built.replace(b"\r\n", b"")
    assert b"\0" not in built


def test_two_parsers_read_back_what_was_written() -> None:
    made = message(subject="主题 ü =?utf-8?q?not_encoded?=", recipients=[("Lee, Ann", BOB)], cc=[("王小明", "w@x.cn")],
                   body="中文\nline\n", html="<p>中文</p>")  # fmt: skip
    made.attach("报告 2.pdf", "application/pdf", PNG)
    built = made.build()
    theirs, ours = parsed(built), parse_message(built)

    assert str(theirs["subject"]) == ours.subject == "主题 ü =?utf-8?q?not_encoded?="
    assert theirs["to"].addresses[0].display_name == ours.to[0].name == "Lee, Ann"
    assert theirs["cc"].addresses[0].display_name == ours.cc[0].name == "王小明"
    assert ours.text == "中文\nline\n"
    assert [part.get_filename() for part in theirs.iter_attachments()] == ["报告 2.pdf"]
    assert (ours.attachments[0].filename, ours.attachments[0].content) == ("报告 2.pdf", PNG)
    assert ours.defects == ()


def structure(part: EmailMessage) -> Any:
    if part.is_multipart():
        return part.get_content_subtype(), [structure(child) for child in part.iter_parts()]  # type: ignore[arg-type]
    return part.get_content_type()


def test_the_structure_is_mixed_over_related_over_alternative() -> None:
    made = message()
    made.html = f'<img src="{made.embed(PNG, "image/png", "logo.png")}">'
    made.attach("a.pdf", "application/pdf", b"x")

    assert structure(parsed(made.build())) == (
        "mixed",
        [("related", [("alternative", ["text/plain", "text/html"]), "image/png"]), "application/pdf"],
    )


def test_an_embedded_image_is_shown_by_our_own_reader() -> None:
    made = message()
    made.html = f'<img src="{made.embed(PNG, "image/png")}">'

    assert "data:image/png;base64," in parse_message(made.build()).safe_html()


def test_html_alone_gets_a_text_made_of_it() -> None:
    built = message(body=None, html="<h1>Title</h1><p>One &amp; two</p>").build()

    assert "Title" in (parse_message(built).text or "")
    assert "One & two" in (parse_message(built).text or "")


def test_blind_copies_are_in_the_envelope_and_not_in_the_message() -> None:
    made = message(bcc=["secret@example.com"])

    assert b"secret" not in made.build()
    assert envelope_of(made).recipients == (BOB, "secret@example.com")


def test_recipients_keep_their_order_and_come_once() -> None:
    made = message(recipients=iter(["c@x.org", "a@x.org"]), cc=("b@x.org", "a@x.org"), bcc=["c@x.org"])

    assert envelope_of(made).recipients == ("c@x.org", "a@x.org", "b@x.org")
    assert str(parsed(made.build())["to"]) == "c@x.org, a@x.org"


def test_domains_go_out_in_ascii() -> None:
    made = message(recipients=["ann@bücher.example"])

    assert envelope_of(made).recipients == ("ann@xn--bcher-kva.example",)
    assert b"xn--bcher-kva.example" in made.build()


def test_letters_before_the_at_sign_need_smtputf8() -> None:
    made = message(recipients=["王@example.com"])

    with pytest.raises(MessageError, match="SMTPUTF8"):
        made.build()
    assert "王@example.com".encode() in made.build(smtputf8=True)


def test_the_message_id_is_in_the_senders_domain_and_stays() -> None:
    made = Message("x", recipients=[BOB])
    first = message_id_of(made, sender="me@my.example")

    assert re.fullmatch(r"<[0-9a-f]{16}\.\d+@my\.example>", first)
    assert message_id_of(made, sender="other@else.example") == first == made.message_id == made.msgId


def test_a_message_without_sender_or_recipients_says_what_is_missing() -> None:
    with pytest.raises(MessageError, match="no recipients"):
        envelope_of(message(recipients=[]))
    with pytest.raises(MessageError, match="MAILBOX_SENDER"):
        envelope_of(Message("x", recipients=[BOB]))


def test_a_text_for_a_list_of_recipients_is_named() -> None:
    with pytest.raises(MessageError, match="takes a list"):
        envelope_of(message(recipients="bob@example.org"))


@pytest.mark.parametrize("name", ["From", "to", "Bcc", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
                                  "Received", "Return-Path", "DKIM-Signature"])  # fmt: skip
def test_headers_that_are_made_here_are_not_set_by_hand(name: str) -> None:
    with pytest.raises(MessageError, match="extra_headers") as raised:
        message(extra_headers={name: "x"}).build()

    assert raised.value.field == "extra_headers"


@pytest.mark.parametrize("value", ["a\u2028X-Injected: 1", "a\x0bX-Injected: 1", "a\x85X-Injected: 1", "a\x1cX: 1",
                                   "=?utf-8?q?a=0D=0AX-Injected:_1?="])  # fmt: skip
def test_no_other_separator_makes_a_header_for_any_parser(value: str) -> None:
    built = message(subject=value, extra_headers={"X-Y": value}, recipients=[(value, BOB)]).build()

    assert "X-Injected" not in parsed(built).keys()  # noqa: SIM118 - a message's "in" is about something else
    assert all(not name.lower().startswith("x-inj") for name, _ in parse_message(built).headers.items())


END_OF_DATA = ["\n.\n", "\r.\r", "\r\n.\r\n", "\n.\r\n", "\r\n.\n", "\r.\r\n", "\r\n.\r", "\n.\r", "\r.\n", "\n\n.\r\n",
               "\r\r.\r\r", ".\r\n", "..\r\n", "\r\n..\r\n"]  # fmt: skip


@pytest.mark.parametrize("form", END_OF_DATA, ids=repr)
def test_no_form_of_the_end_of_data_leaves_alone(form: str) -> None:
    made = message(body=f"a{form}b", html=f"a{form}b")
    made.attach("a.eml", "message/rfc822", f"Subject: x\r\n\r\na{form}b".encode())
    made.attach("b.bin", "application/octet-stream", form.encode())
    built = made.build()

    assert b"\r" not in built.replace(b"\r\n", b"")
    assert b"\n" not in built.replace(b"\r\n", b"")


def test_a_flask_mail_message_is_built_too() -> None:
    with Flask("x").app_context():
        theirs = flask_mail.Message("你好", recipients=[BOB], sender=ANN, body="x", html="<p>x</p>")
        theirs.attach("a.txt", "text/plain", "ü")
        built = build(theirs)

    ours = parse_message(built)
    assert ours.subject == "你好"
    assert ours.attachments[0].content == "ü".encode()


def test_encoded_words_stay_within_their_lines() -> None:
    built = message(subject="主" * 99, recipients=[("名" * 99, BOB)] * 2, extra_headers={"X-Quite-Long-Name": "é" * 99})

    lines = built.build().split(b"\r\n\r\n")[0].split(b"\r\n")
    assert max(len(line) for line in lines if b"=?" in line) <= 76


def test_the_related_part_tells_the_type_of_its_root() -> None:
    made = message()
    made.html = f'<img src="{made.embed(PNG, "image/png")}">'

    assert parsed(made.build()).get_param("type") == "multipart/alternative"


def test_a_file_that_holds_a_message_stays_one_where_it_may() -> None:
    def sent_as(data: bytes, kind: str = "message/rfc822") -> tuple[str, bytes]:
        made = message()
        made.attach("a.eml", kind, data)
        (file,) = parse_message(made.build()).attachments
        return file.content_type, file.content

    assert sent_as(b"Subject: x\r\n\r\n-- \r\nAnn\r\n") == ("message/rfc822", b"Subject: x\r\n\r\n-- \r\nAnn\r\n")
    assert sent_as(b"Subject: x\n\nAnn\n") == ("message/rfc822", b"Subject: x\r\n\r\nAnn\r\n")
    assert sent_as("Subject: ü\n".encode()) == ("application/octet-stream", "Subject: ü\n".encode())
    assert sent_as(b"x", "multipart/mixed; boundary=x") == ("application/octet-stream", b"x")


def test_attachments_come_from_files_and_streams(tmp_path: Path) -> None:
    file = tmp_path / "数据.csv"
    file.write_bytes(b"a,b\n")
    made = message()
    made.attach_file(file)
    made.attach("stream.bin", "application/octet-stream", io.BytesIO(b"streamed\n"))
    made.attach("text.txt", None, io.StringIO("ü"))

    names = [(part.filename, part.content) for part in parse_message(made.build()).attachments]
    assert names == [("数据.csv", b"a,b\n"), ("stream.bin", b"streamed\n"), ("text.txt", "ü".encode())]


@pytest.mark.parametrize("kind", ["a/b/c", "text", "", "text/plain\r\nX: 1", "te xt/plain"])
def test_a_content_type_that_is_none_is_refused(kind: str) -> None:
    made = message()
    made.attachments.append(flask_mail.Attachment("a", kind or "x", b"x"))

    with pytest.raises(MessageError):
        made.build()


def test_a_list_can_be_left_in_one_click() -> None:
    built = message(list_unsubscribe=["https://x.org/leave?u=1", "mailto:leave@x.org"]).build()

    assert parse_message(built).headers["list-unsubscribe"] == "<https://x.org/leave?u=1>, <mailto:leave@x.org>"
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in built


@pytest.mark.parametrize("address", ["http://x.org", "javascript:alert(1)", "https://x.org>\r\nX: 1", "https://a b"])
def test_other_ways_to_leave_a_list_are_refused(address: str) -> None:
    with pytest.raises(MessageError):
        message(list_unsubscribe=[address]).build()


def test_priority_is_told_in_both_usual_headers() -> None:
    assert b"X-Priority: 1\r\nImportance: high\r\n" in message(priority="high").build()
    assert b"Priority" not in message(priority="normal").build()
    with pytest.raises(MessageError, match="high, normal or low"):
        message(priority="urgent").build()


CALENDAR = "BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:午餐\nEND:VEVENT\nEND:VCALENDAR\n"


def test_an_invitation_is_an_alternative_and_a_file() -> None:
    made = message()
    made.invite(CALENDAR)
    theirs = parsed(made.build())

    assert structure(theirs) == ("mixed", [("alternative", ["text/plain", "text/calendar"]), "application/ics"])
    assert "method=REQUEST" in str(next(part for part in theirs.walk() if part.get_content_subtype() == "calendar"))
    with pytest.raises(MessageError, match="BEGIN:VCALENDAR"):
        message().invite("nonsense")


def test_a_message_survives_a_queue_as_json() -> None:
    import json

    made = message(recipients=[("王", BOB)], cc=["c@x.org"], bcc=["b@x.org"], html="<p>x</p>", reply_to=ANN,
                   extra_headers={"X-Y": "z"}, in_reply_to="<0@x>", references=("<0@x>",), priority="low",
                   list_unsubscribe=["https://x.org"])  # fmt: skip
    made.recipients.append(Address("Carol", "carol@x.org"))  # type: ignore[arg-type]
    made.attach("文件.bin", "application/octet-stream", PNG)
    made.attach("text.txt", "text/plain", "ü")
    made.invite(CALENDAR)
    again = Message.from_dict(json.loads(json.dumps(made.to_dict())))

    assert again.build() == made.build()
    assert envelope_of(again) == envelope_of(made)


@pytest.mark.parametrize("values", [{"subject": 5}, {"unknown": 1}, {"attachments": [{"data": "***"}]}, {"to": []}])
def test_values_that_are_no_message_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(MessageError, match="not the values of a message"):
        Message.from_dict(values)


def test_as_bytes_and_as_string_work_as_flask_mails_do() -> None:
    host = Flask("host")
    host.config.update(TESTING=True, MAIL_DEFAULT_SENDER="me@example.com")
    Mailbox(host)
    with host.app_context():
        made = Message("Hello", recipients=[BOB], body="x")

        assert "From: me@example.com" in made.as_string()
        assert made.as_bytes() == bytes(made)
        assert str(made) == made.as_string()
