"""``flask mailbox watch``: print what happens in folders, until Ctrl-C."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext

from ..errors import ServiceError
from ..services.events import Arrived, Changed, Event
from .chosen import chosen
from .output import account_option, json_option, printable, shortened, told_errors

if TYPE_CHECKING:
    from ..accountmailbox import AccountMailbox
    from ..imap import Summary

MOST_SHOWN = 100


@click.command()
@click.option("--folder", "folders", multiple=True, help="A folder or role, if not INBOX; may be repeated.")
@click.option("--count", type=click.IntRange(1), help="End after so many events.")
@account_option
@json_option
@with_appcontext
@told_errors
def watch(folders: tuple[str, ...], count: int | None, account: str | None, as_json: bool) -> None:
    """Print what happens in a folder: messages that come, change or go; one JSON object a line with --json."""
    mailbox = chosen(account)
    with mailbox.watch(*folders) as watcher:
        if not as_json:
            names = ", ".join(folders or ("INBOX",))
            click.echo(f"Watching {names} of {mailbox.account.address}; Ctrl-C ends.", err=True)
        try:
            for event in itertools.islice(watcher, count):
                if as_json:
                    click.echo(json.dumps(event_values(event), ensure_ascii=False))
                else:
                    _print(mailbox, event)
        except KeyboardInterrupt:  # the usual end
            pass


def event_values(event: Event) -> dict[str, Any]:
    """Return an event as a mapping for JSON."""
    values: dict[str, Any] = {
        "event": type(event).__name__.lower(),
        "account": event.account.name,
        "folder": event.folder,
        "uidvalidity": event.uidvalidity,
        "uids": list(getattr(event, "uids", ())),
    }
    if isinstance(event, Changed):
        values["flags"] = {uid: sorted(flags) for uid, flags in event.flags.items()}
    return values | {"cursor": event.cursor}


def _print(mailbox: AccountMailbox, event: Event) -> None:
    name = type(event).__name__.lower()
    rows = _flag_words(event) if isinstance(event, Changed) else _described_uids(mailbox, event)
    for uid, words in rows.items():
        click.echo(printable(f"{event.folder}  {name}  {uid}  {words}").rstrip())


def _flag_words(event: Changed) -> dict[int, str]:
    return {uid: " ".join(sorted(flags)) for uid, flags in event.flags.items()}


def _described_uids(mailbox: AccountMailbox, event: Event) -> dict[int, str]:
    found = _summaries(mailbox, event) if isinstance(event, Arrived) else {}
    return {uid: _described(found[uid]) if uid in found else "" for uid in getattr(event, "uids", ())}


def _summaries(mailbox: AccountMailbox, event: Arrived) -> dict[int, Summary]:
    """Return what came; nothing where that cannot be read now."""
    try:
        with mailbox.imap() as imap:
            folder = imap.folder(event.folder)
            return {row.uid: row for row in folder.summaries(event.uids[:MOST_SHOWN], uidvalidity=event.uidvalidity)}
    except ServiceError:
        return {}


def _described(summary: Summary) -> str:
    return f"{shortened(', '.join(map(str, summary.from_)), 30)}  {shortened(summary.subject, 60)}"
