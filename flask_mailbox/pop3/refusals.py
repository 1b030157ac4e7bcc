"""A refused POP3 command, told apart by its response code: come back later, wrong password, broken maildrop."""

from __future__ import annotations

import poplib
import re
from dataclasses import dataclass

from ..auth import decode_server_text, refused_login
from ..errors import BusyError, CommandError, ServiceError
from ..net.stream import Stream
from ..providers import advise


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a response code says about the cause, and what to do about it."""

    category: str
    hint: str
    transient: bool = True


MEANINGS = {
    # RFC 2449, 8.1, and RFC 3206, 4; AUTH is left to the error table of the providers
    "IN-USE": Meaning("mailbox_in_use", "Another program has the maildrop open: try again when it is done."),
    "LOGIN-DELAY": Meaning("rate_limited", "Wait before the next sign-in; the server sets the least interval."),
    "SYS/TEMP": Meaning("temporary", "The server has a passing problem: try again later."),
    "SYS/PERM": Meaning(
        "server_failure", "The server cannot open this maildrop: ask the people who run it.", transient=False
    ),
}

_CODE = re.compile(r"-ERR\s+\[([A-Za-z0-9/-]+)\]")


def response_code(line: str) -> str:
    """Return the response code of a refusal (RFC 2449, 8), or an empty text."""
    found = _CODE.match(line)
    return found[1].upper() if found else ""


def refusal_line(error: poplib.error_proto) -> str:
    """Return the server's line that a refused command ended with."""
    said = error.args[0] if error.args else b""
    return decode_server_text(said if isinstance(said, bytes) else str(said).encode())


def refused(stream: Stream, command: str, line: str) -> CommandError:
    """Return the error for a command that was answered with ``-ERR``.

    :param command: The command's name, never its arguments.
    :param line: The whole answer, as ``refusal_line`` gives it.
    """
    return _error(stream, f"The server refused {command}: {_words(line)}", command, line)


def refused_connection(stream: Stream, line: str) -> CommandError:
    """Return the error for a server that greets with ``-ERR``: unless it says otherwise, it may be a matter of time."""
    return _error(stream, f"The server refused the connection: {_words(line)}", "", line, transient=True)


def refused_sign_in(stream: Stream, line: str) -> ServiceError:
    """Return the error for a refused sign-in; only a credential that was refused is an ``AuthenticationError``."""
    code = response_code(line)
    meaning = MEANINGS.get(code)
    advice = advise(stream.endpoint.protocol, _words(line), provider=stream.account.provider)
    if meaning is None or (advice is not None and not meaning.transient):
        return refused_login(stream, _words(line), code=code)
    asked = "asks to sign in later" if meaning.transient else "cannot let anybody sign in"
    return _error(stream, f"The server {asked}: {_words(line)}", "login", line)


def _error(stream: Stream, text: str, command: str, line: str, *, transient: bool = False) -> CommandError:
    code = response_code(line)
    meaning = MEANINGS.get(code, Meaning("temporary", "Try again later.") if transient else None)
    return stream.error(
        BusyError if meaning is not None and meaning.transient else CommandError,
        text,
        command=command,
        code=code,
        server_text=line,
        hint=f"{meaning.hint} {_least_interval(stream, code)}".strip() if meaning else "",
        category=meaning.category if meaning else None,
    )


def _least_interval(stream: Stream, code: str) -> str:
    """Return how long the provider is known to want between two sign-ins."""
    provider = stream.account.provider
    seconds = provider.limit("pop_login_delay_seconds") if provider and code == "LOGIN-DELAY" else None
    return f"{provider.name} wants {seconds // 60} minutes between two sign-ins." if provider and seconds else ""


def _words(line: str) -> str:
    return line.removeprefix("-ERR").strip()
