"""``flask mailbox discover``: which servers an address probably has, and who says so."""

from __future__ import annotations

from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from ..discovery import Proposal, Source
from ..discovery import discover as discover_servers
from .output import json_option, print_json, print_table, printable, told_errors


@click.command()
@click.argument("address")
@json_option
@with_appcontext
@told_errors
def discover(address: str, as_json: bool) -> None:
    """Find the mail servers of an address; nothing is signed in to."""
    state = current_app.extensions.get("mailbox")
    found = state.mailbox.discover(address) if state else discover_servers(address)
    if as_json:
        print_json(_values(found))
    else:
        _print(found)


def _print(found: Proposal) -> None:
    name = f" ({found.provider.name})" if found.provider else ""
    click.secho(f"{found.address}: {_told(found)}{name}", bold=True)
    for protocol, endpoint in (("smtp", found.smtp), ("imap", found.imap), ("pop3", found.pop3)):
        click.echo(f"  {protocol:<5} {endpoint or 'not offered, or not known'}")
    click.echo(f"  user  {printable(found.username)}")
    if found.provider and found.provider.help:
        click.echo(f"  first: {found.provider.help}")
    if found.strangers:
        hosts = ", ".join(found.strangers)
        click.secho(f"  Look twice: {hosts} is outside {found.domain}. Your password would go there.", fg="yellow")
    elif not found.secure:
        click.secho("  Look twice: this was not told over a verified connection.", fg="yellow")
    click.echo()
    rows = [(str(each.source), each.where, each.outcome) for each in found.findings]
    print_table(rows, ("asked", "where", "outcome"))


def _told(found: Proposal) -> str:
    if found.source is Source.PRESET:
        return "a preset has its servers"
    return "a guess" if found.source is Source.GUESS else f"told by {found.source}"


def _values(found: Proposal) -> dict[str, Any]:
    return {
        "address": found.address,
        "source": str(found.source),
        "where": found.where,
        "secure": found.secure,
        "strangers": list(found.strangers),
        "provider": found.provider.id if found.provider else None,
        "username": found.username,
        "settings": found.settings(),
        "findings": [
            {"source": str(each.source), "where": each.where, "outcome": each.outcome} for each in found.findings
        ],
    }
