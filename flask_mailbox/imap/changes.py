"""What changed in a folder since it was last looked at: by QRESYNC, else CONDSTORE, else by comparing all flags.

RFC 7162. Whatever a server tells is checked against the number of messages that it says there are; where that
does not fit, or what was known is void, the answer is the whole folder, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import CommandError, FolderNotFoundError
from .arguments import MAX_NUMBER
from .flagtable import Flags, FlagTable
from .hits import read_set
from .known import Known
from .pipeline import run_sets
from .snapshot import CHANGES, Snapshot, flags_of, list_flags, list_uids, take_snapshot
from .uidset import UidSet

if TYPE_CHECKING:
    from .session import IMAPSession

_EARLIER = b"(EARLIER)"


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened in a folder between two looks at it.

    To keep a copy, forget everything if ``full``, drop what ``vanished``, then set what is ``new`` or ``changed``.

    :param new: Uids of messages that came, ascending, with their flags; ``folder.summaries`` tells more about them.
    :param changed: Uids of messages known before, with the flags that they have now. Where the server cannot tell
        exactly, some among them have the flags they had.
    :param vanished: Uids of messages that are gone. Where neither cursor nor server can tell exactly, some among
        them never were messages.
    :param full: Whether ``new`` is the whole folder, and all that was known before is void.
    :param uidvalidity: Under which the uids are valid; 0 if the server does not say.
    :param known: The folder as it is now, not cut to the size of a cursor.
    """

    new: Mapping[int, Flags]
    changed: Mapping[int, Flags]
    vanished: UidSet
    full: bool
    known: Known

    def __bool__(self) -> bool:
        return bool(self.full or self.new or self.changed or self.vanished)

    @property
    def cursor(self) -> str:
        """A small JSON text to be given to the next call."""
        return str(self.known)

    @property
    def uidvalidity(self) -> int:
        """Under which the uids are valid; 0 if the server does not say."""
        return self.known.uidvalidity


def changes_since(session: IMAPSession, path: str, known: Known | None) -> Changes:
    """Return what changed since a folder was as ``known``; the whole of it for ``None``.

    :raises FolderNotFoundError: If there is no such folder.
    :raises ProtocolError: If the server's lists contradict what it says of their length.
    """
    if known is None:
        return _everything(session, path)
    for method in (_by_qresync, _by_condstore, _by_flags):
        found = method(session, path, known)
        if found is not None:
            return found
    return _everything(session, path)


def look(session: IMAPSession, path: str) -> Known:
    """Return a folder as it is now, at the least cost: what it takes to be told later what changed.

    :raises FolderNotFoundError: If there is no such folder.
    """
    if session.client.can("CONDSTORE") or session.client.can("QRESYNC"):
        session.enable("QRESYNC")
        snapshot = take_snapshot(session, path)
        if snapshot.modseq:
            uids = list_uids(session, snapshot.exists)
            if uids is not None:
                return _known(snapshot, uids, None)
    return _everything(session, path).known


def is_as_known(session: IMAPSession, path: str, known: Known) -> bool:
    """Whether nothing came or went, by the folder's numbers alone: flags are not looked at.

    :raises FolderNotFoundError: If there is no such folder.
    """
    snapshot = take_snapshot(session, path)
    if snapshot.exists != known.count or not _continues(known, snapshot):
        return False
    if snapshot.uidnext or not snapshot.exists:
        return snapshot.uidnext in (0, known.uidnext)
    answer = session.client.run("FETCH", b"%d" % snapshot.exists, b"(UID FLAGS)")  # no UIDNEXT: some servers tell none
    return max(flags_of(answer.of("FETCH")), default=0) == known.uidnext - 1


def _by_qresync(session: IMAPSession, path: str, known: Known) -> Changes | None:
    """Let the server tell everything in its answer to EXAMINE: one round trip (RFC 7162, 3.2)."""
    if not (known.modseq and known.uidvalidity and session.enable("QRESYNC")):
        return None
    try:
        parameter = b"(QRESYNC (%d %d))" % (known.uidvalidity, known.modseq)
        snapshot = take_snapshot(session, path, parameter)
    except FolderNotFoundError:
        raise
    except CommandError:
        return None
    if not _continues(known, snapshot):
        return None
    flags = flags_of(snapshot.answer.of("FETCH"))
    gone = UidSet()
    for response in snapshot.answer.of("VANISHED"):
        gone |= read_set(response.text.removeprefix(_EARLIER))
    return _told(session, known, snapshot, flags, gone)


def _by_condstore(session: IMAPSession, path: str, known: Known) -> Changes | None:
    """Ask for flags changed since, and for all uids only if the number of messages says that some are gone."""
    if not known.modseq or not session.client.can("CONDSTORE"):
        return None
    snapshot = take_snapshot(session, path)
    if not _continues(known, snapshot):
        return None
    flags: dict[int, Flags] = {}
    if snapshot.exists and snapshot.modseq != known.modseq:
        since = b"(CHANGEDSINCE %d)" % known.modseq
        answer = session.client.run("UID FETCH", b"1:*", b"(UID FLAGS)", since, budget=CHANGES)
        flags = flags_of(answer.of("FETCH"))
    if snapshot.uidnext:  # what came after the folder was opened is told the next time
        flags = {uid: carried for uid, carried in flags.items() if uid < snapshot.uidnext}
    new = UidSet.of(uid for uid in flags if uid >= known.uidnext)
    if known.count + len(new) == snapshot.exists and _reaches(known, snapshot, new.last):
        return _told(session, known, snapshot, flags, UidSet())
    return _by_list(session, known, snapshot, flags)


