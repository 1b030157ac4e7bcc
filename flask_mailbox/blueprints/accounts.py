"""What a sign-in page needs: the presets with their help, the servers of an address, and a test of what was entered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Response, request
from werkzeug.exceptions import NotFound

from ..account import Protocol
from ..errors import AddressError, ConfigurationError
from ..providers import Provider
from ..services.check import Step, check_account
from . import problems
from .account_schemas import (
    LANGUAGES,
    AddressBody,
    LanguageQuery,
    ProposalSchema,
    ProviderSchema,
    ProvidersQuery,
    Settings,
    TestSchema,
)
from .authorize import Authorize
from .base import Blueprint, refuse
from .limiter import Limiter

if TYPE_CHECKING:
    from ..accountmailbox import AccountMailbox
    from ..discovery import Proposal
    from ..extension import Mailbox

TIMES = {"connect_timeout": 5, "read_timeout": 10, "operation_timeout": 20}
"""Somebody waits in front of a form."""


MOST_WRONG = 5
"""Sign-ins that may be refused for a name in a quarter of an hour: providers lock accounts out after some more."""


USER_NAMES = ("username", *(f"{protocol}_username" for protocol in Protocol))


class AccountsBlueprint(Blueprint):
    """A blueprint over no account: ``authorize`` is asked with one that has no address."""

    def _subject(self) -> AccountMailbox:
        return self._mailbox.for_account(self._mailbox.state.settings.nobody)


def make_accounts_blueprint(mailbox: Mailbox, *, authorize: Authorize | None, name: str, most: int) -> Blueprint:
    """Return the blueprint; see ``Mailbox.accounts_blueprint``."""
    blueprint = AccountsBlueprint(
        name, mailbox, authorize=authorize, account=None, title="Setting up accounts", factory="accounts_blueprint"
    )
    limiter = Limiter(most)
    _add_providers(blueprint, mailbox)
    _add_discovery(blueprint, mailbox, limiter)
    _add_test(blueprint, mailbox, limiter, Limiter(min(most, MOST_WRONG)))
    blueprint.close()
    return blueprint


def _add_providers(blueprint: Blueprint, mailbox: Mailbox) -> None:
    @blueprint.operation(
        "/providers",
        "accounts.providers.list",
        summary="The presets whose name, id or domain contains a text",
        query=ProvidersQuery,
        answer=ProviderSchema,
        many=True,
    )
    def providers(nobody: AccountMailbox, query: dict[str, Any]) -> list[dict[str, Any]]:
        language = _language(query)
        return [_provider_values(each, language) for each in mailbox.state.settings.registry.search(query["search"])]

    @blueprint.operation(
        "/providers/<provider>",
        "accounts.providers.read",
        summary="One preset, by id or alias",
        query=LanguageQuery,
        answer=ProviderSchema,
    )
    def provider(nobody: AccountMailbox, provider: str, query: dict[str, Any]) -> dict[str, Any]:
        try:
            found = mailbox.state.settings.registry.get(provider)
        except ConfigurationError as error:
            raise NotFound("There is no such preset.") from error
        return _provider_values(found, _language(query))


def _add_discovery(blueprint: Blueprint, mailbox: Mailbox, limiter: Limiter) -> None:
    @blueprint.operation(
        "/discover",
        "accounts.discover",
        method="POST",
        summary="Find the servers of an address; nothing is signed in to",
        body=AddressBody,
        answer=ProposalSchema,
    )
    def discover(nobody: AccountMailbox, body: dict[str, Any]) -> dict[str, Any]:
        limiter.count(f"discover {request.remote_addr}")
        try:
            return _proposal_values(mailbox.discover(body["address"]))
        except AddressError as error:
            refuse("json", {"address": [str(error)]})


def _add_test(blueprint: Blueprint, mailbox: Mailbox, limiter: Limiter, wrong: Limiter) -> None:
    @blueprint.operation(
        "/test",
        "accounts.test",
        method="POST",
        summary="Sign in to each server with what was entered, and tell what is wrong and what to do",
        query=LanguageQuery,
        body=Settings,
        answer=TestSchema,
    )
    def test(nobody: AccountMailbox, query: dict[str, Any], body: dict[str, Any]) -> Any:
        limiter.count(f"test {request.remote_addr}")
        token = body.pop("access_token", None)
        values = body | TIMES | {"public_hosts_only": True} | ({"oauth2": token} if token else {})
        try:
            account = mailbox.load_account(values)
        except ConfigurationError as error:
            return _unusable(error)
        names = {body[key].strip().lower() for key in ("address", *USER_NAMES) if key in body} - {""}
        wrong.count(*names)  # before it is tried: many at once are no more than one after the other
        steps = list(check_account(account, language=_language(query)))
        if not any(step.name == "login" and step.ok is False for step in steps):
            wrong.forgive(*names)
        return _test_values(steps)


def _language(query: dict[str, Any]) -> str:
    return str(query.get("language") or request.accept_languages.best_match(LANGUAGES, "en"))


def _provider_values(provider: Provider, language: str) -> dict[str, Any]:
    servers = {str(protocol): _server_values(next(iter(provider.endpoints(protocol)), None)) for protocol in Protocol}
    return {
        "id": provider.id,
        "aliases": list(provider.aliases),
        "name": provider.name,
        "domains": list(provider.domains),
        "auth_methods": list(provider.auth_methods),
        "credential": provider.credential_in(language),
        "help": provider.help_in(language),
        "usable": provider.status != "unsupported",
        **servers,
    }


def _proposal_values(found: Proposal) -> dict[str, Any]:
    findings = [{"source": str(each.source), "where": each.where, "outcome": each.outcome} for each in found.findings]
    return {
        "source": str(found.source),
        "secure": found.secure,
        "strangers": list(found.strangers),
        "provider": found.provider.id if found.provider else None,
        "username": found.username,
        **{f"{protocol}_username": "" for protocol in Protocol},
        **{f"{each.protocol}_username": each.username for each in found.endpoints},
        "smtp": _server_values(found.smtp),
        "imap": _server_values(found.imap),
        "pop3": _server_values(found.pop3),
        "findings": findings,
    }


def _server_values(server: Any) -> dict[str, Any] | None:
    if server is None:
        return None
    return {"host": server.host, "port": server.port, "security": str(server.security)}


def _test_values(steps: list[Step]) -> dict[str, Any]:
    legs = [
        _leg_values(leg, [step for step in steps if step.leg == leg]) for leg in dict.fromkeys(s.leg for s in steps)
    ]
    tried = [leg["ok"] for leg in legs if leg["ok"] is not None]
    return {"ok": bool(tried) and all(tried), "legs": legs}


def _leg_values(leg: str, steps: Iterable[Step]) -> dict[str, Any]:
    names = ("name", "ok", "seconds", "detail", "hint", "category")
    values = [{name: getattr(step, name) for name in names} for step in steps]
    done = [step["ok"] for step in values if step["ok"] is not None]
    return {"leg": str(leg), "ok": all(done) if done else None, "steps": values}


def _unusable(error: ConfigurationError) -> Response:
    """Return the problem of settings that make no account; no server was asked."""
    return problems.problem(
        422, "invalid-settings", "The settings make no account", detail=str(error), problems=list(error.problems)
    )
