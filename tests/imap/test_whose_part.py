"""A part, a batch of messages and a row of a list are never another's, whatever else a server answers."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest

from flask_mailbox.errors import (
    CommandError,
    MessageError,
    MessageNotFoundError,
    ProtocolError,
    UIDValidityChangedError,
)
from flask_mailbox.imap import IMAPSession

from ..scripted import Client, Script, scripted
from .accounts import imap_account, session_of
from .scripts import imap_script

STRUCTURE = b'* 2 FETCH (UID 2 BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1))\r\n'
WHOLE = b"Subject: right\r\n\r\nright\r\n"

OTHERS = {
    "nothing": b"",
    "flags without a uid": b"* 1 FETCH (FLAGS (\\Seen))\r\n",
    "flags alone": b"* 2 FETCH (UID 2 FLAGS ())\r\n",
    "nil": b"* 2 FETCH (UID 2 %s NIL)\r\n",
    "another's": b"* 1 FETCH (UID 1 %s %l)\r\n",
    "another's, the uid last": b"* 1 FETCH (%s %l UID 1)\r\n",
    "nobody's": b"* 2 FETCH (%s %l)\r\n",
    "a message without a number": b"* 0 FETCH (UID 2 %s %l)\r\n",
    "another section": b"* 2 FETCH (UID 2 BODY[2] %l)\r\n",
    "a later range": b"* 2 FETCH (UID 2 %s<3> %l)\r\n",
    "a literal elsewhere": b'* LIST () "/" %l\r\n',
    "the name in a string": b'* 1 FETCH (UID 1 X "UID 2 %s" BODY[2] %l)\r\n',
    "gone": b"* 2 EXPUNGE\r\n",
}
"""Answers in which the section that was asked for does not come; ``%s`` is its name, ``%l`` some literal."""

AMONG = {
    "alone": b"",
    "flags of another": b"* 1 FETCH (FLAGS (\\Seen))\r\n",
    "flags first": b"* 2 FETCH (FLAGS (\\Seen) UID 2)\r\n",
    "a list": b'* LIST () "/" {3}\r\nabc\r\n',
    "another's": b"* 1 FETCH (UID 1 %s %l)\r\n",
    "another section": b"* 2 FETCH (UID 2 BODY[2] %l)\r\n",
    "an arrival": b"* 9 EXISTS\r\n",
    "twice": b"* 2 FETCH (UID 2 %s %r)\r\n",
    "twice in one": b"* 2 FETCH (UID 2 %s %r %s %r)\r\n",
}
"""Answers in front of the right one; ``%r`` is what is right."""

FORMS = {
    "literal": b"* 2 FETCH (UID 2 %s %r)\r\n",
    "uid last": b"* 2 FETCH (%s %r UID 2)\r\n",
    "lower case": b"* 2 fetch (uid 2 %s %r)\r\n",
    "8-bit literal": b"* 2 FETCH (UID 2 %s ~%r)\r\n",
    "others around": b'* 2 FETCH (UID 2 X-O (a (b "c)") {2}\r\n)() %s %r FLAGS ())\r\n',
    "from the beginning": b"* 2 FETCH (UID 2 %s<0> %r)\r\n",
}
"""Forms of the right answer."""


def written(text: bytes, name: bytes, right: bytes) -> bytes:
    text = text.replace(b"%s", name).replace(b"%l", b"{5}\r\nwrong")
    return text.replace(b"%r", b"{%d}\r\n%b" % (len(right), right))


def answering(answer: bytes) -> Script:
    """A server with one message of one part, which answers so when its content is asked for."""

    def fetch(client: Client, tag: bytes) -> None:
        line = client._received[-1]
        if b"BODYSTRUCTURE)" in line:
            client.send(STRUCTURE)
        elif b"RFC822.SIZE)" in line:
            client.send(b"* 2 FETCH (UID 2 RFC822.SIZE 25)\r\n")
        else:
            client.send(answer)
        client.send(tag + b" OK done\r\n")

    return imap_script({"UID FETCH": fetch})


@pytest.fixture
def file() -> io.BytesIO:
    return io.BytesIO()


def opened(answer: bytes) -> Iterator[IMAPSession]:
    with scripted(answering(answer)) as server, session_of(imap_account(server.port)) as imap:
        yield imap


@pytest.mark.parametrize("name", OTHERS)
def test_without_its_own_answer_no_part_is_saved(name: str, file: io.BytesIO) -> None:
    for imap in opened(written(OTHERS[name], b"BODY[1]", b"")):
        with pytest.raises((MessageNotFoundError, ProtocolError)) as raised:
            imap.folder("INBOX").save_part(2, "1", file)

        assert imap.is_reusable == isinstance(raised.value, MessageNotFoundError)
        assert file.getvalue() == b"" or not imap.is_reusable


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", AMONG)
def test_a_saved_part_is_the_right_one_or_an_error(name: str, form: str, file: io.BytesIO) -> None:
    answer = written(AMONG[name] + FORMS[form], b"BODY[1]", b"right")
    harmless = name not in ("another's", "another section", "twice", "twice in one")
    for imap in opened(answer):
        if harmless:
            assert imap.folder("INBOX").save_part(2, "1", file) == 5
            assert file.getvalue() == b"right"
            assert imap.is_reusable
        else:
            with pytest.raises(ProtocolError):
                imap.folder("INBOX").save_part(2, "1", file)
            assert not imap.is_reusable


def test_a_short_part_may_come_as_a_string(file: io.BytesIO) -> None:
    for imap in opened(b'* 2 FETCH (UID 2 BODY[1] "right")\r\n'):
        assert imap.folder("INBOX").save_part(2, "1", file) == 5
        assert file.getvalue() == b"right"


def test_what_comes_beside_a_streamed_part_stays_small(file: io.BytesIO) -> None:
    answer = written(FORMS["literal"], b"BODY[1]", b"right") + b"* 2 FETCH (UID 2 X {500000000}\r\n"
    for imap in opened(answer):
        with pytest.raises(ProtocolError, match="announced 500,000,000"):
            imap.folder("INBOX").save_part(2, "1", file)


@pytest.mark.parametrize("name", OTHERS)
def test_without_its_own_answer_no_part_is_read(name: str) -> None:
    for imap in opened(written(OTHERS[name], b"BODY[1]", b"")):
        with pytest.raises((MessageNotFoundError, ProtocolError)):
            imap.folder("INBOX").open_part(2, "1").read()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", AMONG)
def test_a_part_that_is_read_is_the_right_one_or_an_error(name: str, form: str) -> None:
    for imap in opened(written(AMONG[name] + FORMS[form], b"BODY[1]", b"right")):
        if form == "from the beginning":  # it comes again when what follows is asked for
            with pytest.raises(ProtocolError):
                imap.folder("INBOX").open_part(2, "1").read()
        else:
            assert imap.folder("INBOX").open_part(2, "1").read() == b"right"


def test_a_server_that_knows_no_ranges_never_makes_a_part_longer() -> None:
    whole = b"* 2 FETCH (UID 2 BODY[1] {1500000}\r\n" + b"x" * 1_500_000 + b")\r\n"
    for imap in opened(whole):
        with pytest.raises(ProtocolError, match="another range"):
            imap.folder("INBOX").open_part(2, "1").read()

        assert not imap.is_reusable


def test_a_part_without_end_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flask_mailbox.imap.partreader.MAX_PART", 3_000_000)

    def fetch(client: Client, tag: bytes) -> None:
        asked = re.search(rb"<(\d+)\.", client._received[-1])
        client.send(more(int(asked[1])) if asked else STRUCTURE)
        client.send(tag + b" OK done\r\n")

    def more(offset: int) -> bytes:
        return b"* 2 FETCH (UID 2 BODY[1]<%d> {1048576}\r\n" % offset + b"x" * 1_048_576 + b")\r\n"

    with scripted(imap_script({"UID FETCH": fetch})) as server, session_of(imap_account(server.port)) as imap:
        file = imap.folder("INBOX").open_part(2, "1")
        with pytest.raises(MessageError, match="3,000,000"):
            file.read()


def test_a_folder_made_anew_in_between_gives_no_part_of_another_message() -> None:
    validity = iter([7, 7, 8, 8, 8])

    def examine(client: Client, tag: bytes) -> None:
        client.send(b"* 3 EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n" % next(validity) + tag + b" OK done\r\n")

    def fetch(client: Client, tag: bytes) -> None:
        asked = re.search(rb"<(\d+)\.", client._received[-1])
        part = b"* 2 FETCH (UID 2 BODY[1]<%b> {1048576}\r\n" % (asked[1] if asked else b"")
        client.send(part + b"x" * 1_048_576 + b")\r\n" if asked else STRUCTURE)
        client.send(tag + b" OK done\r\n")

    script = imap_script({"UID FETCH": fetch, "EXAMINE": examine})
    with scripted(script) as server, session_of(imap_account(server.port)) as imap:
        folder = imap.folder("INBOX")
        file = folder.open_part(2, "1")
        assert len(file.read(1_048_576)) == 1_048_576
        folder.page()  # the folder's own idea of it changes, that of the open file does not
        with pytest.raises(UIDValidityChangedError):
            file.read()


@pytest.mark.parametrize("act", ["messages", "replace"])
def test_a_folder_made_anew_in_between_loses_no_message_of_its_own(act: str) -> None:
    validity = iter([7, 8, 8])

    def open_folder(client: Client, tag: bytes) -> None:
        client.send(b"* 3 EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n" % next(validity) + tag + b" OK done\r\n")

    def append(client: Client, tag: bytes) -> None:
        client.read(len(WHOLE) + 2)
        client.send(tag + b" OK done\r\n")

    answers = {"UID FETCH": b"* 2 FETCH (UID 2 RFC822.SIZE 25 FLAGS ())\r\n", "APPEND": append}
    script = imap_script({"EXAMINE": open_folder, "SELECT": open_folder, **answers})
    with scripted(script) as server, session_of(imap_account(server.port)) as imap:
        folder = imap.folder("INBOX")
        with pytest.raises(UIDValidityChangedError):
            list(folder.messages([2])) if act == "messages" else folder.replace(2, WHOLE)

        assert not any(b"STORE" in line or b"EXPUNGE" in line for line in server.received)


@pytest.mark.parametrize("name", [name for name in OTHERS if name not in ("another section", "a later range")])
def test_without_its_own_answer_a_message_is_left_out_of_many(name: str) -> None:
    for imap in opened(written(OTHERS[name], b"BODY[]", b"")):
        assert list(imap.folder("INBOX").messages([2])) == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", AMONG)
def test_among_other_answers_the_right_message_of_many_is_found(name: str, form: str) -> None:
    for imap in opened(written(AMONG[name] + FORMS[form], b"BODY[]", WHOLE)):
        found = [(uid, message.subject) for uid, message in imap.folder("INBOX").messages([1, 2])]
        assert found == [(2, "right")]


HEADER = b"BODY[HEADER.FIELDS (SUBJECT FROM TO DATE MESSAGE-ID)]"


@pytest.mark.parametrize("name", [name for name in OTHERS if name not in ("another section", "a later range")])
def test_without_its_own_answer_there_is_no_summary(name: str) -> None:
    for imap in opened(written(OTHERS[name], HEADER, b"")):
        assert imap.folder("INBOX").summaries([2]) == ()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", AMONG)
def test_among_other_answers_the_right_summary_is_found(name: str, form: str) -> None:
    for imap in opened(written(AMONG[name] + FORMS[form], HEADER, b"Subject: right\r\n\r\n")):
        assert [summary.subject for summary in imap.folder("INBOX").summaries([2])] == ["right"]


# A refusal is told, and never taken for an empty answer


REFUSED = (
    b"{tag} NO [THROTTLED] later\r\n",
    b"* 1 FETCH (FLAGS (\\Seen))\r\n{tag} NO [THROTTLED] later\r\n",
    b"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n{tag} NO [THROTTLED] later\r\n",
    b"* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n{tag} NO [THROTTLED] later\r\n",
)


@pytest.mark.parametrize("answer", REFUSED)
def test_a_refused_message_is_not_taken_for_one_that_is_gone(answer: bytes) -> None:
    with scripted(imap_script({"UID FETCH": answer})) as server, session_of(imap_account(server.port)) as imap:
        with pytest.raises(CommandError) as raised:
            imap.folder("INBOX").raw(2)

        assert raised.value.code == "THROTTLED"
        assert raised.value.transient
        assert imap.is_reusable


@pytest.mark.parametrize("answer", REFUSED)
def test_a_refused_batch_is_an_error(answer: bytes) -> None:
    def fetch(client: Client, tag: bytes) -> None:
        if b"RFC822.SIZE)" in client._received[-1]:
            client.send(b"* 2 FETCH (UID 2 RFC822.SIZE 25)\r\n" + tag + b" OK done\r\n")
        else:
            client.send(answer.replace(b"{tag}", tag))

    with scripted(imap_script({"UID FETCH": fetch})) as server, session_of(imap_account(server.port)) as imap:
        with pytest.raises(CommandError):
            list(imap.folder("INBOX").messages([2]))

        assert imap.is_reusable
