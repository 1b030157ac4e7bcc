"""The bounds that keep parsing within time and memory, whatever arrives."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of one message is taken apart; what lies beyond stays in ``raw`` and is named in ``defects``.

    :param body_text: Bytes of decoded text or HTML a body part gives; the rest is cut off.
    :param depth: Multiparts inside one another.
    :param parts: Parts of a message, leaves and multiparts together.
    :param attachments: Attachments listed.
    :param header_block: Bytes of a header block; ``header`` of one field; ``headers`` how many fields.
    :param addresses: Addresses a header field gives.
    :param parameters: Parameters of a Content-Type or Content-Disposition, RFC 2231 pieces included.
    :param group_depth: Address groups inside one another; ``comment_depth`` likewise for comments.
    :param shown_images: Bytes of inline images that ``safe_html`` puts into a page, all together.
    """

    body_text: int = MEBIBYTE
    depth: int = 50
    parts: int = 1000
    attachments: int = 500
    header_block: int = 256 * 1024
    header: int = 64 * 1024
    headers: int = 1000
    addresses: int = 1000
    parameters: int = 100
    group_depth: int = 3
    comment_depth: int = 50
    shown_images: int = 10 * MEBIBYTE


DEFAULT_LIMITS = Limits()
