"""Commands on folders: LIST with its extensions, STATUS, SELECT, CREATE, DELETE, RENAME, subscriptions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..mailstore import INBOX, SEPARATOR, Folder, User, canonical_path
from . import wording
from .command import Command, Order
from .parser import Parser, Refusal, refusal_of
from .session import Session

STATUS_ITEMS = ("MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "SIZE", "DELETED")
FLAGS = ("\\Answered", "\\Deleted", "\\Draft", "\\Flagged", "\\Seen")
NAME_LIMIT = 1_000
NOSELECT = "\\Noselect"
XLIST_ROLES = {
    INBOX: "\\Inbox",
    "\\Sent": "\\Sent",
    "\\Drafts": "\\Drafts",
    "\\Trash": "\\Trash",
    "\\Junk": "\\Spam",
    "\\All": "\\AllMail",
    "\\Flagged": "\\Starred",
}
"""What XLIST calls the roles, which was there before RFC 6154."""


@dataclass(slots=True)
class Listing:
    """What a LIST command asks for (RFC 5258, RFC 5819, RFC 6154)."""

    reference: str = ""
    patterns: list[str] = field(default_factory=list)
    only: set[str] = field(default_factory=set)
    returns: set[str] = field(default_factory=set)
    status: list[str] = field(default_factory=list)


def user_of(session: Session) -> User:
    """Return who signed in; the command's state has made sure that somebody did."""
    if session.user is None:
        raise Refusal("Log in first", "BAD")
    return session.user


def existing(session: Session, path: str, *, code: str = "NONEXISTENT") -> Folder:
    """Return a folder of the user.

    :raises Refusal: If there is none, with this response code (RFC 5530).
    """
    folder = user_of(session).folder(path)
    if folder is None or folder.role == NOSELECT:
        raise Refusal(f"[{code}] There is no such folder")
    return folder


async def list_folders(session: Session, order: Order) -> str | None:
    """LIST: folders that match, with role, children and, if asked, counts; XLIST names the roles in its own way."""
    listing = _parse_listing(order.parser)
    _check_options(session, listing)
    name = order.name.encode()
    separator = session.manners.separator.encode()
    if listing.patterns == [""]:
        await session.send(b'* %b (\\Noselect) "%b" ""' % (name, separator))
        return None
    roles = XLIST_ROLES if order.name == "XLIST" else None if session.manners.list_roles else {}
    for folder in _matching(user_of(session), listing):
        attributes = _attributes(user_of(session), folder, listing, roles)
        if session.manners.doubled_attributes:
            attributes += attributes[1:]
        path = session.manners.inbox_name if folder.path == INBOX else folder.path
        written = (name, " ".join(attributes).encode(), separator, _name(session, path))
        await session.send(b'* %b (%b) "%b" %b' % written)
        if listing.status:
            await _send_status(session, folder, listing.status)
    return None


async def lsub(session: Session, order: Order) -> str | None:
    """LSUB: folders that the user subscribed to."""
    listing = _parse_listing(order.parser)
    listing.only.add("SUBSCRIBED")
    for folder in _matching(user_of(session), listing):
        await session.send(b'* LSUB () "%b" %b' % (session.manners.separator.encode(), _name(session, folder.path)))
    return None


def _name(session: Session, path: str) -> bytes:
    """Return a folder's name as the profile writes it."""
    return wording.mailbox(path, session.manners.separator)


def _check_options(session: Session, listing: Listing) -> None:
    """Refuse the options of LIST that the profile does not know, or not understand."""
    if not (listing.only or listing.returns or listing.status):
        return
    if session.manners.extended_list_refusal:
        raise refusal_of(session.manners.extended_list_refusal)
    counts_only = not (listing.only or listing.returns) and session.can("LIST-STATUS")
    if not (counts_only or session.can("LIST-EXTENDED")):
        raise Refusal("Parse command error", "BAD")


