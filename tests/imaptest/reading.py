"""Reads imaptest's scripts: commands with the answers that a right server gives to them.

A script has a header, then commands such as ``ok fetch 1 flags`` (with several connections, ``2 ok noop``), each with
the untagged answers that must come (``*``), may come (``?``) or must not (``!``). Text over several lines stands
between ``{{{`` and ``}}}``; what varies from server to server is a variable.
"""

from __future__ import annotations

import contextlib
import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..message.corpora import corpora_root

FOLDER = b"imaptest"
UIDVALIDITY = 7
_HEADER = re.compile(r"(\w+): *(.*)")
_COMMAND = re.compile(rb'(?:(\d+) )?(?:(ok|no|bad|"") )?([a-z].*)', re.IGNORECASE | re.DOTALL)
_REPLY = re.compile(rb"(?:(\d+) )?(ok|no|bad)(?: (.*))?", re.IGNORECASE | re.DOTALL)
_TEXT = re.compile(rb"\{\{\{\n(.*?\n)\}\}\}", re.DOTALL)
_UNTAGGED = re.compile(rb"(?:\d+ )?([*!?]) (.*)", re.DOTALL)
_VARIABLE = re.compile(rb"\$(?:\{(\w+)\}|([a-z_]+\d*|\d+))")
_VALUES = {
    b"mailbox": FOLDER,
    b"mailbox_url": FOLDER,
    b"sep": b"/",
    b"root": b'""',
    b"tag": b"{tag}",
    b"uidvalidity": b"%d" % UIDVALIDITY,
    b"uidv": b"%d" % UIDVALIDITY,
    b"uidnext": b"100",
    b"uid": b"1",
    b"srcuid": b"1",
}


@dataclass
class Step:
    """A command and what a server says to it.

    :param condition: How it ends: ``OK``, ``NO`` or ``BAD``.
    :param code: The text of its end, with a code if that matters.
    :param untagged: The answers that come, without their ``*``.
    """

    command: bytes
    condition: bytes = b"OK"
    code: bytes = b"done"
    untagged: list[bytes] = field(default_factory=list)

    @property
    def answer(self) -> bytes:
        """All that the server sends, with ``{tag}`` for the tag."""
        lines = [b"* " + line for line in self.untagged] + [b"{tag} " + self.condition + b" " + self.code]
        return b"".join(line + b"\r\n" for line in lines)


@dataclass(frozen=True)
class ImapScript:
    """One script.

    :param capabilities: What the server must have.
    """

    name: str
    capabilities: tuple[str, ...]
    steps: tuple[Step, ...]


def scripts() -> list[ImapScript]:
    """Return all scripts of the corpora, in order."""
    folder = corpora_root() / "imaptest/expected/src/tests"
    return [read(path) for path in sorted(folder.iterdir()) if path.suffix != ".mbox"]


def read(path: Path) -> ImapScript:
    """Read a script, its variables filled in."""
    header: dict[str, str] = {}
    steps: list[Step] = []
    for line in lines(path.read_bytes()):
        found = _HEADER.fullmatch(line.decode("latin-1")) if not steps else None
        if found:
            header[found[1]] = found[2]
            continue
        untagged = _UNTAGGED.fullmatch(line)
        if untagged:
            if untagged[1] != b"!":
                steps[-1].untagged.append(filled(untagged[2], messages(path)))
        elif steps and (reply := _REPLY.fullmatch(line)) and not _is_command(reply[3]):
            steps[-1].condition = reply[2].upper()
            steps[-1].code = filled(reply[3] or b"done", messages(path)) + b" text"
        else:
            command = _COMMAND.fullmatch(line)
            assert command is not None, line
            condition = (command[2] or b"ok").upper().replace(b'""', b"OK")
            steps.append(Step(filled(command[3], messages(path)), condition))
    return ImapScript(path.name, tuple(header.get("capabilities", "").upper().split()), tuple(steps))


def _is_command(rest: bytes | None) -> bool:
    """Whether what follows ``ok`` is a command, and no text with a code."""
    return rest is not None and not rest.startswith(b"[")


def lines(raw: bytes) -> Iterator[bytes]:
    """Yield the lines that say something, those with text between ``{{{`` and ``}}}`` whole."""
    open_line = b""
    for line in raw.replace(b"\r\n", b"\n").split(b"\n"):
        if not open_line and (not line.strip() or line.startswith(b"#")):
            continue
        open_line += line
        if open_line.count(b"{{{") > open_line.count(b"}}}"):
            open_line += b"\n"
            continue
        yield open_line
        open_line = b""


def messages(path: Path) -> list[bytes]:
    """Return the messages that a script puts into its folder."""
    box = path.with_suffix(".mbox")
    if not box.is_file():
        return []
    with contextlib.closing(mailbox.mbox(box, create=False)) as found:
        return [bytes(message).replace(b"\n", b"\r\n") for message in found]


def filled(line: bytes, inbox: list[bytes]) -> bytes:
    """Return a line as it goes over the wire: text as a literal, a value for each variable."""
    line = re.sub(rb"\$!(?:unordered|ban=\S+?)(?=[ )])[ ]?", b"", line)
    line = line.replace(b"$$", b"$\0").replace(b") $sep ", b') "$sep" ')
    line = _TEXT.sub(lambda found: literal(found[1].replace(b"\n", b"\r\n")), line)
    return _VARIABLE.sub(lambda found: value(found[1] or found[2], inbox), line).replace(b"$\0", b"$")


def literal(data: bytes) -> bytes:
    """Return data as a literal."""
    return b"{%d}\r\n%b" % (len(data), data)


def value(name: bytes, inbox: list[bytes]) -> bytes:
    """Return what stands for a variable."""
    kind, number = name.rstrip(b"0123456789"), name[len(name.rstrip(b"0123456789")) :]
    if name in _VALUES:
        return _VALUES[name]
    if kind in (b"", b"uid"):
        return number
    if kind == b"date":
        return b'"2%b-Mar-2007 23:00:00 +0200"' % number
    if kind in (b"full", b"hdr", b"body"):
        whole = inbox[int(number) - 1]
        head, gap, body = whole.partition(b"\r\n\r\n")
        return literal({b"full": whole, b"hdr": head + gap, b"body": body}[kind])
    return b"%d" % (1000 + int(number or b"0"))  # modification sequences
