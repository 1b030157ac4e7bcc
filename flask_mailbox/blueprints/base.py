"""Our blueprint: routes with schemas, an operation name for ``authorize``, problems, and an OpenAPI document."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import flask
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response, abort, request, url_for
from flask.blueprints import BlueprintSetupState
from marshmallow import Schema
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import PathConverter

from ..errors import MailboxError
from . import problems
from .authorize import Authorize, required
from .bodies import JSON, bound_body, check_type, parse, refuse
from .openapi import OWN_HEADER, SAFE, Operation, path_of
from .release import VERSION
from .schemas import Strict

if TYPE_CHECKING:
    from ..accountmailbox import AccountMailbox
    from ..extension import Mailbox

__all__ = ["Blueprint", "json_response", "own_url", "refuse"]

View = Callable[..., Any]

POOL_WAIT = 10.0
"""Seconds that a request waits for a connection to the mailbox: all that while it holds a thread of the server."""


class AnyPath(PathConverter):
    """A path of any characters: werkzeug's own has no line ends."""

    regex = r"[^/](?s:.*?)"


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
        self._route("/openapi.json", "openapi", self._openapi, "GET")

    def operation(
        self,
        rule: str,
        name: str,
        *,
        method: str = "GET",
        summary: str,
        query: type[Schema] | None = None,
        body: type[Schema] | None = None,
        consumes: str = JSON,
        form: Mapping[str, Any] | None = None,
        answer: type[Schema] | None = None,
        also: Mapping[int, type[Schema]] | None = None,
        many: bool = False,
        status: int = 200,
        produces: str = JSON,
        headers: tuple[str, ...] = (),
    ) -> Callable[[View], View]:
        """Register a view under an operation's name.

        The view is called with the account's mailbox, then with the values of the path, then with ``query`` and
        ``body`` as mappings where it has schemas for them. What it returns is dumped through ``answer``, unless it
        is a response already. The other parameters are those of ``Operation``.
        """
        described = Operation(
            name=name, method=method, summary=summary, query=query, body=body, consumes=consumes, form=form,
            answer=answer, also=also or {}, many=many, status=status, produces=produces, headers=headers,
        )  # fmt: skip
        path, parameters = path_of(rule)
        own = {parameter["name"] for parameter in parameters}

        def decorate(view: View) -> View:
            @functools.wraps(view)
            def guarded(**values: Any) -> Any:
                mailbox = self._admitted(name)
                given = _given(described)
                found = view(mailbox, **{each: values[each] for each in own}, **given)
                if isinstance(found, Response) or answer is None:
                    return found
                return json_response(answer(many=many).dump(found), status)

            self._route(rule, name.replace(".", "_"), guarded, method)
            self._spec.path(path, operations={method.lower(): described.described(parameters)})
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
            self._route(rule, f"other:{rule.replace('.', '-')}", _other_methods(methods))
        self.record(_know_any_path)
        self._route(f"/<{AnyPath.__name__}:unknown>", "unknown", _no_such_path)
        self.record(_close_prefix)

    def ask(self, operation: str, mailbox: AccountMailbox) -> None:
        """Ask whether the request may do something with the mailbox.

        :raises Forbidden: If not.
        """
        if not self._authorize(operation, mailbox.account):
            abort(403, "You may not do this with this mailbox.")

    def _route(self, rule: str, endpoint: str, view: View, method: str | None = None) -> None:
        """Add a route of one method, or one for all that no other route of this rule takes."""
        if method is None:
            self.record(lambda state: _add_for_any_method(state, rule, endpoint, view))
        else:
            self._methods.setdefault(rule, set()).add(method)
            self.add_url_rule(rule, endpoint, view, methods=[method], provide_automatic_options=False)

    def _admitted(self, operation: str) -> AccountMailbox:
        """Return the account's mailbox if the request may do this with it."""
        mailbox = self._subject()
        self.ask(operation, mailbox)
        if request.method not in SAFE and not (request.is_json or request.headers.get(OWN_HEADER) == "1"):
            abort(403, f"Send application/json, or the header {OWN_HEADER}: 1: a form of another site can do neither.")
        return mailbox

    def _subject(self) -> AccountMailbox:
        """Return the mailbox that the request is about."""
        chosen = self._mailbox.current if self._account is None else self._mailbox[self._account]
        return chosen.waiting(POOL_WAIT)

    def _openapi(self, **values: Any) -> Response:
        document = self._spec.to_dict()
        prefix = request.path.removesuffix("/openapi.json")
        document["servers"] = [{"url": f"{request.script_root}{prefix}"}]
        return json_response(document)


def json_response(value: Any, status: int = 200) -> Response:
    """Return a value as JSON in plain UTF-8."""
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    return Response(text, status, content_type=JSON)


def own_url(operation: str, **values: Any) -> str:
    """Return the URL of an operation of the request's blueprint, under the prefix that the request came by."""
    return url_for(f"{request.blueprint}.{operation.replace('.', '_')}", **{**(request.view_args or {}), **values})


def _given(operation: Operation) -> dict[str, Any]:
    """Return what the request says, as the operation's schemas read it."""
    given = {}
    bound_body()
    query = parse(operation.query or Strict, "query")
    if operation.query is not None:
        given["query"] = query
    if operation.has_body:
        check_type(operation.consumes)
    if operation.body is not None:
        given["body"] = parse(operation.body, "json")
    return given


def _mannerly(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


def _know_any_path(state: BlueprintSetupState) -> None:
    state.app.url_map.converters[AnyPath.__name__] = AnyPath


def _close_prefix(state: BlueprintSetupState) -> None:
    """Answer the prefix itself too; without one, that page is the app's own."""
    if (state.url_prefix or "").strip("/"):
        _add_for_any_method(state, "", "prefix", _no_such_path)
        _add_for_any_method(state, "/", "prefix/", _no_such_path)


def _add_for_any_method(state: BlueprintSetupState, rule: str, endpoint: str, view: View) -> None:
    """Add a route for every method that there is, invented ones too: Flask's own way wants them listed."""
    state.add_url_rule(rule, endpoint, view, provide_automatic_options=False)
    for added in state.app.url_map.iter_rules(f"{state.name_prefix}.{state.name}.{endpoint}".lstrip(".")):
        added.methods = None


def _no_such_path(**values: Any) -> Response:
    raise NotFound("There is nothing under this path; openapi.json lists what there is.")


def _other_methods(methods: set[str]) -> View:
    allowed = sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set()))

    def view(**values: Any) -> Response:
        if request.method == "OPTIONS":  # browsers ask before they send, without a cookie or a token
            return Response(status=204, headers={"Allow": ", ".join(allowed)})
        raise MethodNotAllowed(valid_methods=allowed)

    return view
