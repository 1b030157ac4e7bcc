"""Header values: encoded words, addresses by grammar, parameters, dates."""

from __future__ import annotations

from datetime import datetime

import pytest

from flask_mailbox.message import Address, decode_header_value, parse_address_list, parse_message


def message(header: str) -> object:
    return parse_message(header.encode("utf-8", "surrogateescape") + b"\n\n")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?q?caf=C3=A9?=", "café"),
        (b"=?UTF-8?B?5L2g5aW9?=", "你好"),
        (b"=?gb2312?B?xOO6ww==?=", "你好"),
        (b"=?utf-8?B?5L2g5a?= =?utf-8?B?W9?=", "你好"),  # split in the middle of a character and of a quantum
        (b"=?utf-8?q?=E4=BD?=\r\n =?utf-8?q?=A0?=", "你"),
        (b"=?utf-8?q?a?= =?iso-8859-1?q?=E9?=", "aé"),
        (b"a =?utf-8?q?b?= c", "a b c"),
        (b'"=?utf-8?q?quoted?="', '"quoted"'),
        (b"=?utf-8?q?with a stray space?=", "with a stray space"),
        (b"=?utf-8*en?q?language?=", "language"),
        (b"=?x-unknown?q?caf=C3=A9?=", "café"),
        (b"=?utf-8?b?YQ===?=", "a"),
        (b"=?utf-8?b?%%%?=", ""),
        (b"=?utf-8?q?open", "=?utf-8?q?open"),
        (b"=?utf-8?x?what?=", "=?utf-8?x?what?="),
        (b"=?utf-8?q?a=0D=0ABcc:_b?=", "a Bcc: b"),
        (b"=?utf-8?q?a=00b?=", "a\ufffdb"),
        (b"folded\r\n\tvalue", "folded\tvalue".replace("\t", " ")),
        (b"caf\xc3\xa9", "café"),
        (b"caf\xe9", "café"),
        ("你好".encode("gbk"), "你好"),
    ],
)
def test_a_header_value_is_decoded(value: bytes, text: str):
    assert decode_header_value(value) == text


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        (b"ann@a.example", [("", "ann@a.example")]),
        (b"Ann <ann@a.example>", [("Ann", "ann@a.example")]),
        (b'"Doe, Ann" <ann@a.example>, bob@b.example', [("Doe, Ann", "ann@a.example"), ("", "bob@b.example")]),
        (b"ann@a.example (Ann)", [("Ann", "ann@a.example")]),
        (b"Friends: ann@a.example, bob@b.example;", [("", "ann@a.example"), ("", "bob@b.example")]),
        (b"undisclosed-recipients:;", []),
        (b"=?utf-8?q?Jos=C3=A9?= <j@a.example>", [("José", "j@a.example")]),
        (b'"=?utf-8?q?Jos=C3=A9?=" <j@a.example>', [("José", "j@a.example")]),
        (b"=?utf-8?q?a=2C_b_=3Cevil=40x=3E?= <j@a.example>", [("a, b <evil@x>", "j@a.example")]),
        (b"<@relay.example:ann@a.example>", [("", "ann@a.example")]),
        (b'"quoted local"@a.example', [("", '"quoted local"@a.example')]),
        (b"ann@[192.0.2.1]", [("", "ann@[192.0.2.1]")]),
        (b"ann@[IPv6:2001:db8::1]", [("", "ann@[IPv6:2001:db8::1]")]),
        (b"Ann <ann@a.example> Bob <bob@b.example>", [("Ann", "ann@a.example"), ("Bob", "bob@b.example")]),
        (b"Mail System <MAILER-DAEMON>", [("Mail System", "MAILER-DAEMON")]),
        (b'Ann "Nick" Doe <ann@a.example>', [("Ann Nick Doe", "ann@a.example")]),
        ("王小明 <w@a.example>".encode(), [("王小明", "w@a.example")]),
        ("ann@例え.example".encode(), [("", "ann@例え.example")]),
    ],
)
def test_an_address_list_is_read(value: bytes, addresses: list[tuple[str, str]]):
    assert parse_address_list(value) == tuple(Address(name, address) for name, address in addresses)


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (b"alice@good.example <bob@evil.example>", "bob@evil.example"),
        (b'"alice@good.example" <bob@evil.example>', "bob@evil.example"),
        (b"<alice@good.example> <bob@evil.example>", "alice@good.example"),
        (b"=?utf-8?q?alice=40good.example=0A?= <bob@evil.example>", "bob@evil.example"),
        (b"=?utf-8?q?alice=40good.example?= =?utf-8?q?=00?=@evil.example", ""),
        (b"=?utf-8?b?YWxpY2VAZ29vZC5leGFtcGxl?=", ""),
        (b"alice@good.example@evil.example", ""),
        (b"<alice@good.example@evil.example>", ""),
        (b"alice good.example", ""),
        (b"(alice@good.example) bob@evil.example", "bob@evil.example"),
    ],
)
def test_no_address_is_made_up_from_what_only_looks_like_one(value: bytes, address: str):
    assert parse_address_list(value)[0].address == address


