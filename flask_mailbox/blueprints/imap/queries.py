"""What a list may be asked for: every typed search field, and an order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from ...imap import Search
from ..schemas import PageQuery, Strict

SORT_KEYS = ("arrival", "date", "from", "to", "cc", "subject", "size")
MOST_UIDS = 200
_WORDS = validate.Length(1, 1000)
_BYTES = validate.Range(0, 2**32 - 1)


class SearchQuery(Strict):
    """What to look for; all that is given must hold.

    ``uids`` are the numbers in the middle of messages' ids; ``gmail`` is a search as Gmail writes it, for its servers.
    """

    from_ = fields.String(data_key="from", validate=_WORDS)
    to = fields.String(validate=_WORDS)
    cc = fields.String(validate=_WORDS)
    bcc = fields.String(validate=_WORDS)
    subject = fields.String(validate=_WORDS)
    body = fields.String(validate=_WORDS)
    text = fields.String(validate=_WORDS)
    header_name = fields.String(validate=validate.Regexp(r"[!-9;-~]{1,70}\Z"))
    header = fields.String(validate=validate.Length(0, 1000))
    since = fields.Date()
    before = fields.Date()
    on = fields.Date()
    sent_since = fields.Date()
    sent_before = fields.Date()
    sent_on = fields.Date()
    larger = fields.Integer(validate=_BYTES)
    smaller = fields.Integer(validate=_BYTES)
    unseen = fields.Boolean()
    answered = fields.Boolean()
    flagged = fields.Boolean()
    draft = fields.Boolean()
    deleted = fields.Boolean()
    keyword = fields.String(validate=validate.Length(1, 100))
    uids = fields.List(fields.Integer(validate=validate.Range(1, 2**32 - 1)), validate=validate.Length(1, MOST_UIDS))
    gmail = fields.String(validate=_WORDS)

    @validates_schema
    def _check_header(self, values: dict[str, Any], **options: Any) -> None:
        if "header" in values and "header_name" not in values:
            raise ValidationError({"header_name": ["Say which header field: 'header' is what it contains."]})


class ListQuery(SearchQuery, PageQuery):
    """Which page of which messages, in which order."""

    sort = fields.String(load_default=None, validate=validate.OneOf(SORT_KEYS))
    descending = fields.Boolean(load_default=True)


class ThreadsQuery(SearchQuery):
    """Which conversations, and from which one on."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 100))
    offset = fields.Integer(load_default=0, validate=validate.Range(0, 1_000_000))


def search_of(query: Mapping[str, Any]) -> Search | None:
    """Return the search that a query asks for; ``None`` if it asks for everything."""
    asked = {name: query[name] for name in SearchQuery().fields if name in query}
    words, name = asked.pop("header", ""), asked.pop("header_name", None)
    if name is not None:
        asked["header"] = (name, words)
    if "uids" in asked:
        asked["uids"] = tuple(asked["uids"])
    return Search(**asked) if asked else None
