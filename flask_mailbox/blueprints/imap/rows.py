"""Rows of lists as JSON values, made without a schema: a page has many, and they are ours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .places import FolderPlace

if TYPE_CHECKING:
    from ...imap import Summary
    from ...message import Address


def row_values(place: FolderPlace, uidvalidity: int, summary: Summary) -> dict[str, Any]:
    """Return a summary as ``SummarySchema`` describes it."""
    return {
        "id": place.message_id(uidvalidity, summary.uid),
        "subject": summary.subject,
        "from": _people(summary.from_),
        "to": _people(summary.to),
        "date": summary.date.isoformat() if summary.date else None,
        "size": summary.size,
        "flags": sorted(summary.flags),
        "has_attachments": summary.has_attachments,
        "preview": summary.preview,
        "message_id": summary.message_id,
    }


def _people(people: Iterable[Address]) -> list[dict[str, str]]:
    return [{"name": person.name, "address": person.address} for person in people]
