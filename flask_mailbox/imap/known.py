"""What is known of a folder at one moment, and the cursor that it is written to: a small JSON text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError
from .arguments import MAX_NUMBER
from .flagtable import FlagTable
from .uidset import UidSet

MAX_UIDS = 4_000
"""Characters of uids in a cursor; of a folder with more holes only the number of messages is kept."""

MAX_CURSOR = 32_000
MAX_MODSEQ = 2**63 - 1
"""Modification sequences are 63 bits (RFC 7162, 3.1)."""


@dataclass(frozen=True, slots=True)
class Known:
    """A folder as it was last seen.

    :param uidnext: Every message with this uid or a higher one is new.
    :param modseq: Of the last change; 0 where the server keeps none (no CONDSTORE).
    :param count: How many messages it held.
    :param uids: Which ones; ``None`` if that was too much for a cursor.
    :param flags: Their flags, only where there is no modseq.
    """

    uidvalidity: int
    uidnext: int
    modseq: int
    count: int
    uids: UidSet | None
    flags: FlagTable | None = None

    def __str__(self) -> str:
        uids = str(self.uids) if self.uids is not None else None
        values = {
            "uidvalidity": self.uidvalidity,
            "uidnext": self.uidnext,
            "modseq": self.modseq,
            "count": self.count,
            "uids": uids if uids is not None and len(uids) <= MAX_UIDS else None,
            "flags": self.flags.dump() if self.flags is not None else None,
        }
        return json.dumps({name: value for name, value in values.items() if value is not None}, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> Known:
        """Read a cursor that ``changes`` or ``cursor`` gave.

        :raises UsageError: If it is none.
        """
        try:
            if len(text) > MAX_CURSOR:
                raise ValueError("It is too long.")
            values = json.loads(text)
            return cls(
                uidvalidity=_number(values["uidvalidity"]),
                uidnext=_number(values["uidnext"], MAX_NUMBER + 1),
                modseq=_number(values["modseq"], MAX_MODSEQ),
                count=_number(values["count"]),
                uids=UidSet.parse(values["uids"]) if "uids" in values else None,
                flags=FlagTable.load(values["flags"]) if "flags" in values else None,
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise UsageError("This is no cursor: pass on what 'changes.cursor' gave.") from error


def _number(value: Any, most: int = MAX_NUMBER) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError("A number is wanted.")
    return value