def _parse_listing(parser: Parser) -> Listing:
    listing = Listing()
    parser.space()
    if parser.accept(b"("):
        listing.only = set(_words(parser))
        parser.space()
    listing.reference = parser.mailbox()
    parser.space()
    if parser.accept(b"("):
        while not parser.accept(b")"):
            parser.accept(b" ")
            listing.patterns.append(parser.list_mailbox())
    else:
        listing.patterns.append(parser.list_mailbox())
    if parser.accept(b" RETURN ("):
        _parse_returns(parser, listing)
    parser.end()
    return listing


def _parse_returns(parser: Parser, listing: Listing) -> None:
    while not parser.accept(b")"):
        parser.accept(b" ")
        word = parser.atom()
        if word == "STATUS":
            parser.space()
            parser.expect(b"(")
            listing.status = _words(parser)
        else:
            listing.returns.add(word)


def _words(parser: Parser) -> list[str]:
    words: list[str] = []
    while not parser.accept(b")"):
        if words:
            parser.space()
        words.append(parser.atom())
    return words


def _matching(user: User, listing: Listing) -> list[Folder]:
    patterns = [_pattern(listing.reference + pattern) for pattern in listing.patterns]
    found = [user.folders[path] for path in sorted(user.folders, key=lambda p: (p != INBOX, p))]
    if "SUBSCRIBED" in listing.only:
        found = [folder for folder in found if folder.subscribed]
    if "SPECIAL-USE" in listing.only:
        found = [folder for folder in found if folder.role]
    return [folder for folder in found if any(pattern.fullmatch(folder.path) for pattern in patterns)]


def _pattern(text: str) -> re.Pattern[str]:
    text = canonical_path(text)
    wild = {"*": ".*", "%": f"[^{SEPARATOR}]*"}
    return re.compile("".join(wild.get(c) or re.escape(c) for c in re.sub(r"\*+", "*", text)), re.DOTALL)


def _attributes(user: User, folder: Folder, listing: Listing, roles: Mapping[str, str] | None) -> list[str]:
    below = folder.path + SEPARATOR
    has_children = any(path.startswith(below) for path in user.folders)
    attributes = ["\\HasChildren" if has_children else "\\HasNoChildren"]
    role = folder.role if roles is None or folder.role == NOSELECT else roles.get(folder.role or folder.path)
    if role:
        attributes.append(role)
    if folder.subscribed and "SUBSCRIBED" in listing.returns | listing.only:
        attributes.append("\\Subscribed")
    return attributes


async def status(session: Session, order: Order) -> str | None:
    """STATUS: counts of a folder without selecting it."""
    parser = order.parser
    parser.space()
    path = parser.mailbox()
    parser.space()
    parser.expect(b"(")
    items = _words(parser)
    parser.end()
    await _send_status(session, existing(session, path), items)
    return None


async def _send_status(session: Session, folder: Folder, items: list[str]) -> None:
    unknown = [item for item in items if item not in STATUS_ITEMS]
    if unknown:
        raise Refusal(f"Unknown status item {unknown[0]}", "BAD")
    told = [item for item in items if item != "UIDNEXT" or session.manners.uidnext]
    values = " ".join(f"{item} {_status_value(folder, item)}" for item in told)
    blank = b" " if session.manners.sloppy_answers else b""
    await session.send(b"* STATUS %b (%b)%b" % (_name(session, folder.path), values.encode(), blank))


def _status_value(folder: Folder, item: str) -> int:
    messages = folder.messages
    match item:
        case "MESSAGES":
            return len(messages)
        case "UIDNEXT":
            return folder.uidnext
        case "UIDVALIDITY":
            return folder.uidvalidity
        case "UNSEEN":
            return sum("\\Seen" not in message.flags for message in messages)
        case "SIZE":
            return sum(len(message.raw) for message in messages)
        case "DELETED":
            return sum("\\Deleted" in message.flags for message in messages)
    return 0  # RECENT: no message is recent to anybody


