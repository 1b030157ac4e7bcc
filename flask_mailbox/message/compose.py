"""The outgoing message: Flask-Mail's ``Message`` that needs no app to be made and builds right."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import IO, Any

import flask_mail
from flask import current_app

from .build import build, message_id_of
from .dumping import dump_message, load_message
from .enclosure import read_enclosure
from .envelope import Envelope, envelope_of
from .invitation import Invitation
from .template import render_message

Person = str | tuple[str, str]


class Message(flask_mail.Message):
    """A message to be sent; every ``flask_mail.Message`` argument works, and no app context is needed.

    :param subject: The subject.
    :param recipients: Addresses, ``Name <address>`` texts or pairs of name and address.
    :param body: The plain text; made from the HTML if that is given alone.
    :param html: The HTML.
    :param sender: Who it is from; the account's own sender if left out.
    :param cc: Recipients of copies.
    :param bcc: Recipients whom the others do not see.
    :param attachments: ``flask_mail.Attachment`` values; ``attach`` adds more.
    :param reply_to: Where answers shall go.
    :param date: Seconds since 1970; the time of sending if left out.
    :param extra_headers: Further headers; those that an argument sets are refused.
    :param message_id: The Message-ID with angle brackets; made in the sender's domain if left out.
    :param in_reply_to: The Message-ID of the message that this one answers.
    :param references: The Message-IDs of the thread, oldest first.
    :param list_unsubscribe: ``https://`` and ``mailto:`` addresses by which readers leave a list; with one of
        https, programs offer to leave in one click.
    :param priority: ``high``, ``normal`` or ``low``.
    """

    def __init__(
        self,
        subject: str = "",
        recipients: list[Person] | None = None,
        body: str | None = None,
        html: str | None = None,
        alts: dict[str, str] | Iterable[tuple[str, str]] | None = None,
        sender: Person | None = None,
        cc: list[Person] | None = None,
        bcc: list[Person] | None = None,
        attachments: list[flask_mail.Attachment] | None = None,
        reply_to: Person | None = None,
        date: float | None = None,
        charset: str | None = None,
        extra_headers: dict[str, str] | None = None,
        mail_options: list[str] | None = None,
        rcpt_options: list[str] | None = None,
        *,
        message_id: str | None = None,
        in_reply_to: str | None = None,
        references: Sequence[str] = (),
        list_unsubscribe: Sequence[str] = (),
        priority: str | None = None,
    ) -> None:
        # Flask-Mail's constructor asks the current app for a sender and the resolver for this machine's name.
        self.given_message_id = message_id
        self.recipients = _listed(recipients)
        self.subject = subject
        self.sender = sender or ""
        self.reply_to = reply_to
        self.cc = _listed(cc)
        self.bcc = _listed(bcc)
        self.body = body
        self.alts = dict(alts or {})
        self.html = html if html is not None else self.alts.get("html")
        self.date = date
        self.charset = charset
        self.extra_headers = extra_headers
        self.mail_options = mail_options or []
        self.rcpt_options = rcpt_options or []
        self.attachments = attachments or []
        self.in_reply_to = in_reply_to
        self.references = tuple(references.split() if isinstance(references, str) else references)
        self.list_unsubscribe = (list_unsubscribe,) if isinstance(list_unsubscribe, str) else tuple(list_unsubscribe)
        self.priority = priority
        self.invitation: Invitation | None = None
        self.recipients_left_out = 0
        """How many people an answer leaves out, since it would have gone to more than it may."""

    @classmethod
    def from_template(cls, name: str, /, *, context: Mapping[str, Any] | None = None, **arguments: Any) -> Message:
        """Return a message rendered from the app's templates ``name.txt`` and ``name.html``; one may be missing.

        A block ``subject`` in either gives the subject and is left out of the body, where ``self.subject()`` may
        repeat it; that of the text wins. CSS in the HTML's ``style`` elements is moved into ``style``
        attributes if the extra ``html`` is installed, since many mail programs read nothing else.

        :param context: What the templates see, besides what the app gives to all of them.
        :param arguments: The arguments of ``Message``; a subject given here wins.
        :raises MessageError: If there is neither template.
        """
        rendered = render_message(name, context or {})
        given = {"subject": rendered.subject, "body": rendered.text, "html": rendered.html} | arguments
        return cls(**given)

    def __repr__(self) -> str:
        return f"<Message {self.subject!r} to {self.recipients!r}>"

    @property
    def msgId(self) -> str:  # noqa: N802 - Flask-Mail's name
        """Flask-Mail's name for ``message_id``."""
        return self.message_id

    @msgId.setter
    def msgId(self, value: str) -> None:  # noqa: N802
        self.given_message_id = value

    @property
    def message_id(self) -> str:
        """The Message-ID; made at first need and kept.

        :raises MessageError: If it has to be made and the message has no sender yet.
        """
        return message_id_of(self)

    @message_id.setter
    def message_id(self, value: str) -> None:
        self.given_message_id = value

    def envelope(self, *, sender: str = "") -> Envelope:
        """Return the addresses that SMTP needs; see ``envelope_of``."""
        return envelope_of(self, sender=sender)

    def build(self, *, sender: str = "", smtputf8: bool = False) -> bytes:
        """Return the message as bytes; see ``build``."""
        return build(self, sender=sender, smtputf8=smtputf8)

    def as_bytes(self) -> bytes:
        """Return the message as bytes, as Flask-Mail's method does: with the current app's sender and manner."""
        bridge: Any = current_app.extensions.get("mail") if current_app else None
        if bridge is None:
            return build(self, smtputf8=True)
        return build(
            self, sender=str(bridge.default_sender or ""), smtputf8=True, ascii_names=bool(bridge.ascii_attachments)
        )

    def as_string(self) -> str:
        """Return the message as text, as Flask-Mail's method does."""
        return self.as_bytes().decode()

    def attach(
        self,
        filename: str | None = None,
        content_type: str | None = None,
        data: str | bytes | IO[bytes] | IO[str] | None = None,
        disposition: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Attach a file.

        :param filename: The name that readers see.
        :param content_type: Its type; guessed from the name if left out.
        :param data: Bytes, a text, or a file open for reading: it is read to its end now.
        :param disposition: ``attachment``, or ``inline`` for what is shown in place.
        :param headers: Further headers of this part, such as ``Content-ID``.
        :raises MessageError: If the data are none of these.
        """
        super().attach(filename, content_type, read_enclosure(data), disposition, headers)

    def attach_file(self, path: str | PathLike[str], content_type: str | None = None) -> None:
        """Attach a file under its own name.

        :param content_type: Its type; guessed from the name if left out.
        :raises OSError: If it cannot be read.
        """
        file = Path(path)
        self.attach(file.name, content_type, file.read_bytes())

    def invite(self, calendar: str, *, method: str = "REQUEST") -> None:
        """Make the message an invitation: calendars show it with buttons to accept (RFC 6047).

        :param calendar: An iCalendar object (RFC 5545).
        :param method: Its method, such as ``REQUEST``, ``CANCEL`` or ``REPLY``.
        :raises MessageError: If the text is no iCalendar object or the method no word.
        """
        self.invitation = Invitation(calendar, method.upper())
        self.attach("invite.ics", "application/ics", calendar.encode())

    def to_dict(self) -> dict[str, Any]:
        """Return all that the message is as JSON values, for a queue; ``from_dict`` makes it anew."""
        return dump_message(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Message:
        """Return the message that ``to_dict`` gave.

        :raises MessageError: If the values are not those of a message.
        """
        loaded = load_message(values)
        files, invitation = loaded.pop("attachments"), loaded.pop("invitation")
        message = cls(**loaded)
        message.attachments = files
        message.invitation = invitation
        return message

    def embed(self, data: bytes, content_type: str, filename: str | None = None) -> str:
        """Put an image into the HTML's own parts and return the URL for its ``src``.

        :param data: The image.
        :param content_type: Its type, such as ``image/png``.
        :return: ``cid:…``, to be used as ``<img src="cid:…">``.
        """
        content_id = f"{secrets.token_hex(8)}@inline"
        self.attach(filename, content_type, data, "inline", {"Content-ID": f"<{content_id}>"})
        return f"cid:{content_id}"


def _listed(people: Any) -> Any:
    """Return the list itself, so that it may grow; a text stays one, for the error that tells of it."""
    return people if isinstance(people, str | list) else list(people or ())
