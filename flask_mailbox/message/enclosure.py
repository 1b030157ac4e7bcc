"""A file on its way out: where its bytes come from, and under which type they travel."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from ..errors import MessageError

if TYPE_CHECKING:
    import flask_mail


def read_enclosure(source: Any) -> str | bytes:
    """Return what shall be attached: a text, bytes, or the rest of a file that is open for reading.

    :raises MessageError: If it is none of these.
    """
    data = source.read() if hasattr(source, "read") else source
    if isinstance(data, str | bytes):
        return data
    if isinstance(data, bytearray | memoryview):
        return bytes(data)
    kind = type(data).__name__
    raise MessageError(
        f"An attachment is made of bytes, a text or an open file, not of {kind}. Give it as data=…", field="attachments"
    )


def ascii_name(filename: str) -> str:
    """Return a file name in ASCII, as Flask-Mail does: letters lose their accents, others are left out."""
    plain = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode()
    return " ".join(plain.split()) or "attachment"


def enclosed(attachment: flask_mail.Attachment) -> tuple[bytes, str]:
    """Return an attachment's bytes and its content type; a text becomes UTF-8, and its type says so.

    :raises MessageError: If the data are none, or a text that cannot be encoded.
    """
    data, content_type = read_enclosure(attachment.data), str(attachment.content_type)
    if isinstance(data, bytes):
        return data, content_type
    if content_type.startswith("text/") and "charset" not in content_type:
        content_type += '; charset="utf-8"'
    try:
        return data.encode(), content_type
    except UnicodeEncodeError:
        raise MessageError("An attachment contains characters that are no text.", field="attachments") from None
