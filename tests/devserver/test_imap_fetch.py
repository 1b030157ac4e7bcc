"""FETCH, compared with what imapclient and the standard library make of the same bytes."""

from __future__ import annotations

import datetime
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from imapclient.exceptions import IMAPClientError

from .conftest import ANN, BOB
from .talk import Talk

PLAIN = (
    b"Date: Mon, 2 Feb 2026 10:00:00 +0800\r\n"
    b"From: Ann Example <ann@demo.test>\r\n"
    b'To: "Doe, Bob \\"B\\"" <bob@demo.test>, carl@demo.test (Carl)\r\n'
    b"Cc: Friends: =?utf-8?B?5ZCN?= <d@demo.test>, e@demo.test;, undisclosed:;\r\n"
    b"Subject: A long\r\n subject\r\n"
    b"In-Reply-To: <1@demo.test>\r\n"
    b"Message-ID: <2@demo.test>\r\n"
    b"\r\n"
    b"line one\r\nline two\r\n"
)
NESTED = (
    b'Subject: outer\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=_a"\r\n\r\n'
    b"preamble --=_a\r\n"
    b"--=_a\r\nContent-Type: text/plain\r\n\r\nfirst\r\n"
    b"--=_a\r\nContent-Type: message/rfc822\r\nContent-Description: fwd\r\n\r\n"
    b"Subject: inner\r\nFrom: eve@demo.test\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\n\r\ninner text\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<b>inner</b>\r\n--b--\r\n"
    b"\r\n--=_a\r\nContent-Type: message/rfc822\r\n\r\n"
    b"Subject: flat\r\n\r\nflat text\r\n"
    b"\r\n--=_a--\r\nepilogue\r\n"
)


def fetch(inbox, server, raw: bytes, *items: str) -> dict:
    uid = server.deliver(raw, ANN)
    inbox.noop()
    return inbox.fetch([uid], list(items))[uid]


def sections(server, raw: bytes, *items: str) -> list[bytes]:
    """Fetch each item alone, with lines as they come on the wire."""
    server.deliver(raw, ANN)
    found = []
    with Talk(server.imap) as talk:
        talk.line()
        talk.command(b"LOGIN ann@demo.test ann-secret")
        talk.command(b"EXAMINE INBOX")
        for item in items:
            head, *lines, _ = talk.command(b"FETCH * " + item.encode())
            size = int(head.rpartition(b"{")[2].rstrip(b"}\r\n")) if b"{" in head else -1
            found.append(b"".join(lines)[:size] if size >= 0 else head)
    return found


def test_envelope_of_a_plain_message(inbox, server):
    envelope = fetch(inbox, server, PLAIN, "ENVELOPE")[b"ENVELOPE"]
    to = [(a.name, a.mailbox, a.host) for a in envelope.to]
    cc = [(a.name, a.mailbox, a.host) for a in envelope.cc]

    assert envelope.subject == b"A long subject"
    assert [str(a) for a in envelope.from_] == [str(a) for a in envelope.sender] == ["Ann Example <ann@demo.test>"]
    assert to == [(b'Doe, Bob "B"', b"bob", b"demo.test"), (b"Carl", b"carl", b"demo.test")]
    assert cc == [
        (None, b"Friends", None),
        (b"=?utf-8?B?5ZCN?=", b"d", b"demo.test"),
        (None, b"e", b"demo.test"),
        (None, None, None),
        (None, b"undisclosed", None),
        (None, None, None),
    ]
    assert (envelope.in_reply_to, envelope.message_id) == (b"<1@demo.test>", b"<2@demo.test>")
    assert envelope.bcc is None


@pytest.mark.parametrize(
    "value", ["", "<>", "@", "<<<>>>", "a@b@c", ",,,", ";;", ":", "(unclosed", '"unclosed', "\xff"]
)
def test_envelope_of_broken_addresses_is_still_one(inbox, server, value):
    found = fetch(inbox, server, b"From: " + value.encode("latin-1") + b"\r\nSubject: ok\r\n\r\n", "ENVELOPE")

    assert found[b"ENVELOPE"].subject == b"ok"


