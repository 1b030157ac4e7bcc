"""What a watcher tells: messages came, changed or are gone, a folder began anew, or watching it failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..account import Account
from ..errors import MailboxError

if TYPE_CHECKING:
    from ..imap.known import Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in a watched folder.

    :param account: Whose folder.
    :param folder: Its path.
    :param uidvalidity: Under which the uids are valid; 0 if the server does not say.
    """

    account: Account
    folder: str
    uidvalidity: int = 0
    known: Known | None = field(default=None, repr=False, compare=False)

    @property
    def cursor(self) -> str | None:
        """From where to go on after this event: for ``watch``, or ``folder.changes``; ``None`` after a failure."""
        return str(self.known) if self.known is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived(Event):
    """Messages came.

    :param uids: Theirs, ascending.
    """

    uids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed(Event):
    """Flags of messages changed.

    :param flags: Those that each message carries now, by uid.
    """

    flags: Mapping[int, frozenset[str]]

    @property
    def uids(self) -> tuple[int, ...]:
        """The messages."""
        return tuple(self.flags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone(Event):
    """Messages were expunged or moved away.

    :param uids: Theirs, ascending.
    """

    uids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset(Event):
    """The folder's uids were given out anew: all that were told before are void.

    :param uids: Of all messages that it holds now, whether they were told before or not.
    """

    uids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(Event):
    """The folder is not watched any more: a wrong password, a missing folder, a certificate that is refused.

    :param error: Why; what time heals is never told, but tried again.
    """

    error: MailboxError
