"""The folders of an account: LIST with roles, and counts in one round trip where the server can (RFC 5258, 5819)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import CommandError
from ..providers import Provider
from .answer import Answer, Untagged
from .client import Client
from .fetch import parse_number
from .names import decode_name, quote_name
from .roles import guessed_role, own_role, told_role
from .tokens import MalformedDataError, parse_data

MAX_FOLDERS = 10_000

_NIL = b"NIL"
"""A folder of that name, which a server need not quote."""

_ODD_NAME = re.compile(rb'\(([^()]*+)\) (NIL|"[^"]*+") (.+)', re.IGNORECASE)
_ODD_COUNTS = re.compile(rb"(.+) \(([^()]*+)\) *", re.IGNORECASE)
_QUOTED_DELIMITER = re.compile(rb'"\\?(.)"')

_UNSELECTABLE = frozenset(("\\noselect", "\\nonexistent"))


@dataclass(frozen=True, slots=True)
class FolderInfo:
    """A folder as the server lists it.

    :param path: Its whole name, decoded; what ``session.folder`` takes.
    :param delimiter: What parts the levels of a path; ``None`` if there is no hierarchy.
    :param role: ``sent``, ``drafts``, ``trash``, ``junk``, ``archive``, ``all`` or ``None``.
    :param selectable: Whether it can hold messages.
    :param messages: How many it holds, where that was asked for.
    :param unseen: How many of them are unread, where that was asked for.
    """

    path: str
    delimiter: str | None
    flags: frozenset[str]
    role: str | None
    selectable: bool
    messages: int | None = None
    unseen: int | None = None


def list_folders(client: Client, *, counts: bool) -> tuple[FolderInfo, ...]:
    """Return all folders, each role given once: to the folder that the server names, else to the first of that name.

    :raises CommandError: If the server refuses LIST.
    """
    answer, command = _ask(client, counts=counts)
    found = {info.path: info for info in map(_read, _limited(answer, command)) if info}
    folders = _with_guessed_roles(list(found.values()), client.net.account.provider)
    if not counts:
        return tuple(folders)
    known = _read_counts(answer)
    return tuple(_with_counts(client, info, known) for info in folders)


def status_counts(client: Client, path: str) -> tuple[int | None, int | None]:
    """Return how many messages a folder holds and how many are unread, without opening it."""
    answer = client.run("STATUS", quote_name(path), b"(MESSAGES UNSEEN)")
    return next(iter(_read_counts(answer).values()), (None, None))


def _ask(client: Client, *, counts: bool) -> tuple[Answer, str]:
    options = []
    if client.can("SPECIAL-USE") and client.can("LIST-EXTENDED"):
        options.append(b"SPECIAL-USE")
    if counts and client.can("LIST-STATUS"):
        options.append(b"STATUS (MESSAGES UNSEEN)")
    if options:
        answer = client.ask("LIST", b'"" "*" RETURN (' + b" ".join(options) + b")")
        if answer.status.condition == "OK":
            return answer, "LIST"
    command = "XLIST" if client.can("XLIST") and not client.can("SPECIAL-USE") else "LIST"
    return client.run(command, b'"" "*"'), command


def _limited(answer: Answer, command: str) -> list[Untagged]:
    return list(answer.of(command))[:MAX_FOLDERS]


def _read(response: Untagged) -> FolderInfo | None:
    values = _list_values(response)
    if len(values) < 3 or not isinstance(values[0], list) or isinstance(values[2], list):
        return None
    if values[2] == b"":
        return None  # the root of all folders, which none can be asked for
    flags = frozenset(flag.decode("ascii", "replace") for flag in values[0] if isinstance(flag, bytes))
    delimiter = values[1].decode("ascii", "replace") if isinstance(values[1], bytes) and values[1] else None
    inbox = any(flag.lower() == "\\inbox" for flag in flags)  # XLIST names it in the user's language
    return FolderInfo(
        path="INBOX" if inbox else decode_name(values[2] or _NIL),
        delimiter=delimiter,
        flags=flags,
        role=told_role(sorted(flags)),
        selectable=not _UNSELECTABLE & {flag.lower() for flag in flags},
    )


def _list_values(response: Untagged) -> list[Any]:
    """Return flags, delimiter and name; a name that the server should have quoted goes to the end of its line."""
    try:
        values = parse_data(response.pieces)
    except MalformedDataError:
        values = []
    if values and all(isinstance(value, list) for value in values[3:]):
        return values
    found = _ODD_NAME.fullmatch(response.text)
    if found is None or len(response.pieces) > 1:
        return []
    delimiter = _QUOTED_DELIMITER.fullmatch(found[2])
    return [found[1].split(), delimiter[1] if delimiter else None, _unquoted(found[3])]


def _status_values(response: Untagged) -> list[Any]:
    """Return a name and the counts of its folder, the name as in ``_list_values``."""
    try:
        values = parse_data(response.pieces)
    except MalformedDataError:
        values = []
    if len(values) == 2:
        return values
    found = _ODD_COUNTS.fullmatch(response.text) if len(response.pieces) == 1 else None
    return [_unquoted(found[1]), found[2].split()] if found else []


def _unquoted(name: bytes) -> bytes:
    return name[1:-1] if len(name) > 1 and name.startswith(b'"') and name.endswith(b'"') else name


def _with_guessed_roles(folders: list[FolderInfo], provider: Provider | None) -> list[FolderInfo]:
    """Give the roles that the server tells nothing of: by the provider's names first, then by those in general use."""
    names = provider.folders if provider else {}
    roles = {info.path: info.role for info in folders if info.role}
    guesses: tuple[Callable[[FolderInfo], str | None], ...] = (
        lambda info: own_role(info.path, info.delimiter, names),
        lambda info: guessed_role(info.path, info.delimiter),
    )
    for guess in guesses:
        for info in folders:
            role = guess(info) if info.selectable and info.path not in roles else None
            if role and role not in roles.values():
                roles[info.path] = role
    return [dataclasses.replace(info, role=roles.get(info.path)) for info in folders]


def _with_counts(client: Client, info: FolderInfo, known: dict[str, tuple[int | None, int | None]]) -> FolderInfo:
    if not info.selectable:
        return info
    counts = known.get(info.path)
    if counts is None:
        try:
            counts = status_counts(client, info.path)
        except CommandError:  # one odd folder must not hide the others
            return info
    return dataclasses.replace(info, messages=counts[0], unseen=counts[1])


def _read_counts(answer: Answer) -> dict[str, tuple[int | None, int | None]]:
    found = {}
    for response in answer.of("STATUS"):
        values = _status_values(response)
        if len(values) < 2 or isinstance(values[0], list) or not isinstance(values[1], list):
            continue
        pairs = zip(values[1][::2], values[1][1::2], strict=False)
        items = {name.upper(): value for name, value in pairs if isinstance(name, bytes)}
        found[decode_name(values[0] or _NIL)] = (_count(items.get(b"MESSAGES")), _count(items.get(b"UNSEEN")))
    return found


def _count(value: object) -> int | None:
    return parse_number(value) if value is not None else None
