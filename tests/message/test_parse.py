"""Whole messages: structure, bodies, attachments, defects."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import os
from pathlib import Path

import pytest

from flask_mailbox.message import parse_message, safe_filename

from .corpora import corpus_files


def mixed(*parts: str, kind: str = "mixed") -> bytes:
    body = "".join(f"--b\n{part}\n" for part in parts)
    return f'From: a@x.example\nContent-Type: multipart/{kind}; boundary="b"\n\n{body}--b--\n'.encode()


def named(parameter: str) -> bytes:
    return mixed(f"Content-Type: application/pdf\nContent-Disposition: attachment; {parameter}\n\nx")


PLAIN = "Content-Type: text/plain\n\nhello"
HTML = "Content-Type: text/html\n\n<p>hello</p>"


def test_a_simple_message_is_read():
    message = parse_message(b"From: Ann <a@x.example>\r\nTo: b@x.example\r\nSubject: Hi\r\n\r\nline\r\nline\r\n")

    assert (message.subject, message.text, message.html, message.attachments) == ("Hi", "line\nline\n", None, ())
    assert str(message.from_[0]) == "Ann <a@x.example>"
    assert message.defects == ()


def test_a_message_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        parse_message(b"Subject: x\n\n").raw = b""


def test_its_repr_holds_no_content():
    assert repr(parse_message(b"Subject: secret\nMessage-ID: <1@x>\n\nsecret")) == "<ReceivedMessage <1@x> 41 bytes>"


@pytest.mark.parametrize("raw", [b"", b"\n", b"\r\n", b"\0", b":", b"x", b"\n\n\n", b"From ", b"\xff" * 100, b"\r"])
def test_anything_is_a_message(raw: bytes):
    message = parse_message(raw)

    assert message.raw == raw
    assert message.subject == ""
    assert message.safe_html() is not None


def test_alternatives_give_text_and_html():
    message = parse_message(mixed(PLAIN, HTML, kind="alternative"))

    assert (message.text, message.html, message.attachments) == ("hello", "<p>hello</p>", ())


def test_parts_have_the_numbers_of_imap():
    inner = 'Content-Type: multipart/alternative; boundary="c"\n\n--c\n' + PLAIN + "\n--c\n" + HTML + "\n--c--"
    message = parse_message(mixed(inner, "Content-Type: image/png\n\nx"))

    assert [leaf.section for leaf in message.structure.leaves()] == ["1.1", "1.2", "2"]
    assert [attachment.section for attachment in message.attachments] == ["2"]
    assert parse_message(b"Content-Type: image/png\n\nx").attachments[0].section == "1"


def test_inline_texts_are_joined_and_html_never_is():
    message = parse_message(mixed(PLAIN, PLAIN, HTML, HTML))

    assert message.text == "hello\nhello"
    assert message.html == "<p>hello</p>"
    assert [attachment.content_type for attachment in message.attachments] == ["text/html"]


def test_an_inner_multipart_that_is_not_closed_ends_at_the_outer_boundary():
    inner = 'Content-Type: multipart/mixed; boundary="c"\n\n--c\n' + PLAIN
    message = parse_message(mixed(inner, "Content-Type: image/png\n\nx"))

    assert message.text == "hello"
    assert len(message.attachments) == 1
    assert "unclosed-multipart" in message.defects


def test_a_boundary_that_begins_another_is_told_apart():
    inner = 'Content-Type: multipart/mixed; boundary="bb"\n\n--bb\n' + PLAIN + "\n--bb--"

    assert parse_message(mixed(inner, HTML)).html == "<p>hello</p>"


def test_parts_behind_the_closing_boundary_are_shown_with_a_defect():
    message = parse_message(mixed(PLAIN) + b"--b\nContent-Type: image/png\n\nx\n--b--\n")

    assert len(message.attachments) == 1
    assert "text-after-end" in message.defects


@pytest.mark.parametrize("kind", ["multipart/mixed", "multipart/mixed; boundary=", "multipart/mixed; boundary=never"])
def test_a_multipart_without_parts_is_text(kind: str):
    message = parse_message(f"Content-Type: {kind}\n\nhello".encode())

    assert message.text == "hello"
    assert "missing-boundary" in message.defects


def test_an_embedded_message_is_one_attachment():
    message = parse_message(mixed(PLAIN, "Content-Type: message/rfc822\n\nSubject: inner\n\nbody"))
    attachment = message.attachments[0]

    assert (attachment.content_type, attachment.content) == ("message/rfc822", b"Subject: inner\n\nbody")
    assert parse_message(attachment.content).subject == "inner"


def test_tnef_is_listed_and_left_alone():
    message = parse_message(mixed(PLAIN, "Content-Type: application/ms-tnef; name=winmail.dat\n\nx"))

    assert message.attachments[0].filename == "winmail.dat"


def test_flowed_lines_are_joined():
    raw = b"Content-Type: text/plain; format=flowed\n\none \ntwo\n> quoted \n> on\n-- \nAnn"

    assert parse_message(raw).text == "one two\n> quoted on\n-- \nAnn"


def test_uuencoded_files_in_a_text_are_attachments():
    message = parse_message(b"Subject: x\n\nsee\nbegin 644 a.bin\n#86)C\n`\nend\nbye\n")

    assert message.attachments[0].filename == "a.bin"
    assert message.attachments[0].content == b"abc"
    assert "begin" not in message.text


@pytest.mark.parametrize(
    ("encoding", "body", "content", "defects"),
    [
        ("base64", "aGVsbG8=", b"hello", ()),
        ("base64", "aGVs\r\nbG8=\r\n", b"hello", ()),
        ("BASE64", "aGVsbG8", b"hello", ("invalid-base64",)),
        ("base64", "aGVs*bG8=", b"hello", ("invalid-base64",)),
        ("base64", "aGU=bGxv", b"hello", ("invalid-base64",)),
        ("base64", "aGVsbG8=\n\nA", b"hello", ("invalid-base64",)),
        ("quoted-printable", "h=65llo=  \nx", b"hellox", ()),
        ("quoted-printable", "50=ZZ", b"50=ZZ", ("invalid-quoted-printable",)),
        ("x-uuencode", "begin 644 a\n#86)C\n`\nend", b"abc", ()),
        ("8bit", "hello", b"hello", ()),
        ("7-bit", "hello", b"hello", ()),
        ("rot13", "hello", b"hello", ("unknown-encoding",)),
    ],
)
def test_transfer_encodings_are_undone(encoding: str, body: str, content: bytes, defects: tuple[str, ...]):
    part = f"Content-Type: image/png\nContent-Transfer-Encoding: {encoding}\n\n{body}"
    attachment = parse_message(mixed(part)).attachments[0]

    assert attachment.content == content
    assert attachment.defects == defects
    assert attachment.size == len(content)


@pytest.mark.parametrize(
    ("parameter", "filename"),
    [
        ("filename=a.pdf", "a.pdf"),
        ('filename="a b.pdf"', "a b.pdf"),
        ('filename="=?utf-8?q?caf=C3=A9.pdf?="', "café.pdf"),
        ("filename==?utf-8?q?caf=C3=A9.pdf?=", "café.pdf"),
        ("filename*=utf-8''caf%C3%A9.pdf", "café.pdf"),
        ("filename*=gb2312''%C4%E3.pdf; filename=x.pdf", "你.pdf"),
        ("filename*1*=%A9.pdf; filename*0*=utf-8'en'caf%C3", "café.pdf"),
        ('filename*0="long "; filename*1="name.pdf"', "long name.pdf"),
        (r'filename="C:\dir\a.pdf"', r"C:\dir\a.pdf"),
        (r'filename="C:\\dir\\a.pdf"', r"C:\dir\a.pdf"),
        (r'filename="\\server\dir\a.pdf"', r"\\server\dir\a.pdf"),
        (r'filename="\\\\server\\dir\\a.pdf"', r"\\server\dir\a.pdf"),
        (r'filename="\\"', "\\"),
        ('filename="a\\"b.pdf"', 'a"b.pdf'),
        ("FILENAME=a.pdf", "a.pdf"),
    ],
)
def test_file_names_are_decoded(parameter: str, filename: str):
    assert parse_message(named(parameter)).attachments[0].filename == filename


def test_a_raw_gbk_file_name_is_decoded():
    raw = named('filename="NAME.pdf"').replace(b"NAME", "报告".encode("gbk"))

    assert parse_message(raw).attachments[0].filename == "报告.pdf"


def test_a_name_in_the_content_type_counts_too():
    raw = mixed("Content-Type: image/png; name=a.png\nContent-ID: <logo@x>\n\nx")
    attachment = parse_message(raw).attachments[0]

    assert (attachment.filename, attachment.content_id, attachment.inline) == ("a.png", "logo@x", True)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a.pdf", "a.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\a.exe", "a.exe"),
        ("/etc/passwd", "passwd"),
        (".bashrc", "bashrc"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("a\0b\r\nc.txt", "a b c.txt"),
        ("exe.\u202etxt", "exe.txt"),
        ("a:b*c?.txt", "a b c .txt"),
        ("trailing. . ", "trailing"),
        ("..", "attachment-1.2.pdf"),
        ("", "attachment-1.2.pdf"),
        (None, "attachment-1.2.pdf"),
        ("报告.pdf", "报告.pdf"),
    ],
)
def test_a_safe_file_name_is_safe_everywhere(name: str | None, safe: str):
    assert safe_filename(name, "application/pdf", "1.2") == safe


def test_a_long_file_name_keeps_its_extension():
    safe = safe_filename("报" * 300 + ".pdf")

    assert safe.endswith(".pdf")
    assert len(safe.encode()) <= 200


def test_saving_never_leaves_the_folder(tmp_path: Path):
    for path in corpus_files():
        for attachment in parse_message(path.read_bytes()).attachments:
            target = tmp_path / attachment.safe_filename

            assert Path(os.path.normpath(target)).parent == tmp_path
            assert target.name == attachment.safe_filename


def test_a_header_line_that_is_no_field_is_skipped_with_a_defect():
    message = parse_message(b"Subject: x\nno field\nFrom: a@x.example\n\nbody")

    assert (message.subject, message.text) == ("x", "body")
    assert "invalid-header-line" in message.defects


def test_text_without_any_header_is_all_body():
    message = parse_message(b"just text\n\nmore")

    assert message.text == "just text\n\nmore"
    assert "no-headers" in message.defects


def test_lines_that_end_in_carriage_returns_alone_are_read():
    message = parse_message(b"Subject: x\rFrom: a@x.example\r\rbody\r")

    assert (message.subject, message.text) == ("x", "body\n")
    assert message.defects == ("bare-cr",)


def test_an_mbox_line_is_skipped():
    assert parse_message(b"From ann Mon Oct  5 10:00:00 2026\nSubject: x\n\n").subject == "x"


def test_a_beginning_is_named_truncated():
    message = parse_message(b"Subject: x\r\nFrom: a@x.example\r\n", truncated=True)

    assert message.subject == "x"
    assert message.defects == ("truncated",)


@pytest.mark.parametrize(
    ("header", "defect"),
    [
        ("Content-Type: text/plain\nContent-Type: text/html", "ambiguous-content-type"),
        ("Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64", "ambiguous-encoding"),
        ("Content-Type: a/b/c", "invalid-content-type"),
        ("Content-Type: ?", "invalid-content-type"),
        ("Content-Type: text/plain; name*0=a; name*2=b", "invalid-parameter"),
    ],
)
def test_an_ambiguous_structure_is_named(header: str, defect: str):
    assert defect in parse_message(f"{header}\n\nbody".encode()).defects


def test_the_first_of_two_encodings_counts():
    raw = b"Content-Type: image/png\nContent-Transfer-Encoding: base64\nContent-Transfer-Encoding: 8bit\n\naGVsbG8="

    assert parse_message(raw).attachments[0].content == b"hello"


def test_bodies_are_decoded_only_when_asked_for():
    attachment = parse_message(mixed("Content-Type: image/png\nContent-Transfer-Encoding: base64\n\naGk=")).attachments[
        0
    ]

    assert "content" not in vars(attachment)
    assert attachment.content is attachment.content


def test_base64_without_pybase64_gives_the_same(monkeypatch: pytest.MonkeyPatch):
    content = os.urandom(10_000)
    raw = mixed("Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(content).decode())
    monkeypatch.setattr("flask_mailbox.message.transfer._b64decode", binascii.a2b_base64)

    assert parse_message(raw).attachments[0].content == content


LARGE = base64.encodebytes(bytes(range(256)) * 8192)
"""More than is decoded at once."""

EDGE = b"Q" * (1024 * 1024 - 2) + b"=="
"""As much as is decoded at once, with padding at its end."""


@pytest.mark.parametrize(
    ("encoded", "size", "defects"),
    [
        (LARGE, 2097152, set()),
        (LARGE.replace(b"\n", b"\r\n") + b"\r\n" * 600_000, 2097152, set()),
        (LARGE.rstrip(b"=\n"), 2097152, {"invalid-base64"}),
        (LARGE[:-500] + b"*" + LARGE[-500:], 2097152, {"invalid-base64"}),
        (EDGE + LARGE, 786430 + 2097152, {"invalid-base64"}),
        (EDGE + b"\n" * (1024 * 1024) + LARGE, 786430 + 2097152, {"invalid-base64"}),
    ],
    ids=["whole", "line ends", "cut", "foreign", "padded", "padded and empty"],
)
def test_a_large_attachment_is_decoded_like_a_small_one(encoded: bytes, size: int, defects: set[str]) -> None:
    raw = b"Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n" + encoded
    (file,) = parse_message(raw).attachments

    assert len(file.content) == size
    assert file.content.endswith(bytes(range(256)))
    assert set(file.defects) == defects
