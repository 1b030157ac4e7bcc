"""Where a message lies: its folder, and its uid with the uidvalidity under which that means it and no other."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask_mailbox.imap import Folder, IMAPSession

_TEXT = re.compile(r"([0-9]{1,10})\.([1-9][0-9]{0,9})@(.{1,1000})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """A place, which forms carry as ``uidvalidity.uid@folder``."""

    folder: str
    uidvalidity: int
    uid: int

    @classmethod
    def read(cls, text: str) -> Place | None:
        """Return the place that a form names; ``None`` if it names none."""
        found = _TEXT.fullmatch(text)
        return cls(found[3], int(found[1]), int(found[2])) if found else None

    def __str__(self) -> str:
        return f"{self.uidvalidity}.{self.uid}@{self.folder}"

    def open(self, imap: IMAPSession) -> Folder:
        """Return the folder."""
        return imap.folder(self.folder)
