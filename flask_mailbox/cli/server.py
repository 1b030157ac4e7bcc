"""``flask mailbox dev-server``: SMTP, IMAP and POP3 on loopback, in memory, no account needed."""

from __future__ import annotations

import json
import signal
import threading

import click

from ..errors import UsageError
from .output import json_option, print_json, told_errors


@click.command("dev-server")
@click.option(
    "--user",
    "users",
    multiple=True,
    metavar="ADDRESS=PASSWORD",
    default=("me@demo.test=demo",),
    show_default=True,
    help="An account of the server; may be given more than once. The password is also its OAuth2 access token.",
)
@click.option("--profile", metavar="NAME", help="Play the servers of a provider, such as 163, qq, gmail or outlook.")
@json_option
@told_errors
def dev_server(users: tuple[str, ...], profile: str | None, as_json: bool) -> None:
    """Run a mail server in memory until Ctrl-C, and print how to reach it."""
    from ..devserver import MailServer  # an extra: loaded only where it is asked for

    accounts = dict(map(_user, users))
    try:
        chosen = MailServer(accounts, tokens=accounts, profile=profile)
    except ValueError as error:
        raise UsageError(str(error)) from error
    with chosen as server:
        first = _user(users[0])[0]
        config = server.config(first)
        ended = _interrupted()  # before anything is printed: whoever reads it may interrupt at once
        if as_json:
            print_json(config)
        else:
            _print_config(config)
        ended.wait()


def _user(text: str) -> tuple[str, str]:
    address, equals, password = text.partition("=")
    if not (equals and "@" in address):
        raise UsageError(f"'{address}' is no user: write ADDRESS=PASSWORD, such as me@demo.test=demo.")
    return address, password


def _print_config(config: dict[str, object]) -> None:
    click.echo("A mail server runs until Ctrl-C. Start your app in another terminal with:\n")
    for key, value in config.items():
        text = value if isinstance(value, str) else json.dumps(value)
        click.echo(f"export FLASK_{key}='{text}'")
    click.echo()


def _interrupted() -> threading.Event:
    """Return what is set once the process is asked to end."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended
