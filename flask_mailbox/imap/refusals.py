"""A refused command, told with the folder or the cure it is about; and imaplib's own errors as ours."""

from __future__ import annotations

import imaplib
import re
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import BusyError, CommandError, DisconnectedError, FolderNotFoundError, ProtocolError, ServiceError
from ..net.stream import Stream
from ..providers import advise
from .answer import Status
from .tokens import MalformedDataError

TRANSIENT_CODES = frozenset(("UNAVAILABLE", "INUSE", "SERVERBUG", "LIMIT", "THROTTLED"))
"""Codes of RFC 5530 and servers' own that ask to come back later."""

_ON_FOLDERS = frozenset(
    ("SELECT", "EXAMINE", "STATUS", "DELETE", "RENAME", "APPEND", "COPY", "UID COPY", "MOVE", "UID MOVE", "SUBSCRIBE")
)
_MISSING_CODES = frozenset(("NONEXISTENT", "TRYCREATE"))
_MISSING = re.compile(
    r"does ?n[o']t exist|no such|not found|unknown (?:mailbox|folder)|nonexist|non-exist|not selectable|"
    r"invalid (?:mailbox|folder)|no (?:mailbox|folder)|can't open|不存在",
    re.IGNORECASE,
)


def refused(stream: Stream, command: str, status: Status) -> CommandError:
    """Return the error for a command that ended in NO or BAD.

    :param command: The command's name, never its arguments.
    """
    advice = advise(stream.endpoint.protocol, status.text, provider=stream.account.provider)
    transient = status.code in TRANSIENT_CODES or (advice is not None and advice.transient)
    kind = _kind(command, status, known=advice is not None)
    text = f"The server refused {command}: {status.text or status.condition}"
    if kind is FolderNotFoundError:
        text = f"There is no such folder: {status.text or status.condition}"
    return stream.error(
        kind,
        text,
        command=command,
        code=status.code,
        server_text=status.text,
        transient=transient,
        hint=advice.hint if advice else "",
        category=advice.category if advice else None,
    )


def said_goodbye(stream: Stream, status: Status) -> ServiceError:
    """Return the error for a BYE that nobody asked for."""
    advice = advise(stream.endpoint.protocol, status.text, provider=stream.account.provider)
    return stream.error(
        DisconnectedError,
        f"The server ended the session: {status.text or 'BYE'}",
        hint=advice.hint if advice else "",
        category=advice.category if advice else None,
        transient=advice.transient if advice else True,
    )


@contextmanager
def translated(stream: Stream) -> Iterator[None]:
    """Turn what the libraries raise into our errors: an answer that cannot be read breaks the stream."""
    try:
        yield
    except imaplib.IMAP4.abort as error:
        stream.broken = True
        raise stream.error(DisconnectedError, "The session ended in the middle of a command.") from error
    except imaplib.IMAP4.error as error:
        stream.broken = True
        raise stream.error(ProtocolError, "The server's answer could not be understood.") from error
    except (MalformedDataError, RecursionError) as error:
        stream.broken = True
        raise stream.error(ProtocolError, f"The server's answer could not be understood: {error}.") from error


def _kind(command: str, status: Status, *, known: bool) -> type[CommandError]:
    if status.code in ("INUSE", "LIMIT", "THROTTLED"):
        return BusyError
    if command in _ON_FOLDERS and (status.code in _MISSING_CODES or (not known and _MISSING.search(status.text))):
        return FolderNotFoundError
    return CommandError
