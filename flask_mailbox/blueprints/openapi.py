"""What the OpenAPI document says of an operation (OpenAPI 3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema

from . import problems
from .bodies import JSON

SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
OWN_HEADER = "X-Mailbox-Request"

KEY, RANGE, KNOWN, LAST = "Idempotency-Key", "Range", "If-None-Match", "Last-Event-ID"
"""Headers that some operations understand."""

HEADERS: dict[str, dict[str, Any]] = {
    KEY: {
        "description": "The same message under the same key is sent once.",
        "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
    },
    RANGE: {
        "description": "One range of bytes, as in bytes=0-99.",
        "schema": {"type": "string", "pattern": "^[ -~]*$"},
    },
    KNOWN: {"description": "ETags that the client has.", "schema": {"type": "string", "pattern": "^[!-~ ]*$"}},
    LAST: {
        "description": "The id of the last event that the client saw.",
        "schema": {"type": "string", "pattern": "^[!-~]*$"},
    },
}

_ETAG = {"ETag": {"description": "Stays the same while the answer does.", "schema": {"type": "string"}}}
_PIECE = {"Content-Range": {"description": "Which bytes these are.", "schema": {"type": "string"}}}

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "hint": {"type": "string"},
        "server_text": {"type": "string"},
    },
}
_PROBLEMS = {problems.CONTENT_TYPE: {"schema": _PROBLEM}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation.

    :param form: What a body that is no JSON looks like.
    :param also: Other good answers, by status.
    :param headers: Names out of ``HEADERS`` that it understands.
    """

    name: str
    method: str
    summary: str
    query: type[Schema] | None = None
    body: type[Schema] | None = None
    consumes: str = JSON
    form: Mapping[str, Any] | None = None
    answer: type[Schema] | None = None
    also: Mapping[int, type[Schema]] = field(default_factory=dict)
    many: bool = False
    status: int = 200
    produces: str = JSON
    headers: tuple[str, ...] = ()

    @property
    def has_body(self) -> bool:
        """Whether a body is declared."""
        return self.body is not None or self.consumes != JSON

    def described(self, parameters: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the operation as OpenAPI writes it; apispec puts the schemas in their place."""
        found: dict[str, Any] = {"operationId": self.name, "summary": self.summary}
        found["parameters"] = [*parameters, *self._queried(), *self._header_parameters()]
        if self.has_body:
            schema: Any = self.body if self.body is not None else self.form or {"type": "string"}
            found["requestBody"] = {"required": True, "content": {self.consumes: {"schema": schema}}}
        found["responses"] = self._responses()
        return found

    def _queried(self) -> list[dict[str, Any]]:
        return [] if self.query is None else [{"in": "query", "schema": self.query}]

    def _header_parameters(self) -> list[dict[str, Any]]:
        found = [{"in": "header", "name": name, **HEADERS[name]} for name in self.headers]
        if self.method not in SAFE:
            own = {"in": "header", "name": OWN_HEADER, "schema": {"type": "string", "enum": ["1"]}}
            found.append(own | {"required": self.body is None})
        return found

    def _responses(self) -> dict[str, Any]:
        good = self._answered()
        if KNOWN in self.headers:
            good["headers"] = _ETAG
        found: dict[str, Any] = {str(self.status): good}
        for status, answer in self.also.items():
            content = {JSON: {"schema": answer}}
            found[str(status)] = {"description": str(answer.__doc__).split("\n")[0], "content": content}
        if RANGE in self.headers:
            found["206"] = good | {"description": "The range that was asked for.", "headers": _ETAG | _PIECE}
            found["416"] = {"description": "There is no such range.", "headers": _PIECE, "content": _PROBLEMS}
        if KNOWN in self.headers:
            found["304"] = {"description": "The client has it.", "headers": _ETAG}
        found["default"] = {"description": "A problem (RFC 9457).", "content": _PROBLEMS}
        return found

    def _answered(self) -> dict[str, Any]:
        schema: Any = self.answer if self.answer is not None else {"type": "string"}
        if self.many:
            schema = {"type": "array", "items": schema}
        content = {} if self.status == 204 else {"content": {self.produces: {"schema": schema}}}
        return {"description": self.summary, **content}


def path_of(rule: str) -> tuple[str, list[dict[str, Any]]]:
    """Return a rule as OpenAPI writes paths, and its parameters."""
    parts, parameters = [], []
    for part in rule.split("/"):
        if not part.startswith("<"):
            parts.append(part)
            continue
        converter, _, name = part.strip("<>").rpartition(":")
        kind = {"type": "integer", "minimum": 0} if converter == "int" else {"type": "string"}
        parts.append(f"{{{name}}}")
        parameters.append({"in": "path", "name": name, "required": True, "schema": kind})
    return "/".join(parts), parameters
