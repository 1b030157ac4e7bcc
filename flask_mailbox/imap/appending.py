"""APPEND: putting a message into a folder (RFC 9051, 6.3.12; RFC 4315; RFC 7889)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable

from ..errors import MessageError
from .arguments import Argument, Literal, flag_list
from .client import Client
from .fetch import format_date_time, parse_number
from .names import quote_name

_BARE_END = re.compile(rb"(?<!\r)\n|\r(?!\n)")


def append(
    client: Client, path: str, data: bytes, *, flags: Iterable[str] = (), date: datetime.datetime | None = None
) -> int | None:
    """Put a message into a folder and return its uid, or ``None`` where the server does not tell (no UIDPLUS).

    :param data: The message; lone CR and LF become CR LF, as the protocol demands.
    :param date: When it arrived; now if not given.
    :raises MessageError: If the message is larger than the server takes, or contains NUL.
    :raises FolderNotFoundError: If there is no such folder; it is not created.
    """
    message = _BARE_END.sub(b"\r\n", data)
    _check(client, message)
    arguments: list[Argument] = [quote_name(path)]
    names = flag_list(flags)
    if names != b"()":
        arguments.append(names)
    if date is not None:
        arguments.append(format_date_time(date))
    answer = client.run("APPEND", *arguments, Literal(message))
    words = (answer.code("APPENDUID") or b"").split()
    return parse_number(words[1]) or None if len(words) == 2 else None


def _check(client: Client, message: bytes) -> None:
    if b"\0" in message:
        raise MessageError("The message contains a NUL, which IMAP does not carry. Encode its parts.")
    for capability in client.wire.capabilities:
        limit = parse_number(capability.removeprefix("APPENDLIMIT=").encode())
        if capability.startswith("APPENDLIMIT=") and 0 < limit < len(message):
            raise MessageError(f"The message has {len(message):,} bytes; the server files at most {limit:,}.")
