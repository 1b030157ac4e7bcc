"""imaptest's scripts are replayed: what a right server says to each of their commands is understood, and means that."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager

import pytest

from flask_mailbox.account import Timeouts
from flask_mailbox.errors import CommandError, MailboxError
from flask_mailbox.imap import IMAPSession, Search
from flask_mailbox.imap.fetch import by_uid, parse_items, read_items
from flask_mailbox.imap.structure import list_parts

from ..imap.accounts import imap_account, session_of
from ..imap.scripts import GREETING, imap_script
from ..scripted import Client, Script, ScriptedServer, scripted
from .reading import FOLDER, UIDVALIDITY, ImapScript, Step, scripts

SELECTED = b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n* OK [UIDNEXT 100] ok\r\n"
WORDS = {"sort": b"SORT", "thread": b"THREAD=REFERENCES", "esearch": b"ESEARCH"}


@pytest.fixture(scope="module")
def known() -> list[ImapScript]:
    """All scripts."""
    return scripts()


def in_turn(steps: list[Step]) -> Script:
    """Return a server that answers one NOOP after the other as the steps say."""
    answers = iter(steps)

    def noop(client: Client, tag: bytes) -> None:
        step = next(answers, None)
        client.send(step.answer.replace(b"{tag}", tag) if step else tag + b" OK done\r\n")

    return imap_script({"NOOP": noop, "EXAMINE": SELECTED % (100, UIDVALIDITY)})


def answered(steps: list[Step], word: str) -> list[tuple[Step, list[bytes]]]:
    """The steps with answers of one name, and what follows it."""
    found = []
    for step in steps:
        told = [line for line in step.untagged if re.match(rb"(\d+ )?%b\b" % word.encode(), line, re.IGNORECASE)]
        if told:
            found.append((step, told))
    return found


def every_step(known: list[ImapScript]) -> list[Step]:
    return [step for script in known for step in script.steps]


def test_the_scripts_are_read(known: list[ImapScript]) -> None:
    steps = every_step(known)

    assert len(known) == 29
    assert len(steps) > 300
    assert sum(len(step.untagged) for step in steps) > 250
    assert {step.condition for step in steps} == {b"OK", b"NO", b"BAD"}
    assert not any(re.search(rb"\$(?!keyword|wild)[a-z{]", line) for step in steps for line in step.untagged)


def test_every_answer_is_understood_or_refused(known: list[ImapScript]) -> None:
    told = refused = 0
    for script in known:
        with scripted(in_turn(list(script.steps))) as server, session_of(imap_account(server.port)) as imap:
            assert imap.folder(FOLDER.decode()).uidvalidity == UIDVALIDITY
            for step in script.steps:
                try:
                    told += understood(imap, step)
                except CommandError:
                    assert step.condition != b"OK", (script.name, step)
                    refused += 1
            imap.noop()

            assert imap.is_reusable, script.name
    assert told > 250
    assert refused > 10


def understood(imap: IMAPSession, step: Step) -> int:
    """Read all that a server said to a step, and return how many answers that were."""
    with imap.operation() as client:
        before = client.wire.exists
        answer = client.run("NOOP")
        assert len(answer.untagged) == len(step.untagged), step
        for response in answer.of("FETCH"):
            items = read_items(response)
            assert items.keys() == parse_items(response).keys(), step
            list_parts(items.get(b"BODYSTRUCTURE") or items.get(b"BODY"))
        by_uid(answer.of("FETCH"))
        numbers = [int(line.split()[0]) for line in step.untagged if line.lower().endswith(b" exists")]
        gone = sum(line.lower().endswith(b" expunge") for line in step.untagged)
        assert client.wire.exists == max(0, (numbers[-1] if numbers else before) - gone), step
    return len(answer.untagged)


@pytest.mark.parametrize("word", ["search", "esearch"])
def test_what_was_found_is_found(known: list[ImapScript], word: str) -> None:
    seen = 0
    for step, told in answered(every_step(known), word):
        if word == "esearch" and b" all " not in told[0].lower():
            continue
        line = re.sub(rb"\(modseq \d+\)", b"", told[0].split(b" all ")[-1] if word == "esearch" else told[0][6:])
        expected = sorted(expanded(line.split()[0])) if word == "esearch" else sorted(map(int, line.split()))
        with answering("UID SEARCH", step, word) as server, session_of(imap_account(server.port)) as imap:
            assert list(imap.folder("INBOX").search(Search())) == expected, step
        seen += 1

    assert seen > (50 if word == "search" else 5)


def expanded(numbers: bytes) -> set[int]:
    """The numbers of a set such as ``1:3,5``."""
    found: set[int] = set()
    for part in numbers.split(b","):
        first, _, last = part.partition(b":")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def test_what_was_sorted_keeps_its_order(known: list[ImapScript]) -> None:
    seen = 0
    for step, (line,) in answered(every_step(known), "sort"):
        with answering("UID SORT", step, "sort") as server, session_of(imap_account(server.port)) as imap:
            assert list(imap.folder("INBOX").sort("subject")) == [int(number) for number in line.split()[1:]], step
        seen += 1

    assert seen == 8


def test_threads_have_all_their_messages_in_their_depth(known: list[ImapScript]) -> None:
    expected = {
        b"(1)(2)": [[(2, 0)], [(1, 0)]],
        b"(1 (2 3)(4))": [[(1, 0), (2, 1), (3, 2), (4, 1)]],
        b"(1 3 2)": [[(1, 0), (3, 1), (2, 2)]],
    }
    seen = 0
    for step, (line,) in answered(every_step(known), "thread"):
        tree = line.split(b" ", 1)[1]
        with answering("UID THREAD", step, "thread") as server, session_of(imap_account(server.port)) as imap:
            threads = [[(reply.uid, reply.depth) for reply in thread] for thread in imap.folder("INBOX").threads()]
        numbers = sorted(int(number) for number in re.findall(rb"\d+", tree))
        assert sorted(uid for thread in threads for uid, _ in thread) == numbers, step
        if tree in expected:
            assert threads == expected[tree], step
            seen += 1

    assert seen == len(expected)


def test_folders_are_listed_under_their_names(known: list[ImapScript]) -> None:
    seen = 0
    for step, told in answered(every_step(known), "list"):
        with answering("LIST", step, "list") as server, session_of(imap_account(server.port)) as imap:
            paths = [info.path for info in imap.folders()]
        names = [re.match(rb'list \([^)]*\) \S+ "?([^" ]*)', line) for line in told]
        wanted = {name[1].decode().replace("&AOQA5A-", "ää").replace("&AOQANA-", "ä4") for name in names if name}
        assert sorted(paths) == sorted(wanted - {""}), step
        seen += 1

    assert seen > 8


def test_numbers_of_a_folder_are_read(known: list[ImapScript]) -> None:
    seen = 0
    for step, (line, *_) in answered(every_step(known), "status"):
        counts = dict(re.findall(rb"(messages|unseen) (\d+)", line))
        if b"messages" not in counts:
            continue
        listed = b'* LIST () "/" imaptest\r\n'
        answers = {"LIST": listed, "STATUS": step.answer}
        with scripted(imap_script(answers)) as server, session_of(imap_account(server.port)) as imap:
            (info,) = imap.folders(counts=True)
        if line.split()[1] == FOLDER:
            assert info.messages == int(counts[b"messages"]), step
            assert info.unseen == (int(counts[b"unseen"]) if b"unseen" in counts else None), step
            seen += 1

    assert seen >= 3


def test_new_uids_are_taken_from_what_a_server_says_at_the_end(known: list[ImapScript]) -> None:
    codes = {step.code.split()[0]: step for step in every_step(known) if step.code.startswith(b"[")}
    append, copy = (next(step for code, step in codes.items() if word in code) for word in (b"appenduid", b"copyuid"))
    answers = {"APPEND": append.answer, "UID COPY": copy.answer}
    with scripted(appending(answers)) as server, session_of(imap_account(server.port)) as imap:
        assert imap.folder("INBOX").append(b"Subject: x\r\n\r\n") == 1
        assert dict(imap.folder("INBOX").copy([1], "other")) == {1: 2}


def appending(answers: dict[str, bytes]) -> Script:
    """Return a server that takes a message by LITERAL+."""

    def append(client: Client, tag: bytes) -> None:
        found = re.search(rb"\{(\d+)\+?\}", client._received[-1])
        assert found is not None
        client.read(int(found[1]) + 2)
        client.send(answers["APPEND"].replace(b"{tag}", tag))

    return imap_script({**answers, "APPEND": append})


def answering(command: str, step: Step, word: str) -> AbstractContextManager[ScriptedServer]:
    """Run a server that answers one command as a step says."""
    greeting = GREETING.replace(b"UIDPLUS", WORDS.get(word, b"UIDPLUS"))
    return scripted(imap_script({command: step.answer}, greeting=greeting))


def test_no_error_but_our_own_comes_of_an_answer_cut_anywhere(known: list[ImapScript]) -> None:
    """The same answers, each cut in the middle of its lines, are refused by an error of our tree."""
    seen = 0
    for step in every_step(known):
        for line in step.untagged[:1]:
            broken = b"* " + line[: len(line) * 2 // 3] + b"\r\n{tag} OK done\r\n"
            hasty = Timeouts(connect=2.0, read=0.1, operation=0.5)
            with (
                scripted(imap_script({"NOOP": broken})) as server,
                session_of(imap_account(server.port, timeouts=hasty)) as imap,
            ):
                try:
                    with imap.operation() as client:
                        answer = client.run("NOOP")
                        by_uid(answer.of("FETCH"))
                except MailboxError:
                    pass
            seen += 1
        if seen >= 100:
            break

    assert seen == 100
