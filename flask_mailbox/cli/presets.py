"""``flask mailbox providers``: the presets, and what to switch on first at one of them."""

from __future__ import annotations

from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from ..errors import ConfigurationError
from ..providers import Provider, Registry, shipped
from .output import json_option, language_option, print_json, print_table, told_errors


@click.command()
@click.argument("wanted", metavar="[ID|ADDRESS]", required=False)
@language_option
@json_option
@with_appcontext
@told_errors
def providers(wanted: str | None, language: str, as_json: bool) -> None:
    """List the provider presets, or show one by its id, alias or an address."""
    state = current_app.extensions.get("mailbox")
    known: Registry = state.settings.registry if state else shipped()
    if wanted is None:
        _print_all(known, language, as_json)
        return
    provider = _find(known, wanted)
    if as_json:
        print_json(_values(provider, language))
    else:
        _print_one(provider, language)


def _find(known: Registry, wanted: str) -> Provider:
    if "@" not in wanted:
        return known.get(wanted)
    found = known.for_address(wanted)
    if found is None:
        domain = wanted.rpartition("@")[2]
        raise ConfigurationError(
            f"No preset knows the domain '{domain}'. Set MAILBOX_SMTP, MAILBOX_IMAP and MAILBOX_POP3 to its servers."
        )
    return found


def _print_all(known: Registry, language: str, as_json: bool) -> None:
    everyone = known.all()
    if as_json:
        print_json([_values(provider, language) for provider in everyone])
        return
    print_table(
        [
            (provider.aliases[0] if provider.aliases else provider.id, provider.name, ", ".join(provider.domains[:3]))
            for provider in everyone
        ],
        ("provider", "name", "domains"),
    )


def _print_one(provider: Provider, language: str) -> None:
    click.secho(f"{provider.name} ({', '.join((provider.id, *provider.aliases))})", bold=True)
    for protocol in ("smtp", "imap", "pop3"):
        endpoints = getattr(provider, protocol)
        shown = ", ".join(f"{endpoint.host}:{endpoint.port} ({endpoint.security})" for endpoint in endpoints)
        click.echo(f"  {protocol:<5} {shown or 'not offered, or not known'}")
    if provider.credential_name:
        click.echo(f"  sign in with: {provider.credential_in(language)}")
    if provider.help:
        click.echo(f"  first: {provider.help_in(language)}")
    if provider.unverified:
        click.secho(f"  not verified: {', '.join(provider.unverified)}", fg="yellow")


def _values(provider: Provider, language: str) -> dict[str, Any]:
    endpoints = {
        protocol: [
            {"host": endpoint.host, "port": endpoint.port, "security": str(endpoint.security)}
            for endpoint in getattr(provider, protocol)
        ]
        for protocol in ("smtp", "imap", "pop3")
    }
    return {
        "id": provider.id,
        "aliases": list(provider.aliases),
        "name": provider.name,
        "domains": list(provider.domains),
        **endpoints,
        "credential_name": provider.credential_in(language),
        "help": provider.help_in(language),
        "unverified": list(provider.unverified),
    }