def test_envelope_sends_eight_bit_subjects_as_literals(inbox, server):
    found = fetch(inbox, server, "Subject: 你好\r\n\r\n".encode(), "ENVELOPE")

    assert found[b"ENVELOPE"].subject == "你好".encode()


def test_bodystructure_of_a_plain_message(inbox, server):
    structure = fetch(inbox, server, PLAIN, "BODYSTRUCTURE")[b"BODYSTRUCTURE"]

    assert structure[:8] == (b"TEXT", b"PLAIN", (b"CHARSET", b"us-ascii"), None, None, b"7BIT", 20, 2)
    assert len(structure) == 12


def test_body_has_no_extension_data(inbox, server):
    found = fetch(inbox, server, PLAIN, "BODY")[b"BODY"]

    assert len(found) == 8


def test_bodystructure_of_an_attachment_with_a_chinese_name(inbox, server):
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "报告"
    message.set_content("正文", cte="base64")
    message.add_alternative("<p>正文</p>", subtype="html")
    message.add_attachment(b"PDF", maintype="application", subtype="pdf", filename="年度报告.pdf", cid="<c@x>")
    mixed = fetch(inbox, server, message.as_bytes(), "BODYSTRUCTURE")[b"BODYSTRUCTURE"]
    (alternative, attachment), kind = mixed[0], mixed[1]

    assert kind == b"MIXED"
    assert [part[1] for part in alternative[0]] == [b"PLAIN", b"HTML"]
    assert attachment[:2] == (b"APPLICATION", b"PDF")
    assert attachment[3] == b"<c@x>"
    assert attachment[8][0] == b"ATTACHMENT"
    assert attachment[8][1] == (b"FILENAME*", b"utf-8''%E5%B9%B4%E5%BA%A6%E6%8A%A5%E5%91%8A.pdf")


def test_bodystructure_of_nested_messages(inbox, server):
    structure = fetch(inbox, server, NESTED, "BODYSTRUCTURE")[b"BODYSTRUCTURE"]
    first, forwarded, flat = structure[0]

    assert first[:2] == (b"TEXT", b"PLAIN")
    assert forwarded[:2] == (b"MESSAGE", b"RFC822")
    assert forwarded[4] == b"fwd"
    assert forwarded[7][1] == b"inner"
    assert [part[1] for part in forwarded[8][:2]] == [b"PLAIN", b"HTML"]
    assert flat[7][1] == b"flat"
    assert structure[2] == (b"BOUNDARY", b"=_a")


def test_sections_of_nested_messages_are_cut_from_the_raw_bytes(server):
    inner = NESTED[NESTED.index(b"Subject: inner") : NESTED.index(b"\r\n\r\n--=_a\r\nContent-Type: message")] + b"\r\n"
    expected = {
        "BODY[]": NESTED,
        "BODY[HEADER]": NESTED[: NESTED.index(b"preamble")],
        "BODY[TEXT]": NESTED[NESTED.index(b"preamble") :],
        "BODY[1]": b"first",
        "BODY[1.MIME]": b"Content-Type: text/plain\r\n\r\n",
        "BODY[2]": inner,
        "BODY[2.MIME]": b"Content-Type: message/rfc822\r\nContent-Description: fwd\r\n\r\n",
        "BODY[2.HEADER]": inner[: inner.index(b"--b")],
        "BODY[2.TEXT]": inner[inner.index(b"--b") :],
        "BODY[2.HEADER.FIELDS (FROM)]": b"From: eve@demo.test\r\n\r\n",
        "BODY[2.1]": b"inner text",
        "BODY[2.1.MIME]": b"\r\n",
        "BODY[2.2]": b"<b>inner</b>",
        "BODY[3.1]": b"flat text\r\n",
        "BODY[3.TEXT]": b"flat text\r\n",
    }
    found = sections(server, NESTED, *expected)

    assert dict(zip(expected, found, strict=True)) == expected


