"""Bytes to text."""

from __future__ import annotations

import pytest

from flask_mailbox.message import detect_charset, parse_message


def read(body: bytes, charset: str | None = None, **options: object) -> object:
    declared = f'; charset="{charset}"' if charset else ""
    head = f"From: a@x.example\nContent-Type: text/plain{declared}\nContent-Transfer-Encoding: 8bit\n\n"
    return parse_message(head.encode() + body, **options)


@pytest.mark.parametrize(
    ("charset", "codec", "text"),
    [
        ("gb2312", "gb18030", "你好，镕𠀀"),
        ("GBK", "gbk", "你好"),
        ("big5", "big5", "你好"),
        ("ks_c_5601-1987", "cp949", "안녕 똠"),
        ("iso-2022-jp", "iso2022_jp", "こんにちは"),
        ("Shift_JIS", "cp932", "①こんにちは"),
        ("koi8-r", "koi8-r", "Привет"),
        ("windows-1251", "cp1251", "Привет"),
        ("iso-8859-1", "cp1252", "naïve “quotes”"),
        ("iso-8859-9", "cp1254", "ığüş"),
        ("utf-7", "utf-7", "héllo"),
        ("utf-16", "utf-16", "héllo"),
        ("'utf-8'", "utf-8", "你好"),
        ("iso-8859-1", "utf-8", "你好"),
        ("us-ascii", "utf-8", "你好"),
        ("x-unknown", "utf-8", "你好"),
    ],
)
def test_a_declared_charset_is_read_with_its_aliases(charset: str, codec: str, text: str):
    assert read(text.encode(codec), charset).text == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("你好".encode(), "你好"),
        ("你好，世界".encode("gbk"), "你好，世界"),
        ("Grüße, café".encode("latin-1"), "Grüße, café"),
    ],
)
def test_undeclared_bytes_follow_the_documented_rule(body: bytes, text: str):
    message = read(body)

    assert message.text == text
    assert "undeclared-charset" in message.defects


@pytest.mark.parametrize(
    "charset", ["no-such-charset", "unicode_escape", "idna", "undefined", "base64", "rot13", "zip", "é", "x" * 999]
)
def test_a_name_that_is_no_charset_is_named_and_the_text_still_read(charset: str):
    message = read("café".encode(), charset)

    assert message.text == "café"
    assert "unknown-charset" in message.defects


def test_what_cannot_be_decoded_becomes_replacement_characters():
    message = read(b"a\xff\xfeb", "utf-8")

    assert message.text == "a\ufffd\ufffdb"
    assert "undecodable-text" in message.defects


@pytest.mark.parametrize(("body", "charset"), [(b"+2AA-", "utf-7"), (b"a\0b", "utf-8"), (b"\x00\xd8", "utf-16-le")])
def test_text_has_neither_surrogates_nor_nul(body: bytes, charset: str):
    text = read(body, charset).text

    assert "\ufffd" in text
    assert "\0" not in text
    assert text.encode()


def test_a_detector_is_asked_for_undeclared_bytes():
    assert read("Привет".encode("cp1251"), detect=lambda data: "windows-1251").text == "Привет"


def test_chardet_detects_where_it_is_installed():
    pytest.importorskip("chardet")
    text = "Съешь же ещё этих мягких французских булок, да выпей чаю. " * 5

    assert read(text.encode("koi8-r"), detect=detect_charset).text == text


def test_html_without_a_declared_charset_uses_its_own_meta():
    html = '<meta charset="big5"><p>你好</p>'
    raw = b"Content-Type: text/html\nContent-Transfer-Encoding: 8bit\n\n" + html.encode("big5")

    assert parse_message(raw).html == html
