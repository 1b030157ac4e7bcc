"""Our blueprint: routes with schemas, an operation name for ``authorize``, problems, and an OpenAPI document."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import flask
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response, abort, request
from marshmallow import Schema
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from ..errors import MailboxError
from . import problems
from .authorize import Authorize, required

if TYPE_CHECKING:
    from ..extension import AccountMailbox, Mailbox

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
OWN_HEADER = "X-Mailbox-Request"
VERSION = "0.1.0"

parser = FlaskParser(unknown=None)
View = Callable[..., Any]


@parser.error_handler
def _refuse(error: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Answer wrong values with 422, and say which."""
    failure = HTTPException("Some values are wrong.")
    failure.code = 422
    failure.data = {"messages": error.messages}  # type: ignore[attr-defined]
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
        answer: type[Schema] | None = None,
        status: int = 200,
        produces: str = "application/json",
    ) -> Callable[[View], View]:
        """Register a view under an operation's name.

        The view is called with the account's mailbox, then with the values of the path, then with ``query`` and
        ``body`` as mappings where it has schemas for them. What it returns is dumped through ``answer``, unless it
        is a response already.
        """

        def decorate(view: View) -> View:
            @functools.wraps(view)
            def guarded(**path: Any) -> Any:
                mailbox = self._admitted(name)
                given = {}
                if query is not None:
                    given["query"] = parser.parse(query(), request, location="query")
                if body is not None:
                    given["body"] = parser.parse(body(), request, location="json")
                found = view(mailbox, **path, **given)
                if isinstance(found, Response) or answer is None:
                    return found
                dumped = answer(many=isinstance(found, list)).dump(found)
                return json_response(dumped, status)

            self.add_url_rule(rule, name.replace(".", "_"), guarded, methods=[method])
            self._methods.setdefault(rule, set()).add(method)
            self._describe(rule, name, method, summary, query, body, answer, status, produces)
            return view

        return decorate

    def close(self) -> None:
        """Answer all other methods and paths under the prefix with problems too; called after the last operation."""
        for rule, methods in self._methods.items():
            allowed = sorted(methods)
            others = [method for method in METHODS if method not in methods]
            self.add_url_rule(rule, f"other:{rule.replace('.', '-')}", _no_such_method(allowed), methods=others)
        self.add_url_rule("/<path:unknown>", "unknown", _no_such_path, methods=list(METHODS))

    def _admitted(self, operation: str) -> AccountMailbox:
        """Return the account's mailbox if the request may do this with it."""
        mailbox = self._mailbox.current if self._account is None else self._mailbox[self._account]
        if not self._authorize(operation, mailbox.account):
            abort(403, "You may not do this with this mailbox.")
        if request.method not in SAFE and not (request.is_json or request.headers.get(OWN_HEADER) == "1"):
            abort(403, f"Send application/json, or the header {OWN_HEADER}: 1: a form of another site can do neither.")
        return mailbox

    def _openapi(self) -> Response:
        document = self._spec.to_dict()
        prefix = request.path.removesuffix("/openapi.json")
        document["servers"] = [{"url": f"{request.script_root}{prefix}"}]
        return json_response(document)

    def _describe(
        self,
        rule: str,
        name: str,
        method: str,
        summary: str,
        query: type[Schema] | None,
        body: type[Schema] | None,
        answer: type[Schema] | None,
        status: int,
        produces: str,
    ) -> None:
        path, parameters = _path_of(rule)
        operation: dict[str, Any] = {"operationId": name, "summary": summary, "parameters": parameters}
        if query is not None:
            operation["parameters"] = [*parameters, {"in": "query", "schema": query}]
        if body is not None:
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
        schema: Any = answer if answer is not None else {"type": "string"}
        content = {} if status == 204 else {"content": {produces: {"schema": schema}}}
        refused = {"description": "A problem (RFC 9457).", "content": {problems.CONTENT_TYPE: {"schema": _PROBLEM}}}
        operation["responses"] = {str(status): {"description": summary, **content}, "default": refused}
        self._spec.path(path, operations={method.lower(): operation})


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
    return Response(json.dumps(value, ensure_ascii=False), status, content_type="application/json")


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
