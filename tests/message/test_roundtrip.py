"""Whatever we build is read back equal, by us and by others."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import fast_mail_parser
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_mailbox import Message, parse_message
from flask_mailbox.message import build

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
