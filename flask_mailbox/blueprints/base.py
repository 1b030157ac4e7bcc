"""Our blueprint: routes with schemas, an operation name for ``authorize``, problems, and an OpenAPI document."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import flask
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response, abort, request
from marshmallow import Schema
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from ..errors import MailboxError
from . import problems
from .authorize import Authorize, required

if TYPE_CHECKING:
    from ..extension import AccountMailbox, Mailbox

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
OWN_HEADER = "X-Mailbox-Request"
VERSION = "0.1.0"
MOST_BODY = 40 * 1024 * 1024
"""Bytes of a request: the largest attachments in base64, and the message around them."""


parser = FlaskParser(unknown=None)
View = Callable[..., Any]


@parser.error_handler
def _refuse(error: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Answer wrong values with 422, and say which."""
    _raise_refusal(error.messages)


def refuse(location: str, messages: Mapping[str, Any]) -> NoReturn:
    """Answer wrong values with 422, and say which.

    :param location: Where they stand: ``json``, ``query`` or ``form``.
    :param messages: What is wrong, by field.
    """
    _raise_refusal({location: dict(messages)})


def _raise_refusal(messages: Any) -> NoReturn:
    failure = HTTPException("Some values are wrong.")
    failure.code = 422
    failure.data = {"messages": messages}  # type: ignore[attr-defined]
    raise failure


class Blueprint(flask.Blueprint):
    """A blueprint over one account, or over the request's own; registered with plain ``app.register_blueprint``.

    :param mailbox: Whose accounts it serves.
    :param authorize: Asked on every request; see ``Authorize``.
    :param account: A configured account's name; without it the request's own account.
    """

    def __init__(
        self, name: str, mailbox: Mailbox, *, authorize: Authorize | None, account: str | None, title: str, factory: str
    ) -> None:
        super().__init__(name, __name__)
        self._mailbox = mailbox
        self._authorize = required(authorize, factory)
        self._account = account
        self._methods: dict[str, set[str]] = {}
        self._spec = APISpec(title, VERSION, "3.1.0", plugins=[MarshmallowPlugin()])
        self.register_error_handler(MailboxError, problems.mailbox_problem)
        self.register_error_handler(HTTPException, problems.http_problem)
        self.after_request(_mannerly)
        self.add_url_rule("/openapi.json", "openapi", self._openapi)
        self._methods["/openapi.json"] = {"GET"}

    def operation(
        self,
        rule: str,
        name: str,
        *,
        method: str = "GET",
        summary: str,
        query: type[Schema] | None = None,
        body: type[Schema] | None = None,
        consumes: str = "application/json",
        form: Mapping[str, Any] | None = None,
        answer: type[Schema] | None = None,
        also: Mapping[int, type[Schema]] | None = None,
        many: bool = False,
        status: int = 200,
        produces: str = "application/json",
    ) -> Callable[[View], View]:
        """Register a view under an operation's name.

        The view is called with the account's mailbox, then with the values of the path, then with ``query`` and
        ``body`` as mappings where it has schemas for them. What it returns is dumped through ``answer``, unless it
        is a response already.

        :param form: What a body that is no JSON looks like, as OpenAPI writes it.
        :param also: Other good answers, by status.
        """

        def decorate(view: View) -> View:
            @functools.wraps(view)
            def guarded(**path: Any) -> Any:
                mailbox = self._admitted(name)
                if (request.content_length or 0) > MOST_BODY:
                    raise RequestEntityTooLarge(f"A request has at most {MOST_BODY:,} bytes.")
                given = {}
                if query is not None:
                    given["query"] = parser.parse(query(), request, location="query")
                if body is not None:
                    given["body"] = parser.parse(body(), request, location="json")
                found = view(mailbox, **path, **given)
                if isinstance(found, Response) or answer is None:
                    return found
                dumped = answer(many=many).dump(found)
                return json_response(dumped, status)

            self.add_url_rule(rule, name.replace(".", "_"), guarded, methods=[method])
            self._methods.setdefault(rule, set()).add(method)
            described = _Operation(
                name, method, summary, query, body, consumes, form, answer, also or {}, many, status, produces
            )
            self._describe(rule, described)
            return view

        return decorate

    @property
    def operations(self) -> tuple[tuple[str, str, str, str], ...]:
        """Every operation by name, with its method, its path below the prefix, and what it does."""
        paths: dict[str, dict[str, Any]] = self._spec.to_dict()["paths"]
        return tuple(
            (described["operationId"], method.upper(), path, described["summary"])
            for path, methods in paths.items()
            for method, described in methods.items()
        )

    def close(self) -> None:
        """Answer all other methods and paths under the prefix with problems too; called after the last operation."""
        for rule, methods in self._methods.items():
            allowed = sorted(methods)
            others = [method for method in METHODS if method not in methods]
            self.add_url_rule(rule, f"other:{rule.replace('.', '-')}", _no_such_method(allowed), methods=others)
        self.add_url_rule("/<path:unknown>", "unknown", _no_such_path, methods=list(METHODS))

    def _admitted(self, operation: str) -> AccountMailbox:
        """Return the account's mailbox if the request may do this with it."""
        mailbox = self._subject()
        if not self._authorize(operation, mailbox.account):
            abort(403, "You may not do this with this mailbox.")
        if request.method not in SAFE and not (request.is_json or request.headers.get(OWN_HEADER) == "1"):
            abort(403, f"Send application/json, or the header {OWN_HEADER}: 1: a form of another site can do neither.")
        return mailbox

    def _subject(self) -> AccountMailbox:
        """Return the mailbox that the request is about."""
        return self._mailbox.current if self._account is None else self._mailbox[self._account]

    def _openapi(self) -> Response:
        document = self._spec.to_dict()
        prefix = request.path.removesuffix("/openapi.json")
        document["servers"] = [{"url": f"{request.script_root}{prefix}"}]
        return json_response(document)

    def _describe(self, rule: str, operation: _Operation) -> None:
        path, parameters = _path_of(rule)
        self._spec.path(path, operations={operation.method.lower(): operation.described(parameters)})


