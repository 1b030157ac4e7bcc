"""A part of a message into a file: streamed in one command, decoded on the way, in little memory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import IO

from .answer import Untagged
from .client import Client
from .connection import MIB, Budget, Sink
from .decoding import decoder_for
from .fetch import by_uid, origin, parse_number, read_items
from .partreader import MAX_PART
from .structure import PartInfo
from .tokens import MalformedDataError

_BODY = re.compile(rb"BODY\[[^\]]*+\](?:<\d++>)? *\Z", re.IGNORECASE)
"""Behind this a section's bytes come."""


def save(client: Client, uid: int, part: PartInfo, file: IO[bytes]) -> int | None:
    """Stream a part into a file in one command and return its decoded size; ``None`` if it is gone.

    :raises ProtocolError: If the server sent something else, or more than that; the file then holds what must not be
        used.
    """
    saving = _Saving(client, uid, part, file)
    wanted = b"(UID BODY.PEEK[%b])" % part.section.encode()
    budget = Budget(size=MAX_PART + MIB, streamed=MAX_PART)
    with client.wire.streaming(saving.choose):
        answer = client.run("UID FETCH", b"%d" % uid, wanted, budget=budget)
    data = by_uid(answer.of("FETCH")).get(uid, {}).get(saving.name)
    if not isinstance(data, bytes):
        if saving.is_streamed:
            raise saving.foreign()
        return None
    if not saving.is_streamed:
        saving.take(data)  # a short part comes as a quoted string, not as a literal
    elif data:
        raise saving.foreign()
    return saving.finish()


class _Saving:
    """Lets exactly one literal through to the file: the section of the message that was asked for."""

    def __init__(self, client: Client, uid: int, part: PartInfo, file: IO[bytes]) -> None:
        self.name = b"BODY[%b]" % part.section.encode()
        self.is_streamed = False
        self._client = client
        self._uid = uid
        self._file = file
        self._decoder = decoder_for(part.encoding)
        self._written = 0

    def choose(self, name: str, number: int | None, pieces: Sequence[bytes]) -> Sink | None:
        """Return where a literal goes, ``None`` if it is no section of a message.

        :raises ProtocolError: If it is another section, or one too many.
        """
        if name != "FETCH" or not _BODY.search(pieces[-1]):
            return None
        if self.is_streamed or not number or not self._is_ours(number, pieces):
            raise self.foreign()
        self.is_streamed = True
        return self.take

    def take(self, data: bytes) -> None:
        """Decode some bytes into the file."""
        self._write(self._decoder.feed(data))

    def finish(self) -> int:
        """Write what was still waiting, and return how much was written in all."""
        self._write(self._decoder.close())
        return self._written

    def foreign(self) -> Exception:
        """Return the error for what was not asked for."""
        return self._client.wire.violation("The server sent something else than the part that was asked for.")

    def _is_ours(self, number: int, pieces: Sequence[bytes]) -> bool:
        """Read the answer as if it ended here; a uid that some servers tell behind the body is looked at later."""
        try:
            items = read_items(Untagged("FETCH", number, (*pieces, b"", b")")))
        except MalformedDataError:
            return False
        last, uid = list(items)[-1:], items.get(b"UID")
        begins = origin(items, self.name) in (None, b"0")
        return last == [self.name] and begins and (uid is None or parse_number(uid) == self._uid)

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._written += len(data)
