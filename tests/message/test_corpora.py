"""Messages that nobody here wrote, as they are and mutated: no exception, no bad string, in time."""

from __future__ import annotations

import random
import time

from flask_mailbox.message import parse_message

from .corpora import corpus_files
from .invariants import check

_MUTATIONS = 4000
_SPLICES = (
    b"\r\n", b"\n\n", b"\0", b"\r", b'"', b"<", b">", b"(", b";", b"=?", b"?=", b"=?utf-8?b?", b"=?gb2312?q?", b"*0*=",
    b"\xff\xfe", b"\xed\xa0\x80", b"--", b"boundary=", b"Content-Type: multipart/mixed; boundary=a\n\n--a\n",
    b"charset=utf-7", b"charset=base64", b"charset=idna",
    b"+2AA-", b"charset=unicode_escape", b"Content-Transfer-Encoding: base64\n", b"=",
    b"begin 644 a\n",
)  # fmt: skip


def mutate(raw: bytes, chance: random.Random) -> bytes:
    """Return a message with some bytes changed, cut, doubled or spliced in."""
    data = bytearray(raw[: 64 * 1024])
    for _ in range(chance.randint(1, 12)):
        place = chance.randrange(len(data) + 1)
        kind = chance.randrange(5)
        if kind == 0 and place < len(data):
            data[place] = chance.randrange(256)
        elif kind == 1:
            del data[place : place + chance.randint(1, 200)]
        elif kind == 2:
            data[place:place] = data[place : place + chance.randint(1, 200)]
        elif kind == 3:
            data[place:place] = chance.choice(_SPLICES)
        else:
            other = chance.randrange(len(data) + 1)
            data[place:place] = data[other : other + chance.randint(1, 400)]
    return bytes(data)


def test_every_message_of_the_corpora_reads_without_exception_and_within_a_second():
    slow = []
    for path in corpus_files():
        raw = path.read_bytes()
        started = time.thread_time()
        message = parse_message(raw)
        check(message)
        slow.append((time.thread_time() - started, path.name))

        assert message.raw == raw, path.name

    slow.sort()
    assert slow[-1][0] < 1, slow[-1]
    assert slow[len(slow) * 99 // 100][0] < 0.02, slow[-10:]


def test_four_thousand_seeded_mutations_read_without_exception_and_within_a_second():
    chance = random.Random(2047)  # noqa: S311 - repeatable, not secret
    originals = [path.read_bytes() for path in corpus_files()]
    for number in range(_MUTATIONS):
        raw = mutate(chance.choice(originals), chance)
        started = time.thread_time()
        try:
            check(parse_message(raw))
        except Exception as error:
            raise AssertionError(f"mutation {number}: {error!r}") from error
        assert time.thread_time() - started < 1, number


def test_every_leaf_of_the_corpora_is_text_html_or_listed_as_an_attachment():
    for path in corpus_files():
        message = parse_message(path.read_bytes())
        if "too-many-attachments" in message.defects:
            continue
        listed = {attachment.section for attachment in message.attachments}
        leaves = message.structure.leaves()
        bodies = [leaf for leaf in leaves if leaf.section not in listed]

        assert all(leaf.content_type in ("text/plain", "text/html") for leaf in bodies), path.name
        assert sum(leaf.content_type == "text/html" for leaf in bodies) <= 1, path.name