@pytest.mark.parametrize("section", ["4", "1.1", "2.3", "3.2", "1.HEADER", "2.1.TEXT", "0"])
def test_missing_sections_are_nil(server, section):
    assert sections(server, NESTED, f"BODY[{section}]")[0] == b"* 1 FETCH (BODY[%b] NIL)\r\n" % section.encode()


def test_a_message_of_one_part_has_the_part_one(server):
    found = sections(server, PLAIN, "BODY[1]", "BODY[1.MIME]", "BODY[TEXT]")

    assert found[0] == found[2] == b"line one\r\nline two\r\n"
    assert found[1] == PLAIN[: PLAIN.index(b"line one")]


def test_header_fields_keep_their_folding_and_order(server):
    wanted, others = sections(
        server, PLAIN, 'BODY[HEADER.FIELDS (subject "Date")]', "BODY[HEADER.FIELDS.NOT (TO CC FROM)]"
    )

    assert wanted == b"Date: Mon, 2 Feb 2026 10:00:00 +0800\r\nSubject: A long\r\n subject\r\n\r\n"
    assert b"Message-ID" in others
    assert b"From" not in others


@pytest.mark.parametrize(("start", "size"), [(0, 5), (5, 1_000_000), (10_000, 5), (0, 1)])
def test_partial_fetch(server, start, size):
    found = sections(server, PLAIN, f"BODY.PEEK[]<{start}.{size}>")[0]

    assert found == PLAIN[start : start + size]


def test_legacy_items(server):
    found = sections(server, PLAIN, "RFC822", "RFC822.HEADER", "RFC822.TEXT")

    assert found == [PLAIN, PLAIN[: PLAIN.index(b"line one")], b"line one\r\nline two\r\n"]


