"""Whatever we build is read back equal, by us and by others."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import fast_mail_parser
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_mailbox import MailboxError, Message, parse_message
from flask_mailbox.message import build, envelope_of

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029"), max_size=200)
NAMES = TEXT.map(lambda text: " ".join(text.split()))
BODIES = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
)
LOCALS = st.from_regex(r"[a-z0-9]([a-z0-9.]?[a-z0-9])*", fullmatch=True).filter(lambda text: len(text) < 60)


@settings(max_examples=150, deadline=None)
@given(subject=NAMES, name=NAMES, local=LOCALS, body=BODIES, html=st.none() | BODIES, filename=NAMES, data=st.binary())
def test_a_message_is_read_back_equal(
    subject: str, name: str, local: str, body: str, html: str | None, filename: str, data: bytes
) -> None:
    message = Message(
        subject, recipients=[(name, f"{local}@example.com")], sender="ann@example.com", body=body, html=html
    )
    message.attach(filename or None, "application/octet-stream", data)
    built = build(message)
    ours = parse_message(built)
    theirs = email.message_from_bytes(built, policy=email.policy.default)

    others = fast_mail_parser.parse_email(built)

    assert isinstance(theirs, EmailMessage)
    assert others.subject == subject
    assert "".join(others.text_plain).replace("\r\n", "\n") == body
    assert "".join(others.text_html).replace("\r\n", "\n") == (html or "")
    assert [attachment.content for attachment in others.attachments] == [data]
    assert ours.subject == subject
    assert (ours.to[0].name, ours.to[0].address) == (name, f"{local}@example.com")
    assert (ours.text or "") == body
    assert (ours.html or "") == (html or "")
    assert ours.attachments[0].content == data
    assert (ours.attachments[0].filename or "") == filename
    (attached,) = theirs.iter_attachments()
    assert attached.get_content() == data
    assert theirs["to"].addresses[0].addr_spec == f"{local}@example.com"


AWKWARD = "\r\n\0\x0b\x85\u2028 \t:;,<>\"'@=?(){}.aé王\ud800"
ANYTHING = st.text(max_size=60) | st.text(st.sampled_from(AWKWARD), max_size=12)
PLAIN = (
    "x",
    "Bob",
    "bob@x.org",
    "text",
    "<p>x</p>",
    "ann@x.org",
    "Carol",
    "<1@x.org>",
    "<2@x.org>",
    "z",
    "a.txt",
    "x/y",
)
HEADERS = {
    "from", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references", "mime-version", "content-type",
    "content-transfer-encoding", "x-own",
}  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(ANYTHING, min_size=12, max_size=12), used=st.sets(st.integers(0, 11), max_size=4))
def test_whatever_a_draft_holds_is_refused_by_us_or_sent_right(texts: list[str], used: set[int]) -> None:
    subject, name, address, body, html, sender, other, own_id, reference, value, filename, kind = (
        texts[number] if number in used else PLAIN[number] for number in range(12)
    )
    message = Message(
        subject, recipients=[(name, address)], cc=[f"{other} <c@x.org>"], sender=sender, body=body, html=html,
        message_id=own_id, in_reply_to=reference, references=[reference], extra_headers={"X-Own": value},
    )  # fmt: skip
    try:
        message.attach(filename, kind, b"data")
        envelope = envelope_of(message)
        built = message.build()
    except MailboxError:
        return

    lines = built.split(b"\r\n")
    assert built.isascii()
    assert not any(bad in line for line in lines for bad in (b"\r", b"\n", b"\0"))
    assert max(map(len, lines)) <= 998
    for parser in (email.policy.default, email.policy.compat32):
        parsed = email.message_from_bytes(built, policy=parser)
        assert {key.lower() for key in parsed.keys()} <= HEADERS  # noqa: SIM118 - "in" asks for another thing
        assert len(parsed.keys()) == len(set(parsed.keys()))
    assert {field.lower() for field, _ in parse_message(built).headers.items()} <= HEADERS
    assert [person.address for person in parse_message(built).to] == [envelope.recipients[0]]
