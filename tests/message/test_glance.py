"""What a list shows is read quickly, and never otherwise than the whole message is read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flask_mailbox.message import parse_message
from flask_mailbox.message.glance import glance

from .corpora import corpus_files

_NAMES = (b"Subject", b"From", b"To", b"Date", b"Message-ID", b"subject", b"X-Other")
_VALUES = (
    *(b"Hello", b" Hello  world ", b"", b"=?utf-8?b?5L2g5aW9?=", b"=?utf-8?q?a=20b?= =?utf-8?q?c?=", b"=?broken"),
    *(
        b"Ann <ann@demo.test>",
        b"ann@demo.test",
        b'"Ann, B." <ann@demo.test>, bob@demo.test',
        b"=?gbk?b?zfU=?= <w@x.cn>",
    ),
    *(b"undisclosed-recipients:;", b"Ann (work) <ann@demo.test>", b"<@a,@b:ann@demo.test>", b"nobody"),
    *(b"Mon, 05 Oct 2026 10:00:00 +0800", b"5 Oct 2026 10:00:60 -0000", b"Mon, 31 Feb 2026 10:00:00 +0800"),
    *(b"05 Oct 2026 25:00:00 +0000", b"Mon, 5 Oct 26 10:00 EST", b"yesterday", b"5 Oct 2026 10:00:00 +9960"),
    *(b"Mon, 05 Oct 2026 10:00:00 +0000 (UTC)", b"05 Xyz 2026 10:00:00 +0000", b"05 Oct 0000 10:00:00 +0000"),
    *(b"<1@demo.test>", b"1@demo.test", b"<a b@c>", b"<a><b>", b"<>", b"x <1@demo.test> y", b"=?utf-8?q?<1@x>?="),
    *(b"folded\r\n text", b"\xff\xfe", "王".encode(), b"tab\there"),
)


def parsed(header: bytes) -> tuple[object, ...]:
    message = parse_message(header)
    return message.subject, message.from_, message.to, message.date, message.message_id


@given(st.lists(st.tuples(st.sampled_from(_NAMES), st.sampled_from(_VALUES)), max_size=6), st.booleans())
def test_plain_headers_are_read_as_the_parser_reads_them(fields: list[tuple[bytes, bytes]], spaced: bool) -> None:
    header = b"".join(name + (b": " if spaced else b":") + value + b"\r\n" for name, value in fields) + b"\r\n"

    assert tuple(glance(header)) == parsed(header)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
def test_any_text_in_any_field_is_read_alike(text: str) -> None:
    header = b"".join(name + b": " + text.encode() + b"\r\n" for name in _NAMES[:5]) + b"\r\n"

    assert tuple(glance(header)) == parsed(header)


def test_the_headers_of_real_messages_are_read_alike() -> None:
    for path in corpus_files():
        head, blank, _ = path.read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")
        header = (head + blank).replace(b"\n", b"\r\n")
        assert tuple(glance(header)) == parsed(header), path