def _by_list(session: IMAPSession, known: Known, snapshot: Snapshot, flags: dict[int, Flags]) -> Changes | None:
    """Return what the list of all uids shows to have come and gone, where what was told does not fit the number."""
    present = list_uids(session, session.client.wire.exists)
    if present is None:
        return None
    if snapshot.uidnext:
        present = present.below(snapshot.uidnext)
    new = present - UidSet(((1, known.uidnext - 1),)) if known.uidnext > 1 else present
    flags |= _flags_of_uids(session, [uid for uid in new if uid not in flags])
    flags |= {uid: frozenset() for uid in new if uid not in flags}  # gone in this moment, as the next call tells
    gone = (known.uids if known.uids is not None else _all_below(known.uidnext)) - present
    return _made(known, snapshot, {uid: flags[uid] for uid in present if uid in flags}, gone, present)


def _by_flags(session: IMAPSession, path: str, known: Known) -> Changes | None:
    """Read the flags of all messages and compare them with those known."""
    if known.flags is None:
        return None
    snapshot, flags = list_flags(session, path)
    if not _continues(known, snapshot):
        return _whole(snapshot, flags)
    present = UidSet.of(flags)
    before = {uid: carried for uid, carried in flags.items() if uid < known.uidnext}
    if known.uids is not None:
        gone = known.uids - present
    else:
        gone = UidSet() if len(before) == known.count else _all_below(known.uidnext) - present
    new = {uid: flags[uid] for uid in sorted(flags) if uid >= known.uidnext}
    return Changes(new, known.flags.changed(before), gone, False, _known(snapshot, present, flags, known.uidnext))


def _everything(session: IMAPSession, path: str) -> Changes:
    session.enable("QRESYNC")
    return _whole(*list_flags(session, path))


def _whole(snapshot: Snapshot, flags: Mapping[int, Flags]) -> Changes:
    new = {uid: flags[uid] for uid in sorted(flags)}
    return Changes(new, {}, UidSet(), True, _known(snapshot, UidSet.of(flags), flags))


def _continues(known: Known, snapshot: Snapshot) -> bool:
    """Whether the folder is the one that was known, and its numbers only grew."""
    if known.uidvalidity and snapshot.uidvalidity and known.uidvalidity != snapshot.uidvalidity:
        return False
    if snapshot.uidnext and snapshot.uidnext < known.uidnext:
        return False
    return known.modseq == 0 or snapshot.modseq >= known.modseq


def _told(
    session: IMAPSession, known: Known, snapshot: Snapshot, flags: Mapping[int, Flags], gone: UidSet
) -> Changes | None:
    """Return what a server told, or ``None`` if its number of messages says that this was not all."""
    new = UidSet.of(uid for uid in flags if uid >= known.uidnext)
    reaches = _reaches(known, snapshot, max(new.last, gone.last))
    gone = gone.below(known.uidnext)
    if known.uids is None:
        if reaches and known.count - len(gone) + len(new) == snapshot.exists:
            return _made(known, snapshot, flags, gone, None)
        return _by_list(session, known, snapshot, dict(flags))  # some was lost, or was no message
    gone &= known.uids
    present = (known.uids - gone) | new
    if not reaches or len(present) != snapshot.exists:
        return None
    return _made(known, snapshot, {uid: flags[uid] for uid in flags if uid in present}, gone, present)


def _reaches(known: Known, snapshot: Snapshot, last: int) -> bool:
    """Whether something was told of the last uid that was given out; else as many may have come as went, untold."""
    return snapshot.uidnext <= max(known.uidnext, last + 1)


def _made(
    known: Known, snapshot: Snapshot, flags: Mapping[int, Flags], gone: UidSet, present: UidSet | None
) -> Changes:
    new = {uid: flags[uid] for uid in sorted(flags) if uid >= known.uidnext}
    changed = {uid: flags[uid] for uid in sorted(flags) if uid < known.uidnext}
    last = max(max(new, default=0) + 1, known.uidnext)
    return Changes(new, changed, gone, False, _known(snapshot, present, None, last))


def _known(snapshot: Snapshot, present: UidSet | None, flags: Mapping[int, Flags] | None, uidnext: int = 1) -> Known:
    last = present.last if present is not None else 0
    return Known(
        uidvalidity=snapshot.uidvalidity,
        uidnext=max(snapshot.uidnext, uidnext, last + 1),
        modseq=snapshot.modseq,
        count=snapshot.exists if present is None else len(present),
        uids=present,
        flags=None if snapshot.modseq or flags is None else FlagTable.of(flags),
    )


def _flags_of_uids(session: IMAPSession, uids: list[int]) -> dict[int, Flags]:
    found: dict[int, Flags] = {}
    for answer, held in run_sets(session.client, "UID FETCH", uids, b"(UID FLAGS)", budget=CHANGES):
        wanted = set(held)
        found |= {uid: flags for uid, flags in flags_of(answer.of("FETCH")).items() if uid in wanted}
    return found


def _all_below(uid: int) -> UidSet:
    return UidSet(((1, min(uid, MAX_NUMBER + 1) - 1),)) if uid > 1 else UidSet()
