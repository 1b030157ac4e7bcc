"""The strict reading of addresses to send to (RFC 5321, 4.1.2)."""

from __future__ import annotations

import time

import pytest

from flask_mailbox import Address, AddressError
from flask_mailbox.message import parse_mailbox


@pytest.mark.parametrize(
    ("value", "name", "address"),
    [
        ("ann@example.com", "", "ann@example.com"),
        ("  ann@example.com ", "", "ann@example.com"),
        ("Ann Lee <ann@example.com>", "Ann Lee", "ann@example.com"),
        ('"Lee, Ann" <ann@example.com>', "Lee, Ann", "ann@example.com"),
        (r'"Ann \"A\" Lee" <ann@example.com>', 'Ann "A" Lee', "ann@example.com"),
        ("<ann@example.com>", "", "ann@example.com"),
        (("王小明", "wang@example.com"), "王小明", "wang@example.com"),
        (Address("Ann", "ann@example.com"), "Ann", "ann@example.com"),
        ("ann@例子.中国", "", "ann@xn--fsqu00a.xn--fiqs8s"),
        ("ann@straße.example", "", "ann@xn--strae-oqa.example"),
        ("ann@FASS.Faß.example", "", "ann@FASS.xn--fa-hia.example"),
        ("ann@例子。中国", "", "ann@xn--fsqu00a.xn--fiqs8s"),
        ("王@example.com", "", "王@example.com"),
        ("ann+tag@sub.example.co.uk", "", "ann+tag@sub.example.co.uk"),
        ('"with blank"@example.com', "", '"with blank"@example.com'),
        ('"a@b"@example.com', "", '"a@b"@example.com'),
        ("ann@[192.0.2.1]", "", "ann@[192.0.2.1]"),
        ("ann@[IPv6:2001:db8::1]", "", "ann@[IPv6:2001:db8::1]"),
        ("ann@localhost", "", "ann@localhost"),
        ("!#$%&'*+/=?^_`{|}~-@example.com", "", "!#$%&'*+/=?^_`{|}~-@example.com"),
    ],
)
def test_one_mailbox_is_read(value: object, name: str, address: str) -> None:
    assert parse_mailbox(value) == Address(name, address)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [
        "", "ann", "@example.com", "ann@", "ann@@example.com", "a@b@example.com", "ann@exa mple.com",
        "not an address, two@example.org", "a@example.com, b@example.com", "a@example.com;b@example.com",
        "group: a@example.com, b@example.com;", "ann(comment)@example.com", "ann@example.com (comment)",
        "<a@example.com> <b@example.com>", "ann@-example.com", "ann@example-.com", "ann@example..com",
        ".ann@example.com",
        "ann.@example.com", "a..b@example.com", "ann@example.com.", f"{'a' * 65}@example.com", f"ann@{'a' * 64}.com",
        f"ann@{'a.' * 130}com", '"unclosed@example.com', 'x"y"@example.com', "ann@[192.0.2]", "ann@[evil]",
        "a b@example.com", "=?utf-8?q?ann?=@exa mple.com", "ann@exam_ple.com", "\ud800@example.com",
        "a\x85b@example.com", "a\u2028b@example.com", "a\u202eb@example.com", "ann@exa\u200dmple.com",
        "ann@[999.0.2.1]", "ann@[١٩٢.0.2.1]", "ann@[IPv6:::::]", "ann@[IPv6:fe80::1%eth0]", "ann@[192.0.2.1",
        ("Ann", "Lee", "ann@example.com"), ("\ud800", "ann@example.com"), f"ann@{'é' * 300}.com",
        "<script>@example.com>", "ann@example.com>", "@route:ann@example.com", None, 5,
    ],
)  # fmt: skip
def test_what_is_not_exactly_one_mailbox_is_refused(value: object) -> None:
    with pytest.raises(AddressError) as raised:
        parse_mailbox(value, field="recipients")  # type: ignore[arg-type]

    assert raised.value.field == "recipients"
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize("text", ["a" + " " * 300_000 + "b", '"' + "a" * 300_000, "<" * 300_000, "a." * 150_000 + "@x"])
def test_a_hostile_text_is_refused_in_linear_time(text: str) -> None:
    started = time.thread_time()
    with pytest.raises(AddressError):
        parse_mailbox(text)

    assert time.thread_time() - started < 1


def test_an_address_tells_whether_it_needs_smtputf8() -> None:
    assert parse_mailbox("王@example.com").needs_smtputf8
    assert not parse_mailbox("ann@bücher.example").needs_smtputf8