@pytest.mark.parametrize(
    ("header", "defect"),
    [
        ("From: a@x.example\nFrom: b@x.example", "ambiguous-from"),
        ("From: a@x.example\nFROM : b@x.example", "ambiguous-from"),
        ("From : a@x.example", "space-before-colon"),
        ("Subject: x", "missing-from"),
        ("From: somebody", "missing-from"),
        ('From: "ann@bank.example" <a@x.example>', "address-in-name"),
        ("From: a@\u0430pple.com", "mixed-scripts"),
        ("From: a@xn--80ak6aa92e.com", "mixed-scripts"),
        ("From: \u202emoc.knab <a@x.example>", "bidi-control"),
        ("To: a@x.example\nTo: b@x.example", "duplicate-header"),
    ],
)
def test_a_sender_who_deceives_is_named_in_the_defects(header: str, defect: str):
    assert defect in message(header).defects


def test_an_honest_sender_gives_no_defect():
    assert message("From: Jörg Müller <joerg@müller.example>\nDate: Mon, 5 Oct 2026 10:00:00 +0200").defects == ()


def test_several_lists_of_recipients_are_joined():
    read = message("To: a@x.example\nTo: b@x.example")

    assert [each.address for each in read.to] == ["a@x.example", "b@x.example"]


def test_headers_keep_their_order_and_are_found_in_any_case():
    headers = message("B: 1\nA: 2\nb: 3\nno field\nC : 4").headers

    assert headers.items() == (("B", "1"), ("A", "2"), ("b", "3"), ("C", "4"))
    assert headers["B"] == headers.get("b") == "1"
    assert headers.get_all("B") == ("1", "3")
    assert "a" in headers
    assert headers.get("missing") is None


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Mon, 5 Oct 2026 10:00:00 +0800", "2026-10-05T10:00:00+08:00"),
        ("5 Oct 26 10:00 EST", "2026-10-05T10:00:00-05:00"),
        ("Mon, 05 Oct 2026 10:00:00 GMT", "2026-10-05T10:00:00+00:00"),
        ("Mon, 5 Oct 2026 10:00:00 -0000 (UTC)", "2026-10-05T10:00:00+00:00"),
        ("Mon, 5 Oct 2026 23:59:60 +0000", "2026-10-05T23:59:59+00:00"),
        ("Mon Oct  5 10:00:00 2026", "2026-10-05T10:00:00+00:00"),
        ("2026-10-05T10:00:00Z", "2026-10-05T10:00:00+00:00"),
        ("Mon, 5 Oct 2026 10:00:00 +99999999", "2026-10-05T10:00:00+00:00"),
        ("(comment) 5 Oct 2026 10:00:00 +0100", "2026-10-05T10:00:00+01:00"),
    ],
)
def test_a_date_is_read_with_its_zone(text: str, iso: str):
    assert message(f"Date: {text}").date == datetime.fromisoformat(iso)


@pytest.mark.parametrize(
    "text", ["yesterday", "32 Oct 2026 10:00:00 +0000", "5 Oct 0000 10:00 +0000", "5 Foo 2026 10:00", "25:61"]
)
def test_a_date_that_is_none_gives_none_and_a_defect(text: str):
    read = message(f"Date: {text}")

    assert read.date is None
    assert "invalid-date" in read.defects


def test_ids_stand_in_angle_brackets():
    read = message("Message-ID: a@x\nIn-Reply-To: <b@x> (text)\nReferences: <c@x>\n <d@x> junk")

    assert read.message_id == "<a@x>"
    assert read.in_reply_to == "<b@x>"
    assert read.references == ("<c@x>", "<d@x>")