async def select(session: Session, order: Order) -> str | None:
    """SELECT and EXAMINE: look at a folder, with or without the right to change it."""
    order.parser.space()
    path = order.parser.mailbox()
    order.parser.end()
    session.unselect()
    refusal = session.manners.select_refusal
    if refusal and (not session.identified or user_of(session).trouble == "id_required"):
        raise refusal_of(refusal.format(command=order.name))
    folder = existing(session, path)
    session.select(folder, read_only=order.name == "EXAMINE")
    for line in _selected_lines(session, folder):
        await session.send(line)
    return f"[{'READ-ONLY' if session.read_only else 'READ-WRITE'}] {order.name} completed"


def _selected_lines(session: Session, folder: Folder) -> list[bytes]:
    keywords = {flag for message in folder.messages for flag in message.flags if not flag.startswith("\\")}
    known = wording.flags((*FLAGS, *keywords))
    unseen = next((n for n, message in enumerate(session.view, 1) if "\\Seen" not in message.flags), None)
    permanent = b"()" if session.read_only else known[:-1] + b" \\*)"
    lines = [b"* FLAGS " + known, b"* OK [PERMANENTFLAGS %b] Flags that stay" % permanent]
    lines += [b"* %d EXISTS" % len(session.view), b"* 0 RECENT"]
    if unseen is not None:
        lines.append(b"* OK [UNSEEN %d] The first unseen one" % unseen)
    lines.append(b"* OK [UIDVALIDITY %d] These uids are valid" % folder.uidvalidity)
    if session.manners.uidnext:
        lines.append(b"* OK [UIDNEXT %d] The next uid" % folder.uidnext)
    return lines


async def create(session: Session, order: Order) -> str | None:
    """CREATE: a new folder, and those above it that are missing."""
    path = _path(order).removesuffix(SEPARATOR)
    user = user_of(session)
    if user.folder(path) is not None:
        raise Refusal("[ALREADYEXISTS] There is such a folder already")
    _check_name(path)
    limit = session.manners.folder_limit
    if limit is not None and len(user.folders) >= limit:
        raise Refusal("[LIMIT] There may be no more folders")
    names = path.split(SEPARATOR)
    for depth in range(1, len(names)):
        parent = SEPARATOR.join(names[:depth])
        if user.folder(parent) is None:
            user.create(parent)
    user.create(path)
    return None


async def delete(session: Session, order: Order) -> str | None:
    """DELETE: a folder with its messages; INBOX stays."""
    folder = existing(session, _path(order))
    if folder.path == INBOX:
        raise Refusal("[CANNOT] INBOX cannot be deleted")
    if session.folder is folder:
        session.unselect()
    user_of(session).delete(folder)
    return None


async def rename(session: Session, order: Order) -> str | None:
    """RENAME: a folder and those below it."""
    order.parser.space()
    folder = existing(session, order.parser.mailbox())
    order.parser.space()
    path = order.parser.mailbox()
    order.parser.end()
    if user_of(session).folder(path) is not None:
        raise Refusal("[ALREADYEXISTS] There is such a folder already")
    _check_name(path)
    user_of(session).rename(folder, path)
    return None


async def subscribe(session: Session, order: Order) -> str | None:
    """SUBSCRIBE and UNSUBSCRIBE."""
    existing(session, _path(order)).subscribed = order.name == "SUBSCRIBE"
    return None


def _path(order: Order) -> str:
    order.parser.space()
    path = order.parser.mailbox()
    order.parser.end()
    return path


def _check_name(path: str) -> None:
    bad = not path or len(path) > NAME_LIMIT or any(not c.isprintable() for c in path)
    if bad or any(not name for name in path.split(SEPARATOR)):
        raise Refusal("[CANNOT] That is no name for a folder")


COMMANDS = {
    "LIST": Command(list_folders, "user"),
    "XLIST": Command(list_folders, "user"),
    "LSUB": Command(lsub, "user"),
    "STATUS": Command(status, "user"),
    "SELECT": Command(select, "user"),
    "EXAMINE": Command(select, "user"),
    "CREATE": Command(create, "user"),
    "DELETE": Command(delete, "user"),
    "RENAME": Command(rename, "user"),
    "SUBSCRIBE": Command(subscribe, "user"),
    "UNSUBSCRIBE": Command(subscribe, "user"),
}
