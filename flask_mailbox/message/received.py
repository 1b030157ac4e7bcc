"""A received message: frozen, every field taken from the bytes when first asked for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from .addresses import Address
from .addresslist import parse_address_list
from .attachment import Attachment, make_attachment
from .automatic import is_auto_reply, is_bulk
from .bodies import read_html, read_text, uuencoded_files
from .bounce import find_bounces
from .charset import Detector
from .compose import Message
from .content import Content, sort_parts
from .dates import parse_date
from .defects import Defect, Notes, ordered
from .header import Headers, decode_header_value
from .html import ImageSource, clean_html
from .images import InlineImages
from .lazy import lazy
from .limits import DEFAULT_LIMITS, Limits
from .parts import Cutter, Part
from .plain import html_to_text, text_to_html
from .quoted import strip_quoted
from .reply import forward as make_forward
from .reply import reply as make_reply
from .reply import reply_all as make_reply_all
from .reports import Bounce, Complaint, ReadReceipt, read_complaint, read_receipt
from .senders import check_sender

_MESSAGE_ID = re.compile(r"<([^<>]++)>")
_CONTENT_IDS = re.compile(r"""cid:([^"'\s<>)]{1,500})""", re.IGNORECASE)
_FIELDS = ("subject", "from_", "sender", "reply_to", "to", "cc", "bcc", "date", "text", "html", "attachments")
_ONCE = frozenset(  # RFC 5322, 3.6
    b"from sender reply-to to cc bcc date subject message-id in-reply-to references".split()
)


@dataclass(frozen=True, eq=False)
class ReceivedMessage:
    """What a message says, field by field; made by :func:`parse_message`, never by hand.

    Nothing here raises. A field that cannot be read is ``None`` or empty, and ``defects`` says why; ``raw`` is always
    there. All strings are valid UTF-8 without NUL, and values from headers are one line.
    """

    raw: bytes = field(repr=False)
    headers: Headers = field(repr=False)
    body_start: int = field(repr=False)
    source: bytes = field(repr=False)
    limits: Limits = field(default=DEFAULT_LIMITS, repr=False)
    detect: Detector | None = field(default=None, repr=False)
    _notes: Notes = field(default_factory=set, repr=False)

    def __repr__(self) -> str:
        return f"<ReceivedMessage {self.message_id or ''} {len(self.raw)} bytes>"

    @lazy
    def subject(self) -> str:
        """The subject, decoded, one line; empty if there is none."""
        return self._text("subject")

    @lazy
    def from_(self) -> tuple[Address, ...]:
        """The authors: the first From field, its addresses read before anything is decoded."""
        return self._addresses("from")

    @lazy
    def sender(self) -> tuple[Address, ...]:
        """The one who sent it in the authors' place, as the Sender field says; mostly nobody."""
        return self._addresses("sender")

    @lazy
    def reply_to(self) -> tuple[Address, ...]:
        """Where answers should go; empty if they go to the authors."""
        return self._addresses("reply-to", join=True)

    @lazy
    def to(self) -> tuple[Address, ...]:
        """The recipients of every To field; so with ``cc``, ``bcc`` and ``reply_to``, though one field is allowed."""
        return self._addresses("to", join=True)

    @lazy
    def cc(self) -> tuple[Address, ...]:
        """Those who got a copy."""
        return self._addresses("cc", join=True)

    @lazy
    def bcc(self) -> tuple[Address, ...]:
        """Those who got a copy unseen: of mail that came, hardly ever known."""
        return self._addresses("bcc", join=True)

    @lazy
    def date(self) -> datetime | None:
        """When it was written, as the sender says: aware, in the sender's zone."""
        text = self._text("date")
        return parse_date(text, self._notes) if text else None

    @lazy
    def message_id(self) -> str | None:
        """The Message-ID in its angle brackets."""
        return next(iter(self._ids("message-id")), None)

    @lazy
    def in_reply_to(self) -> str | None:
        """The first id of In-Reply-To, in its angle brackets."""
        return next(iter(self._ids("in-reply-to")), None)

    @lazy
    def references(self) -> tuple[str, ...]:
        """The ids of References, oldest first, each in its angle brackets."""
        return self._ids("references")

    @lazy
    def structure(self) -> Part:
        """The parts as the message nests them."""
        return Cutter(self.source, self.limits, self._notes, self.detect).cut(self.headers, self.body_start)

    @lazy
    def text(self) -> str | None:
        """The plain text, lines ending in LF, flowed lines joined (RFC 3676); ``None`` if there is none."""
        return read_text(self._content.text, self.limits, self._notes, self.detect)

    @lazy
    def html(self) -> str | None:
        """The HTML as it came: hostile. Show ``safe_html()`` instead."""
        return read_html(self._content.html, self.limits, self._notes, self.detect)

    @lazy
    def attachments(self) -> tuple[Attachment, ...]:
        """Every part that is neither text nor HTML, embedded messages and inline images included."""
        shown = frozenset(_CONTENT_IDS.findall(self._html_with_images))
        found = [make_attachment(part, shown) for part in self._content.attachments]
        found += uuencoded_files(self._content.text, self._notes)
        if len(found) > self.limits.attachments:
            self._notes.add(Defect.TOO_MANY_ATTACHMENTS)
        return tuple(found[: self.limits.attachments])

    @lazy
    def bounces(self) -> tuple[Bounce, ...]:
        """What a delivery report says of each recipient (RFC 3464, or in a server's own words); empty if it is none."""
        if self.complaint or self.read_receipt:
            return ()
        text = self._readable[: self.limits.body_text]
        return find_bounces(self.headers, self.from_, self.subject, text, self.structure.leaves(), self.limits)

    @property
    def is_bounce(self) -> bool:
        """Whether it reports that a message did not arrive, or not yet. Anybody can send such a claim."""
        return any(bounce.action in ("failed", "delayed") for bounce in self.bounces)

    @lazy
    def complaint(self) -> Complaint | None:
        """The abuse report that it carries (RFC 5965)."""
        return read_complaint(self.structure.leaves(), self.limits)

    @lazy
    def read_receipt(self) -> ReadReceipt | None:
        """The disposition notification that it carries (RFC 8098)."""
        return read_receipt(self.structure.leaves(), self.limits)

    @property
    def is_auto_reply(self) -> bool:
        """Whether a program answered in somebody's place, such as a vacation note (RFC 3834); bounces are none."""
        return is_auto_reply(self.headers, self.subject) and not self.is_bounce

    @property
    def is_bulk(self) -> bool:
        """Whether it went to many: a mailing list, a newsletter."""
        return is_bulk(self.headers)

    @lazy
    def reply_text(self) -> str:
        """What its writer wrote, without the history quoted below and without the signature."""
        return strip_quoted(self._readable)

    def safe_html(self, load_remote: bool = False, *, image_url: ImageSource | None = None) -> str:
        """Return the message as an HTML fragment to be shown in a frame; never raises.

        The frame is that of :func:`~flask_mailbox.message.frame_policy`. Nothing in it runs or covers
        anything, and nothing is loaded from elsewhere unless asked for. Inline images become ``data:`` URIs within
        ``limits.shown_images``. A message without HTML gives its text, with links.

        :param load_remote: Keep remote images. Their loading tells the sender that, when and where it was read.
        :param image_url: Gives the address for a Content-ID instead, where images are served by the host.
        """
        if self.html is None:
            return text_to_html(self.text or "")
        images = image_url or InlineImages(self.attachments, self.limits.shown_images)
        return clean_html(self.html, images=images, load_remote=load_remote)

    def reply(self, *, own: Collection[str] = (), quote: bool = True) -> Message:
        """Return a draft that answers the sender, or whom Reply-To names.

        :param own: One's own addresses, which are not written to unless nobody else is left.
        :param quote: Put the text below, each line behind ``>``.
        """
        return make_reply(self, own=own, quote=quote)

    def reply_all(self, *, own: Collection[str] = (), quote: bool = True) -> Message:
        """Return a draft that answers the sender and everybody who got the message."""
        return make_reply_all(self, own=own, quote=quote)

    def forward(self, *, recipients: Iterable[str] = ()) -> Message:
        """Return a draft that carries this message as an attachment, whole and unchanged."""
        return make_forward(self, recipients=recipients)

    @property
    def _readable(self) -> str:
        return self.text if self.text is not None else html_to_text(self.html or "")

    @property
    def defects(self) -> tuple[Defect, ...]:
        """All that is wrong with headers, structure, text and HTML; those of a file are in ``Attachment.defects``."""
        for name in _FIELDS:
            getattr(self, name)
        return ordered(self._notes | self._header_notes)

    @lazy
    def _content(self) -> Content:
        return sort_parts(self.structure)

    @lazy
    def _header_notes(self) -> Notes:
        notes = check_sender(self.headers, self.from_)
        seen = [key for key, _, _ in self.headers.fields if key in _ONCE]
        if len(seen) > len(set(seen)):
            notes.add(Defect.DUPLICATE_HEADER)
        return notes

    @property
    def _html_with_images(self) -> str:
        """The HTML where a part could be shown inside it: else it need not be decoded to list the attachments."""
        has_ids = any(part.headers.raw("content-id") for part in self._content.attachments)
        return (self.html or "") if has_ids else ""

    def _text(self, name: str) -> str:
        raw = self.headers.raw(name)
        return "" if raw is None else decode_header_value(raw, self._notes, detect=self.detect)

    def _addresses(self, name: str, *, join: bool = False) -> tuple[Address, ...]:
        raw = b", ".join(self.headers.raw_all(name)) if join else self.headers.raw(name)
        return () if not raw else parse_address_list(raw, self._notes, limits=self.limits, detect=self.detect)

    def _ids(self, name: str) -> tuple[str, ...]:
        text = self._text(name)
        found = tuple(f"<{''.join(each.split())}>" for each in _MESSAGE_ID.findall(text)[: self.limits.addresses])
        if found or not text or " " in text or "<" in text or ">" in text:
            return found
        return (f"<{text}>",)
