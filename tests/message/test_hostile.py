"""Bombs: nesting, counts, sizes, quadratic headers. Each is read within a second and within its memory."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailbox.message import Limits, parse_message

from .invariants import check

KIB, MIB = 1024, 1024 * 1024


def header(line: str) -> bytes:
    return line.encode() + b"\n\nbody\n"


def nested(depth: int) -> bytes:
    head = "".join(f"--b{n}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n\n" for n in range(depth))
    return b"Content-Type: multipart/mixed; boundary=b0\n\n" + head.encode() + b"--b" + str(depth).encode() + b"\n\nx\n"


def parts(count: int) -> bytes:
    return (
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: image/png\n\nx\n" * count + b"--b--\n"
    )


def text(body: bytes, kind: str = "text/plain", encoding: str = "8bit") -> bytes:
    return f"Content-Type: {kind}; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n".encode() + body


BOMBS: dict[str, Callable[[int], bytes]] = {
    "nested multiparts": nested,
    "nested messages": lambda n: b"Content-Type: message/rfc822\n\n" * n + b"x",
    "parts": parts,
    "boundary that is a prefix": lambda n: b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--bx\n" * n,
    "closing boundaries": lambda n: b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b--\n" * n,
    "headers": lambda n: b"X-A: b\n" * n + b"\nx",
    "folded header": lambda n: b"Subject: a\n" + b" b\n" * n + b"\nx",
    "header of carriage returns": lambda n: b"Subject: a" + b"\r" * n + b"b\n\nx",
    "no header end": lambda n: b"X-A: b\n" * n,
    "lines that are no fields": lambda n: b"X: y\n" + b"no field\n" * n + b"\nx",
    "names without colon": lambda n: b"X: y\n" + b"x" * n + b"\n\nx",
    "addresses": lambda n: header("To: " + "a@b.example," * n),
    "groups": lambda n: header("To: " + "g:" * n + "a@b;"),
    "comments": lambda n: header("To: " + "(" * n + ")" * n + " a@b"),
    "open quotes": lambda n: header("To: " + '"\\' * n),
    "open angles": lambda n: header("To: " + '<"\\"' * n),
    "address without at": lambda n: header("X-Failed-Recipients: " + "a" * n),
    "encoded words": lambda n: header("Subject: " + "=?utf-8?q?a?= " * n),
    "unpadded encoded words": lambda n: header("Subject: " + "=?utf-8?b?YWJjZA?= " * n),
    "open encoded words": lambda n: header("Subject: " + "=?utf-8?q?" * n),
    "parameters": lambda n: header("Content-Type: text/plain" + "; a=b" * n),
    "parameter pieces": lambda n: header("Content-Type: text/plain" + "".join(f"; name*{i}=x" for i in range(n))),
    "semicolons": lambda n: header("Content-Type: text/plain" + ";" * n),
    "open parameter quotes": lambda n: header("Content-Type: text/plain" + '; a="\\"' * n),
    "references": lambda n: header("References: " + "<a@b> " * n),
    "line feeds": lambda n: b"\n" * n,
    "header and line feeds": lambda n: b"X: y\n\n" + b"\n" * n,
    "blanks in quoted-printable": lambda n: text(b" " * n + b"x", encoding="quoted-printable"),
    "equals signs": lambda n: text(b"=" * n, encoding="quoted-printable"),
    "paddings": lambda n: text(b"YQ==" * n, encoding="base64"),
    "uuencode beginnings": lambda n: text(b"begin 644 a\nAAAA\n" * n),
    "undeclared bytes": lambda n: b"X: y\n\n" + b"ab\xe9 " * n,
    "quote introductions": lambda n: text(b"On x wrote:\n> a\nb\n" * n),
    "colons": lambda n: text(b"a:\n" * n),
    "blank lines and a header": lambda n: text(b" \n" * n + b"From: x\nSent: y\n"),
    "flowed lines": lambda n: b"Content-Type: text/plain; format=flowed\n\n" + b"> a \n" * n,
    "open HTML comments": lambda n: text(b"<!--" * n, "text/html"),
    "open style elements": lambda n: text(b"<style>" * n, "text/html"),
    "nested HTML": lambda n: text(b"<div>" * n, "text/html"),
    "formatting elements": lambda n: text(b"".join(b"<b id=%d>" % i for i in range(n)), "text/html"),
    "hidden closing tags": lambda n: text(b"<div a='</div>'>" * n, "text/html"),
    "foster-parented HTML": lambda n: text(b"<div><table></div></table>" * n, "text/html"),
    "character references": lambda n: text(b"&#" + b"9" * n + b";", "text/html"),
    "failing report": lambda n: b"From: MAILER-DAEMON@x\nSubject: failure\n\nundeliverable\n" + b"a@b.example\n" * n,
    "delivery status": lambda n: (
        b"Content-Type: message/delivery-status\n\n" + b"Final-Recipient: rfc822; a@b\nStatus: 5.1.1\n\n" * n
    ),
}  # fmt: skip


def seconds(raw: bytes) -> float:
    started = time.thread_time()
    check(parse_message(raw))
    return time.thread_time() - started


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_within_a_second(name: str):
    assert seconds(BOMBS[name](50_000)) < 1


@pytest.mark.soak
@pytest.mark.parametrize("name", BOMBS)
def test_ten_megabytes_of_a_bomb_are_read_within_a_second(name: str):
    size = len(BOMBS[name](200)) // 200

    assert seconds(BOMBS[name](10 * MIB // size)) < 1


@pytest.mark.parametrize("name", BOMBS)
def test_twice_the_bomb_takes_less_than_three_times_as_long(name: str):
    small, large = (min(seconds(BOMBS[name](n)) for _ in range(2)) for n in (4_000, 8_000))

    assert large < 3 * small + 0.02


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_bounded_memory(name: str):
    raw = BOMBS[name](20_000)
    tracemalloc.start()
    try:
        check(parse_message(raw))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 64 * MIB


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_message(raw: bytes):
    check(parse_message(raw))


@given(
    st.sampled_from(["From", "To", "Subject", "Date", "Content-Type", "Content-Disposition"]), st.binary(max_size=300)
)
def test_any_bytes_are_a_header_value(name: str, value: bytes):
    check(parse_message(name.encode() + b": " + value + b"\n\nbody"))


def test_large_messages_are_cut_without_copying_their_bodies():
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + b"x" * 76 + b"\n" + b"A" * (10 * MIB) + b"\n--b--\n"
    tracemalloc.start()
    try:
        assert len(parse_message(raw).structure.children) == 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 1 * MIB


@pytest.mark.parametrize(
    ("limits", "below", "above", "defect"),
    [
        (Limits(depth=3), nested(2), nested(3), "too-deep"),
        (Limits(parts=4), parts(3), parts(4), "too-many-parts"),
        (Limits(attachments=3), parts(3), parts(4), "too-many-attachments"),
        (Limits(headers=2), b"A: 1\nB: 2\n\n", b"A: 1\nB: 2\nC: 3\n\n", "headers-too-large"),
        (Limits(header=4), b"Subject: 123\n\n", b"Subject: 12345\n\n", "headers-too-large"),
        (Limits(header_block=10), b"A: 1\nB: 2\n\n", b"A: 1\nB: 23\n\n", "headers-too-large"),
        (Limits(addresses=2), b"To: a@b, c@d\n\n", b"To: a@b, c@d, e@f\n\n", "too-many-addresses"),
        (Limits(group_depth=1), b"To: g:a@b;\n\n", b"To: g:h:a@b;\n\n", "invalid-address"),
        (Limits(comment_depth=1), b"To: (x) a@b\n\n", b"To: (x(y)) a@b\n\n", "invalid-address"),
        (Limits(body_text=4), text(b"1234"), text(b"12345"), "text-too-long"),
        (
            Limits(parameters=2),
            b"Content-Type: text/plain; a=1; b=2\n\n",
            b"Content-Type: text/plain; a=1; b=2; c=3\n\n",
            "too-many-parameters",
        ),
    ],
)
def test_a_limit_holds_at_its_value_and_is_named_beyond_it(limits: Limits, below: bytes, above: bytes, defect: str):
    assert defect not in parse_message(below, limits=limits).defects
    assert defect in parse_message(above, limits=limits).defects
    assert parse_message(above, limits=limits).raw == above
