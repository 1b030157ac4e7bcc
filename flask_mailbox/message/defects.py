"""The names of what can be wrong with a received message."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Defect(StrEnum):
    """One thing that is wrong with a message; each compares equal to its text."""

    TRUNCATED = "truncated"  # only the beginning of the message is here (POP3 TOP)
    NO_HEADERS = "no-headers"  # it does not begin with a header field: all of it is body
    MISSING_HEADER_END = "missing-header-end"  # no blank line ends the header block
    INVALID_HEADER_LINE = "invalid-header-line"  # a line of the header block is no field
    SPACE_BEFORE_COLON = "space-before-colon"  # "From : x"
    BARE_CR = "bare-cr"  # lines end with CR alone
    HEADERS_TOO_LARGE = "headers-too-large"  # header block, field or number of fields over the limit
    CONTROL_CHARACTER = "control-character"  # NUL or line breaks inside a decoded value
    UNDECLARED_CHARSET = "undeclared-charset"  # 8-bit text without a charset
    UNKNOWN_CHARSET = "unknown-charset"
    UNDECODABLE_TEXT = "undecodable-text"  # bytes that the charset does not have
    INVALID_ENCODED_WORD = "invalid-encoded-word"  # RFC 2047
    INVALID_PARAMETER = "invalid-parameter"  # RFC 2231
    TOO_MANY_PARAMETERS = "too-many-parameters"
    INVALID_ADDRESS = "invalid-address"  # text where an address belongs
    TOO_MANY_ADDRESSES = "too-many-addresses"
    MISSING_FROM = "missing-from"  # no From field, or none with an address
    AMBIGUOUS_FROM = "ambiguous-from"  # several From fields
    ADDRESS_IN_NAME = "address-in-name"  # a From name that reads as another address
    MIXED_SCRIPTS = "mixed-scripts"  # look-alike letters of two scripts in a From domain
    BIDI_CONTROL = "bidi-control"  # direction overrides, taken out
    DUPLICATE_HEADER = "duplicate-header"  # a field that may stand once stands twice; lists of recipients are joined
    INVALID_DATE = "invalid-date"
    DATE_WITHOUT_ZONE = "date-without-zone"  # taken as UTC
    INVALID_CONTENT_TYPE = "invalid-content-type"
    AMBIGUOUS_CONTENT_TYPE = "ambiguous-content-type"  # several Content-Type fields or boundaries; the first counts
    AMBIGUOUS_ENCODING = "ambiguous-encoding"  # several Content-Transfer-Encoding fields; the first counts
    UNKNOWN_ENCODING = "unknown-encoding"  # a transfer encoding nobody knows; taken as it is
    INVALID_BASE64 = "invalid-base64"
    INVALID_QUOTED_PRINTABLE = "invalid-quoted-printable"
    INVALID_UUENCODE = "invalid-uuencode"
    MISSING_BOUNDARY = "missing-boundary"  # a multipart without boundary, or whose boundary never comes
    UNCLOSED_MULTIPART = "unclosed-multipart"  # no closing boundary
    TEXT_AFTER_END = "text-after-end"  # text or parts after the closing boundary
    TOO_DEEP = "too-deep"
    TOO_MANY_PARTS = "too-many-parts"
    TOO_MANY_ATTACHMENTS = "too-many-attachments"
    TEXT_TOO_LONG = "text-too-long"  # a body cut at the limit


Notes = set[Defect]
"""Where parsing functions write down what they had to put up with."""

_ORDER = {defect: place for place, defect in enumerate(Defect)}


def ordered(notes: Iterable[Defect]) -> tuple[Defect, ...]:
    """Return defects in the order of their definition, whatever the order they were found in."""
    return tuple(sorted(notes, key=_ORDER.__getitem__))
