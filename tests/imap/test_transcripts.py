"""Recorded conversations of many servers are understood, each line of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flask_mailbox.errors import MailboxError
from flask_mailbox.imap.fetch import by_uid, read_items
from flask_mailbox.imap.structure import list_parts

from ..message.corpora import corpora_root
from ..scripted import scripted
from .accounts import imap_account, session_of
from .scripts import GREETING, imap_script

_TAG = re.compile(rb"^A#{4,}", re.MULTILINE)


def transcripts() -> list[Path]:
    """The recorded IMAP conversations, in order."""
    return sorted(corpora_root().glob("mailkit-transcripts/expected/UnitTests/Net/Imap/Resources/*/*.txt"))


def answer_of(path: Path) -> bytes:
    """A recorded answer with CR LF line ends and a place for our tag; empty if it is none to one command."""
    raw = path.read_bytes()
    data = next((form for form in (re.sub(rb"\r?\n", b"\r\n", raw), raw) if fits(form)), b"")
    return _TAG.sub(b"{tag}", data) if len(_TAG.findall(data)) == 1 else b""


def fits(data: bytes) -> bool:
    """Whether each literal is as long as announced: some of the files changed their line ends on the way."""
    while found := re.search(rb"\{(\d+)\}\r?\n", data):
        data = data[found.end() + int(found[1]) :]
        if not re.match(rb"\)| [\w(\"]", data):
            return False
    return True


def test_every_recorded_answer_is_understood_or_refused() -> None:
    failed, seen = [], 0
    for path in transcripts():
        answer = answer_of(path)
        if not answer:
            continue
        with scripted(imap_script({"NOOP": answer})) as server, session_of(imap_account(server.port)) as imap:
            try:
                with imap.operation() as client:
                    found = client.ask("NOOP")
                    rows = by_uid(found.of("FETCH"))
                    for items in [*rows.values(), *map(read_items, found.of("FETCH"))]:
                        list_parts(items.get(b"BODYSTRUCTURE") or items.get(b"BODY"))
            except MailboxError as error:
                failed.append(f"{path.parent.name}/{path.name}: {error}")
        seen += 1

    assert failed == []
    assert seen > 50


def test_every_recorded_list_of_folders_is_understood() -> None:
    seen = 0
    for path in transcripts():
        answer = answer_of(path)
        command = "XLIST" if answer.startswith(b"* XLIST") else "LIST"
        if not answer.startswith(b"* " + command.encode()):
            continue
        greeting = GREETING.replace(b"MOVE", b"XLIST") if command == "XLIST" else GREETING
        script = imap_script({command: answer}, greeting=greeting)
        with scripted(script) as server, session_of(imap_account(server.port)) as imap:
            folders = imap.folders()

        lines = {line for line in answer.split(b"\r\n") if line.startswith(b"* " + command.encode())}
        named = {line for line in lines if not line.endswith(b' ""')}  # the root of all has no name
        assert len(folders) == len(named), path
        assert sum(info.path == "INBOX" for info in folders) <= 1
        seen += 1

    assert seen > 5


def test_every_recorded_opening_of_a_folder_is_understood() -> None:
    for path in transcripts():
        if not path.name.startswith(("select", "examine")) or not (answer := answer_of(path)):
            continue
        with scripted(imap_script({"EXAMINE": answer})) as server, session_of(imap_account(server.port)) as imap:
            if b"{tag} OK" in answer:
                found = re.search(rb"UIDVALIDITY (\d+)", answer)
                assert imap.folder("INBOX").uidvalidity == (int(found[1]) if found else 0), path
            else:
                with pytest.raises(MailboxError):
                    imap.folder("INBOX").page()


def test_every_recorded_greeting_is_taken() -> None:
    for path in transcripts():
        if path.name not in ("greeting.txt", "capability-greeting.txt"):
            continue
        greeting = re.sub(rb"\r?\n", b"\r\n", path.read_bytes())
        answers = {"CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"}
        with scripted(imap_script(answers, greeting=greeting)) as server, session_of(imap_account(server.port)) as imap:
            imap.noop()