def test_size_date_and_flags(inbox, server):
    date = datetime.datetime(2026, 2, 1, 8, 5, 9, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
    uid = server.deliver(PLAIN, ANN, flags=["\\Flagged"], date=date)
    inbox.noop()
    inbox.normalise_times = False
    found = inbox.fetch([uid], ["RFC822.SIZE", "INTERNALDATE", "FLAGS"])[uid]

    assert found[b"RFC822.SIZE"] == len(PLAIN)
    assert found[b"INTERNALDATE"] == date
    assert found[b"FLAGS"] == (b"\\Flagged",)


@pytest.mark.parametrize(("macro", "item"), [("ALL", b"ENVELOPE"), ("FAST", b"RFC822.SIZE"), ("FULL", b"BODY (")])
def test_macros(server, selected, macro, item):
    server.deliver(PLAIN, ANN)
    selected.command(b"NOOP")

    assert item in b"".join(selected.command(b"FETCH 1 " + macro.encode()))


def test_only_reading_without_peek_marks_a_message_seen(inbox, server):
    uid = server.deliver(PLAIN, ANN)
    inbox.noop()
    for item in ("BODY.PEEK[]", "RFC822.HEADER", "ENVELOPE", "BODYSTRUCTURE"):
        inbox.fetch([uid], [item])
    assert inbox.get_flags([uid])[uid] == ()

    assert inbox.fetch([uid], ["BODY[1]"])[uid][b"FLAGS"] == (b"\\Seen",)


def test_unknown_uids_are_passed_over_and_unknown_numbers_refused(inbox, server, selected):
    uid = server.deliver(PLAIN, ANN)
    inbox.noop()

    assert list(inbox.fetch([uid, 99], ["FLAGS"])) == [uid]
    assert selected.command(b"FETCH 5 FLAGS")[-1].startswith(b"t BAD")


BAD_ITEMS = [
    b"",
    b"NOTHING",
    b"BODY[",
    b"BODY[1.]x",
    b"BODY[X]",
    b"BODY[MIME]",
    b"(FLAGS",
    b"BODY[]<0>",
    b"BODY[]<5.0>",
]


@pytest.mark.parametrize("item", BAD_ITEMS)
def test_bad_items_are_refused(server, selected, item):
    assert selected.command(b"FETCH 1:* " + item)[-1].startswith(b"t BAD")


def test_sets_of_every_form(server, selected):
    for _ in range(5):
        server.deliver(PLAIN, ANN)
    selected.command(b"NOOP")
    counts = [
        len(selected.command(b"FETCH " + text + b" UID")) - 1
        for text in (b"1", b"*", b"1:*", b"*:1", b"4:2", b"1,1,3", b"5:*", b"2:3,5")
    ]
    uids = [len(selected.command(b"UID FETCH " + text + b" UID")) - 1 for text in (b"9:*", b"9", b"3:9", b"*")]

    assert counts == [1, 1, 5, 5, 3, 2, 1, 3]
    assert uids == [1, 0, 3, 1]


BROKEN = [
    b"",
    b"\r\n",
    b"no header at all",
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\nno parts here",
    b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\n--x--",
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nunclosed",
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x",
    b"Content-Type: message/rfc822\r\n\r\n",
    b'Content-Type: text/plain; charset="unclosed\r\n\r\nx',
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" * 200 + b"--x\r\n" * 200,
]


@pytest.mark.parametrize("raw", BROKEN)
def test_broken_messages_have_a_structure_all_the_same(inbox, server, raw):
    found = fetch(inbox, server, raw, "BODYSTRUCTURE", "ENVELOPE", "BODY.PEEK[]", "BODY.PEEK[1]")

    assert found[b"BODY[]"] == raw
    assert found[b"BODYSTRUCTURE"]


def test_deeply_nested_messages_do_not_hang_the_server(server, selected):
    raw = b"Content-Type: message/rfc822\r\n\r\n" * 5_000
    server.deliver(raw, ANN)
    selected.command(b"NOOP")

    assert selected.command(b"FETCH 1 (BODYSTRUCTURE)")[-1].startswith(b"t OK")


HEADER_BOMBS = [
    b"x" * 500_000 + b"\r\n\r\n",
    b"From: " + b'\\"' * 100_000 + b"\r\n\r\n",
    b"From: " + b"(" * 200_000 + b"\r\n\r\n",
    b"To: " + b"a@b.test, " * 20_000 + b"\r\n\r\n",
    b"Content-Type: text/plain" + b'; x="' * 100_000 + b"\r\n\r\n",
    b"X: y\r\n" * 50_000 + b"\r\n",
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("number", range(len(HEADER_BOMBS)))
def test_bombs_in_the_header_do_not_hang_the_server(server, selected, number):
    server.deliver(HEADER_BOMBS[number], ANN)
    selected.command(b"NOOP")
    lines = selected.command(b"FETCH 1 (ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (SUBJECT)])")

    assert lines[-1].startswith(b"t OK")


def test_fetching_what_another_session_removed_says_so(inbox, server, selected):
    uid = server.deliver(PLAIN, ANN)
    selected.command(b"NOOP")
    server.expunge(ANN, uid)
    lines = selected.command(b"FETCH 1 FLAGS")

    assert lines == [b"t OK [EXPUNGEISSUED] Some of them are gone\r\n"]
    assert b"* 1 EXPUNGE\r\n" in selected.command(b"NOOP")


def test_nobody_sees_another_users_mail(inbox, server):
    server.deliver(PLAIN, BOB)

    assert inbox.search() == []
    with pytest.raises(IMAPClientError):
        inbox.select_folder("bob@demo.test")


@pytest.mark.parametrize(
    ("raw", "begins"),
    [
        (PLAIN, "line one line two"),
        (NESTED, "first"),
        ("Content-Type: text/html; charset=utf-8\r\n\r\n<p>你好</p><p>世界</p>".encode(), "你好 世界"),
        (b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n5L2g5aW9\r\n", "你好"),
        (b"Content-Type: image/png\r\n\r\nPNG", ""),
        (b"Subject: long\r\n\r\n" + b"word " * 20_000, ("word " * 40)),
    ],
)
def test_previews_are_the_first_words(inbox, server, raw: bytes, begins: str):
    found = fetch(inbox, server, raw, "PREVIEW (LAZY)")[b"PREVIEW"]

    assert found.decode() == begins
