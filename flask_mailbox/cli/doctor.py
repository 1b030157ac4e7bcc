"""``flask mailbox doctor``: every leg of an account tested, each step with its time and plain advice."""

from __future__ import annotations

import dataclasses

import click
from flask import current_app
from flask.cli import with_appcontext

from ..errors import UsageError
from ..services.check import Step, check_account
from .output import account_option, json_option, language_option, print_json, told_errors

_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("–", "yellow")}


@click.command()
@click.option("--send", is_flag=True, help="Send a message to the account itself and find it again.")
@language_option
@account_option
@json_option
@with_appcontext
@told_errors
def doctor(send: bool, language: str, account: str | None, as_json: bool) -> None:
    """Test the mailbox: names, TLS, sign-in, folders, and with --send a message there and back.

    Exits with 0 only if all is well.
    """
    state = current_app.extensions.get("mailbox")
    if state is None:
        raise UsageError(f"The app '{current_app.name}' has no mailbox: call Mailbox(app) where it is made.")
    tested = state.settings.account(account)
    if not as_json:
        click.secho(f"Account '{tested.name}' {tested.address}", bold=True)
    steps: list[Step] = []
    for step in check_account(tested, send=send, language=language):
        steps.append(step)
        if not as_json:
            _print_step(step)
    well = bool(steps) and all(step.ok is not False for step in steps) and any(step.ok for step in steps)
    if as_json:
        print_json({"account": tested.name, "ok": well, "steps": [dataclasses.asdict(step) for step in steps]})
    else:
        click.secho("All is well." if well else "Something needs your attention.", bold=True)
    if not well:
        raise SystemExit(1)


def _print_step(step: Step) -> None:
    mark, colour = _MARKS[step.ok]
    time = f"{step.seconds * 1000:6.0f} ms"
    click.echo(f"{click.style(mark, fg=colour)} {step.leg:<4} {step.name:<8} {time}  {step.detail}")
    if step.hint:
        click.echo(f"{'':>26}to do: {step.hint}")
