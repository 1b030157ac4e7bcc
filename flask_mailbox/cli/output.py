"""What the commands print: aligned text for people, JSON for programs, errors in one shape."""

from __future__ import annotations

import functools
import json
import os
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ParamSpec, TypeVar

import click

from ..errors import ConfigurationError, MailboxError, ServiceError

P = ParamSpec("P")
R = TypeVar("R")


def print_json(value: Any) -> None:
    """Print a value as indented JSON in plain UTF-8."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_table(rows: Iterable[Sequence[object]], headings: Sequence[str]) -> None:
    """Print rows under headings, columns aligned also where characters are two cells wide."""
    lines = [[printable(str(cell)) for cell in row] for row in rows]
    widths = [max(map(_cells, column)) for column in zip(headings, *lines, strict=True)]
    click.secho(_aligned(headings, widths), bold=True)
    for line in lines:
        click.echo(_aligned(line, widths))


def shortened(text: str, cells: int) -> str:
    """Return text cut to a number of terminal cells, with an ellipsis where it was cut."""
    if _cells(text) <= cells:
        return text
    kept = ""
    for character in text:
        if _cells(kept + character) >= cells:
            break
        kept += character
    return kept + "…"


def json_option(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the option ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")(command)


def account_option(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the option ``--account``."""
    return click.option("--account", "-a", metavar="NAME", help="A configured account; the default one if left out.")(
        command
    )


def language_option(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the option ``--language``, which is that of the terminal where it is left out."""
    return click.option(
        "--language",
        default=lambda: next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "en"),
        help="Of the advice: en or zh; by default that of the terminal (LANG).",
    )(command)


def told_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Print an error of ours as what happened and what to do, and exit with 1."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except MailboxError as error:
            if kwargs.get("as_json"):
                print_json({"error": error_values(error)})
            else:
                _print_error(error)
            raise SystemExit(1) from error

    return wrapper


def error_values(error: MailboxError) -> dict[str, Any]:
    """Return an error as a mapping for JSON."""
    values: dict[str, Any] = {"type": type(error).__name__, "text": str(error)}
    if isinstance(error, ConfigurationError):
        values["problems"] = list(error.problems)
    if isinstance(error, ServiceError):
        names = ("text", "account", "protocol", "host", "transient", "hint", "category")
        values |= {name: getattr(error, name) for name in names}
    return values


def _print_error(error: MailboxError) -> None:
    if isinstance(error, ConfigurationError):
        for problem in error.problems:
            click.secho(f"✗ {problem}", fg="red", err=True)
        return
    click.secho(f"✗ {error.text if isinstance(error, ServiceError) else error}", fg="red", err=True)
    if isinstance(error, ServiceError):
        where = ", ".join(filter(None, (error.account and f"account '{error.account}'", error.protocol, error.host)))
        if where:
            click.echo(f"  where: {where}", err=True)
        if error.hint:
            click.echo(f"  to do: {error.hint}", err=True)


def printable(text: str) -> str:
    """Return text without control characters: a subject must not move the cursor."""
    return "".join(character if character.isprintable() else " " for character in text)


def _cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - _cells(cell)) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()
