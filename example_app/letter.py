"""A letter while it is written: the fields of the form, to and from messages and drafts."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from email.utils import getaddresses

from flask_mail import Attachment

from flask_mailbox import AddressError, Message, ReceivedMessage
from flask_mailbox.message import clean_html, html_to_text, parse_mailbox

Person = str | tuple[str, str]

FORWARD = "forward"
"""How the form calls the message that is forwarded, among what a letter carries."""

_KEPT = "X-Draft-Fields"
"""Our drafts' header for what a message cannot say: addresses that are half typed, and blind copies."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A file that need not be uploaded again, since a message of the mailbox holds it.

    :param name: How the form calls it: ``forward``, or a name that a file of the draft keeps.
    :param is_ticked: Whether it goes along; ``is_gone`` if it is not there any more.
    """

    name: str
    filename: str
    size: int
    is_ticked: bool = True
    is_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What stands in the form.

    :param html: The rich text, cleaned; empty for plain text.
    :param forward: The place of the message that is forwarded; ``answer`` of the one that is answered.
    :param draft: The place of the saved draft; empty if there is none.
    :param left_out: Names of what it could carry and does not, separated by spaces.
    """

    to: str = ""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    body: str = ""
    html: str = ""
    in_reply_to: str = ""
    references: str = ""
    answer: str = ""
    forward: str = ""
    draft: str = ""
    left_out: str = ""

    @classmethod
    def of_form(cls, form: Mapping[str, str]) -> Letter:
        """Return what was typed; rich text is cleaned, since anybody can post a form."""
        values = {field.name: form.get(field.name, "").replace("\r\n", "\n") for field in fields(cls)}
        values["html"] = clean_html(values["html"]).strip() if values["html"].strip() else ""
        values["body"] = html_to_text(values["html"]) if values["html"] else values["body"]
        return cls(**values)

    @classmethod
    def of_answer(cls, answer: Message, *, place: str, forwards: bool = False) -> Letter:
        """Return the letter that answers or forwards a message.

        :param place: Where that one lies.
        """
        return cls(
            to=_shown(answer.recipients),
            cc=_shown(answer.cc),
            subject=answer.subject or "",
            body=answer.body or "",
            in_reply_to=answer.in_reply_to or "",
            references=" ".join(answer.references),
            answer="" if forwards else place,
            forward=place if forwards else "",
        )

    @classmethod
    def of_draft(cls, received: ReceivedMessage, place: str) -> Letter:
        """Return the letter that a message in the drafts folder holds, whichever program put it there."""
        kept = _read_kept(received.headers.get(_KEPT))
        html = received.safe_html() if received.html else ""
        plain = {
            "to": ", ".join(map(str, received.to)),
            "cc": ", ".join(map(str, received.cc)),
            "bcc": ", ".join(map(str, received.bcc)),
            "in_reply_to": received.in_reply_to or "",
            "references": " ".join(received.references),
        }
        body = received.text if received.text is not None else html_to_text(received.html or "")
        return cls(**(plain | kept), subject=received.subject, body=body, html=html, draft=place)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written yet."""
        return not any((self.to, self.cc, self.bcc, self.subject, self.body.strip(), self.forward))

    @property
    def elsewhere(self) -> Letter:
        """The same text in another mailbox, where nothing that it refers to is."""
        return replace(self, draft="", answer="", forward="", left_out="")

    def carrying(self, names: Collection[str]) -> Letter:
        """Return the letter that leaves out what it forwards, unless that is among what was ticked."""
        return replace(self, left_out=FORWARD if self.forward and FORWARD not in names else "")

    def message(self, files: Iterable[Attachment] = ()) -> Message:
        """Return the message to be sent; whether it can be is found when it is."""
        outgoing = self._message(_people(self.to), _people(self.cc), _people(self.bcc))
        outgoing.attachments += files
        return outgoing

    def draft_message(self, files: Iterable[Attachment] = ()) -> Message:
        """Return the message for the drafts folder, with what is half typed in a header of its own."""
        kept = {name: value for name, value in asdict(self).items() if name in _KEPT_NAMES and value}
        outgoing = self._message(_valid(_people(self.to)), _valid(_people(self.cc)), [])
        outgoing.extra_headers = {_KEPT: base64.b64encode(json.dumps(kept).encode()).decode()} if kept else None
        outgoing.attachments += files
        return outgoing

    def _message(self, to: list[Person], cc: list[Person], bcc: list[Person]) -> Message:
        return Message(
            self.subject,
            recipients=to,
            cc=cc,
            bcc=bcc,
            body=self.body,
            html=self.html or None,
            in_reply_to=self.in_reply_to or None,
            references=tuple(self.references.split()),
        )


_KEPT_NAMES = ("to", "cc", "bcc", "answer", "forward", "left_out")


def _read_kept(text: str | None) -> dict[str, str]:
    try:
        values = json.loads(base64.b64decode(text or ""))
        return {name: str(values[name])[:10_000] for name in _KEPT_NAMES if name in values}
    except (ValueError, TypeError):
        return {}


def _people(text: str) -> list[Person]:
    """Return the people of a form's field, separated by commas, semicolons or line ends."""
    found = getaddresses([re.sub(r"[;\r\n]+", ",", text)])
    return [(name, address) if name else address for name, address in found if name or address]


def _valid(people: list[Person]) -> list[Person]:
    return [person for person in people if _is_mailbox(person)]


def _is_mailbox(person: Person) -> bool:
    try:
        parse_mailbox(person if isinstance(person, str) else person[1])
    except AddressError:
        return False
    return True


def _shown(people: Iterable[Person]) -> str:
    return ", ".join(person if isinstance(person, str) else named(*person) for person in people)


def named(name: str, address: str) -> str:
    """Return a person as people write one; a name with commas and the like is quoted."""
    if not name:
        return address
    if re.search(r'[,;:<>@"()\\]', name):
        name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{name} <{address}>"
