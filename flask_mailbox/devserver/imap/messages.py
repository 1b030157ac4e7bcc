"""Commands on messages: FETCH, STORE, COPY, MOVE, APPEND, EXPUNGE, CLOSE, UNSELECT, IDLE."""

from __future__ import annotations

import asyncio
import datetime

from ..mailstore import Folder, StoredMessage, canonical_flag
from . import wording
from .command import Command, Order
from .fetch import Item, answer, parse_items
from .folders import existing
from .parser import Refusal, refusal_of
from .session import Session, flags_line

REALLY_EXPUNGED = ("\\Trash", "\\Junk", "\\All")
"""Where expunging deletes also on servers that keep all messages."""


def folder_of(session: Session, *, write: bool = False) -> Folder:
    """Return the selected folder.

    :raises Refusal: If it is to be changed and was opened by EXAMINE.
    """
    if session.folder is None:
        raise Refusal("Select a folder first", "BAD")
    if write and session.read_only:
        raise Refusal("The folder is open for reading only")
    return session.folder


def _chosen(session: Session, order: Order) -> list[tuple[int, StoredMessage]]:
    order.parser.space()
    numbers = session.numbers(order.parser.sequence_set(), uid=order.uid)
    return [(number, session.view[number - 1]) for number in numbers]


async def fetch(session: Session, order: Order) -> str | None:
    """FETCH: whatever of each message; those that are gone meanwhile are passed over."""
    chosen = _chosen(session, order)
    order.parser.space()
    items = parse_items(order.parser, gmail=session.can("X-GM-EXT-1"), preview=session.can("PREVIEW"))
    order.parser.end()
    if order.uid and not any(item.name == "UID" for item in items):
        items.insert(0, Item("UID"))
    folder = folder_of(session)
    issued = False
    if session.manners.zero_fetch:
        await session.send(b"* 0 FETCH (FLAGS ())")
    for number, message in chosen[::-1] if session.manners.unordered_fetch else chosen:
        if message.expunged:
            issued = True
            continue
        wanted = _with_seen(session, folder, message, items)
        await session.send(b"* %d FETCH (%b)" % (number, answer(message, wanted, session.manners)))
    return "[EXPUNGEISSUED] Some of them are gone" if issued and not order.uid else None


def _with_seen(session: Session, folder: Folder, message: StoredMessage, items: list[Item]) -> list[Item]:
    if session.read_only or "\\Seen" in message.flags or not any(item.sets_seen for item in items):
        return items
    message.flags.add("\\Seen")
    folder.touch(message)
    session.told(message)
    return items if any(item.name == "FLAGS" for item in items) else [*items, Item("FLAGS")]


async def store(session: Session, order: Order) -> str | None:
    """STORE: set, add or remove flags."""
    folder = folder_of(session, write=True)
    chosen = _chosen(session, order)
    parser = order.parser
    parser.space()
    sign = "+" if parser.accept(b"+") else "-" if parser.accept(b"-") else ""
    parser.expect(b"FLAGS")
    silent = parser.accept(b".SILENT")
    parser.space()
    flags = {canonical_flag(flag) for flag in parser.flags()} - {"\\Recent"}
    parser.end()
    for number, message in chosen:
        if message.expunged:
            continue
        before = set(message.flags)
        message.flags = before | flags if sign == "+" else before - flags if sign == "-" else set(flags)
        if message.flags != before:
            folder.touch(message)
            session.told(message)
        if not silent:
            await session.send(flags_line(number, message))
    return None


async def copy(session: Session, order: Order) -> str | None:
    """COPY: the messages also into another folder (COPYUID, RFC 4315)."""
    messages, target = _to_copy(session, order)
    return f"[{_copy(messages, target)}] COPY completed" if messages else None


async def move(session: Session, order: Order) -> str | None:
    """MOVE: the messages into another folder (RFC 6851)."""
    if session.manners.move_refusal:
        raise refusal_of(session.manners.move_refusal)
    folder = folder_of(session, write=True)
    messages, target = _to_copy(session, order)
    if messages:
        moved = b"[%b]" if session.manners.sloppy_answers else b"OK [%b] Moved"
        await session.send(b"* " + moved % _copy(messages, target).encode())
        folder.expunge(messages)
    return None


def _to_copy(session: Session, order: Order) -> tuple[list[StoredMessage], Folder]:
    chosen = _chosen(session, order)
    order.parser.space()
    path = order.parser.mailbox()
    order.parser.end()
    return [message for _, message in chosen if not message.expunged], existing(session, path, code="TRYCREATE")