@dataclass(frozen=True, slots=True)
class _Operation:
    """What the OpenAPI document says of one operation."""

    name: str
    method: str
    summary: str
    query: type[Schema] | None
    body: type[Schema] | None
    consumes: str
    form: Mapping[str, Any] | None
    answer: type[Schema] | None
    also: Mapping[int, type[Schema]]
    many: bool
    status: int
    produces: str

    def described(self, parameters: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the operation as OpenAPI writes it; apispec puts the schemas in their place."""
        found: dict[str, Any] = {"operationId": self.name, "summary": self.summary, "parameters": parameters}
        if self.query is not None:
            found["parameters"] = [*parameters, {"in": "query", "schema": self.query}]
        if self.body is not None or self.consumes != "application/json":
            schema: Any = self.body if self.body is not None else self.form or {"type": "string"}
            found["requestBody"] = {"required": True, "content": {self.consumes: {"schema": schema}}}
        if self.method not in SAFE:
            header = {"in": "header", "name": OWN_HEADER, "schema": {"type": "string", "enum": ["1"]}}
            found["parameters"] = [*found["parameters"], header | {"required": self.body is None}]
        found["responses"] = {str(self.status): self._answered()}
        for status, answer in self.also.items():
            content = {"application/json": {"schema": answer}}
            found["responses"][str(status)] = {"description": str(answer.__doc__).split("\n")[0], "content": content}
        found["responses"]["default"] = {
            "description": "A problem (RFC 9457).",
            "content": {problems.CONTENT_TYPE: {"schema": _PROBLEM}},
        }
        return found

    def _answered(self) -> dict[str, Any]:
        schema: Any = self.answer if self.answer is not None else {"type": "string"}
        if self.many:
            schema = {"type": "array", "items": schema}
        content = {} if self.status == 204 else {"content": {self.produces: {"schema": schema}}}
        return {"description": self.summary, **content}


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


def json_response(value: Any, status: int = 200) -> Response:
    """Return a value as JSON in plain UTF-8."""
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    return Response(text, status, content_type="application/json")


def _mannerly(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


def _no_such_path(unknown: str) -> Response:
    raise NotFound("There is nothing under this path; openapi.json lists what there is.")


def _no_such_method(allowed: list[str]) -> View:
    def view(**path: Any) -> Response:
        raise MethodNotAllowed(valid_methods=allowed)

    return view


def _path_of(rule: str) -> tuple[str, list[dict[str, Any]]]:
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