def _copy(messages: list[StoredMessage], target: Folder) -> str:
    copies = [target.add(message.raw, message.flags, message.date) for message in messages]
    old, new = (wording.uid_set(message.uid for message in group) for group in (messages, copies))
    return f"COPYUID {target.uidvalidity} {old} {new}"


async def append(session: Session, order: Order) -> str | None:
    """APPEND: a message of the client's own (APPENDUID, RFC 4315)."""
    parser = order.parser
    parser.space()
    target = existing(session, parser.mailbox(), code="TRYCREATE")
    parser.space()
    flags: list[str] = []
    if parser.peek(b"("):
        flags = parser.flags()
        parser.space()
    date: datetime.datetime | None = None
    if parser.peek(b'"'):
        date = parser.date_time()
        parser.space()
    if not parser.peek(b"{"):
        raise parser.bad("a literal")
    message = target.add(parser.string(), flags, date)
    parser.end()
    return f"[APPENDUID {target.uidvalidity} {message.uid}] APPEND completed"


async def expunge(session: Session, order: Order) -> str | None:
    """EXPUNGE and UID EXPUNGE: remove what is flagged deleted."""
    folder = folder_of(session, write=True)
    messages = [message for _, message in _chosen(session, order)] if order.uid else session.view
    order.parser.end()
    _expunge(session, folder, [message for message in messages if "\\Deleted" in message.flags])
    return None


def _expunge(session: Session, folder: Folder, messages: list[StoredMessage]) -> None:
    """Remove messages for good, or only from here where the profile keeps all of them."""
    archive = session.user.by_role("\\All") if session.user is not None else None
    if archive is not None and session.manners.archives_expunged and folder.role not in REALLY_EXPUNGED:
        for message in messages:
            archive.add(message.raw, message.flags - {"\\Deleted"}, message.date)
    folder.expunge(messages)


async def check(session: Session, order: Order) -> str | None:
    """CHECK: nothing to do for a store in memory."""
    order.parser.end()
    return None


async def close(session: Session, order: Order) -> str | None:
    """CLOSE: remove what is flagged deleted and leave the folder."""
    order.parser.end()
    folder = folder_of(session)
    gone = [] if session.read_only else [m for m in session.view if "\\Deleted" in m.flags]
    session.unselect()
    _expunge(session, folder, gone)
    return None


async def unselect(session: Session, order: Order) -> str | None:
    """UNSELECT: leave the folder as it is (RFC 3691)."""
    order.parser.end()
    session.unselect()
    return None


async def idle(session: Session, order: Order) -> str | None:
    """IDLE: tell changes as they come, until the client says DONE (RFC 2177)."""
    order.parser.end()
    await session.send(b"+ idling")
    await session.flush()
    done = asyncio.create_task(session.answer_line())
    limit = session.manners.idle_limit
    until = None if limit is None else asyncio.get_running_loop().time() + session.services.seconds(limit)
    try:
        while not done.done():
            session.changed.clear()
            await session.sync(expunges=True)
            await session.flush()
            await _until_changed(session, done, until)
    finally:
        done.cancel()
    if (await done).strip().upper() != b"DONE":
        raise Refusal("DONE expected", "BAD")
    return "IDLE ended"


async def _until_changed(session: Session, done: asyncio.Task[bytes], until: float | None) -> None:
    """Wait until the folder changes or the client speaks; if that takes too long for the profile, close."""
    changed = asyncio.create_task(session.changed.wait())
    seconds = None if until is None else until - asyncio.get_running_loop().time()
    try:
        heard, _ = await asyncio.wait((done, changed), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:  # also if the client leaves in the middle: nobody else knows of this task
        changed.cancel()
    if not heard:
        session.connection.wire.drop()


COMMANDS = {
    "FETCH": Command(fetch, "folder", uid=True),
    "STORE": Command(store, "folder", uid=True),
    "COPY": Command(copy, "folder", uid=True),
    "MOVE": Command(move, "folder", uid=True),
    "APPEND": Command(append, "user"),
    "EXPUNGE": Command(expunge, "folder", uid=True),
    "CHECK": Command(check, "folder"),
    "CLOSE": Command(close, "folder"),
    "UNSELECT": Command(unselect, "folder"),
    "IDLE": Command(idle, "user"),
}
