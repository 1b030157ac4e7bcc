"""The one store behind the three protocols: users, folders and messages, in memory.

Everything here runs on the server's event loop; nothing is locked. A folder counts its changes, so that a
session finds out what is new by comparing numbers (the shape of RFC 7162's mod-sequences).
"""

from __future__ import annotations

import collections
import datetime
import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from .preview import preview_of
from .structure import Part, parse_structure

INBOX = "INBOX"
SEPARATOR = "/"
DEFAULT_FOLDERS: tuple[tuple[str, str], ...] = (
    (INBOX, ""),
    ("Sent", "\\Sent"),
    ("Drafts", "\\Drafts"),
    ("Trash", "\\Trash"),
    ("Junk", "\\Junk"),
    ("Archive", "\\Archive"),
)
SYSTEM_FLAGS = {f.lower(): f for f in ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "\\Recent")}

FLAG = re.compile(r"\\?[A-Za-z0-9$!#&'+,./:;<=>?@^_`|~\[-]+")

_BARE_LF = re.compile(rb"(?<!\r)\n")


def canonical_flag(flag: str) -> str:
    """Return a system flag in its usual letters (``\\seen`` is ``\\Seen``) and a keyword as it came."""
    return SYSTEM_FLAGS.get(flag.lower(), flag)


def checked_flags(flags: Iterable[str]) -> tuple[str, ...]:
    """Return flags, all of which IMAP can tell.

    :raises ValueError: If one cannot be told.
    """
    checked = tuple(flags)
    for flag in checked:
        if not FLAG.fullmatch(flag):
            raise ValueError(f"{flag!r} is no IMAP flag. Use one like \\Seen or a word in ASCII.")
    return checked


@dataclass(slots=True, eq=False)
class StoredMessage:
    """One message in one folder; ``raw`` never changes and has CRLF line ends."""

    uid: int
    raw: bytes
    flags: set[str]
    date: datetime.datetime
    revision: int = 0
    expunged: bool = False
    _structure: Part | None = None
    _preview: str | None = None

    @property
    def structure(self) -> Part:
        """The MIME tree with byte offsets, made on first use."""
        if self._structure is None:
            self._structure = parse_structure(self.raw)
        return self._structure

    @property
    def preview(self) -> str:
        """The first words of its text, found on first use."""
        if self._preview is None:
            self._preview = preview_of(self.structure)
        return self._preview


@dataclass(slots=True, eq=False)
class Folder:
    """An IMAP folder: messages in order of uid, and who wants to hear of changes.

    ``uidvalidity`` belongs to the folder object: deleting and creating it anew gives another one.
    """

    path: str
    uidvalidity: int
    role: str = ""
    subscribed: bool = True
    uidnext: int = 1
    revision: int = 1
    messages: list[StoredMessage] = field(default_factory=list)
    watchers: set[Callable[[], None]] = field(default_factory=set)

    def touch(self, *messages: StoredMessage) -> None:
        """Count one change of these messages and wake the sessions that wait for changes."""
        self.revision += 1
        for message in messages:
            message.revision = self.revision
        for wake in tuple(self.watchers):
            wake()

    def add(self, raw: bytes, flags: Iterable[str] = (), date: datetime.datetime | None = None) -> StoredMessage:
        """Append a message under the next uid; bare LF becomes CRLF, as real servers store it."""
        message = StoredMessage(
            uid=self.uidnext,
            raw=_BARE_LF.sub(b"\r\n", raw),
            flags={canonical_flag(flag) for flag in flags} - {"\\Recent"},
            date=_local(date or datetime.datetime.now(datetime.UTC)).replace(microsecond=0),
        )
        self.uidnext += 1
        self.messages.append(message)
        self.touch(message)
        return message

    def renew_uids(self) -> None:
        """Give the messages new uids under the old uidvalidity."""
        old = list(self.messages)
        for message in old:
            self.add(message.raw, message.flags, message.date)
        self.expunge(old)

    def expunge(self, messages: Iterable[StoredMessage]) -> None:
        """Remove messages for good; those that are gone already are passed over."""
        gone = {id(message) for message in messages if not message.expunged}
        if not gone:
            return
        for message in self.messages:
            message.expunged = message.expunged or id(message) in gone
        self.messages = [message for message in self.messages if not message.expunged]
        self.touch()


class User:
    """One address with its password, its token and its folders.

    ``trouble`` is why sign-ins are refused, ``failures`` counts those that were refused in a row for their
    password, ``sessions`` those that are signed in by protocol; ``retrieved`` holds the uids of what POP3 handed
    out, where the profile wants to know.
    """

    def __init__(
        self,
        address: str,
        password: str,
        token: str | None,
        uidvalidity: Iterable[int],
        folders: Iterable[tuple[str, str]] = DEFAULT_FOLDERS,
    ) -> None:
        self.address = address
        self.password = password
        self.token = token
        self._uidvalidity = iter(uidvalidity)
        self.folders: dict[str, Folder] = {}
        self.maildrop_locked = False
        self.trouble = ""
        self.failures = 0
        self.sessions: collections.Counter[str] = collections.Counter()
        self.retrieved: set[int] = set()
        for path, role in folders:
            self.create(path, role)

    def by_role(self, role: str) -> Folder | None:
        """Return the folder of a role such as ``\\Sent``, or ``None``."""
        return next((folder for folder in self.folders.values() if folder.role == role), None)

    def folder(self, path: str) -> Folder | None:
        """Return a folder by its path; INBOX is found in any case of letters (RFC 9051, 5.1)."""
        return self.folders.get(canonical_path(path))

    def create(self, path: str, role: str = "") -> Folder:
        """Create an empty folder; the caller has checked that it does not exist."""
        folder = Folder(canonical_path(path), next(self._uidvalidity), role)
        self.folders[folder.path] = folder
        return folder

    def renew_uidvalidity(self, folder: Folder) -> None:
        """Give a folder's messages new uids under a new uidvalidity."""
        kept = list(folder.messages)
        new = self.create(folder.path, folder.role)
        for message in kept:
            new.add(message.raw, message.flags, message.date)
        folder.expunge(kept)

    def delete(self, folder: Folder) -> None:
        """Delete a folder with all its messages."""
        folder.expunge(list(folder.messages))
        del self.folders[folder.path]

    def rename(self, folder: Folder, path: str) -> None:
        """Give a folder, and those below it, another path; INBOX hands its messages over (RFC 9051, 6.3.6)."""
        if folder.path == INBOX:
            target = self.create(path)
            for message in folder.messages:
                target.add(message.raw, message.flags, message.date)
            folder.expunge(list(folder.messages))
            return
        top = folder.path
        for old in [p for p in self.folders if p == top or p.startswith(top + SEPARATOR)]:
            moved = self.folders.pop(old)
            moved.path = path + old[len(top) :]
            self.folders[moved.path] = moved


class MailStore:
    """All users of one server.

    :param folders: What folders a new user has: paths and roles.
    """

    def __init__(self, folders: Iterable[tuple[str, str]] = DEFAULT_FOLDERS) -> None:
        self._folders = tuple(folders)
        self.users: dict[str, User] = {}
        self._uidvalidity = itertools.count(int(datetime.datetime.now().timestamp()))

    def add_user(self, address: str, password: str, token: str | None = None) -> User:
        """Add a user, or give one that exists another password and token."""
        known = self.users.get(address.lower())
        if known is not None:
            known.password, known.token = password, token
            return known
        user = User(address, password, token, self._uidvalidity, self._folders)
        self.users[address.lower()] = user
        return user

    def user(self, address: str) -> User | None:
        """Return who gets mail for an address; ``ann+tag@demo.test`` is ``ann@demo.test`` (RFC 5233)."""
        local, at, domain = address.lower().rpartition("@")
        return self.users.get(address.lower()) or self.users.get(local.partition("+")[0] + at + domain)

    def is_local(self, address: str) -> bool:
        """Whether this server is responsible for the address's domain."""
        domain = address.lower().rpartition("@")[2]
        return any(known.rpartition("@")[2] == domain for known in self.users)

    def clear(self, users: Mapping[str, tuple[str, str | None]]) -> None:
        """Throw everything away and start anew with these users (address to password and token)."""
        for user in self.users.values():
            for folder in user.folders.values():
                folder.expunge(list(folder.messages))
        self.users = {}
        for address, (password, token) in users.items():
            self.add_user(address, password, token)


def _local(date: datetime.datetime) -> datetime.datetime:
    """Return a date in the local zone, or as it is where the calendar ends before it gets there."""
    try:
        return date.astimezone()
    except OverflowError:
        return date if date.tzinfo else date.replace(tzinfo=datetime.UTC)


def canonical_path(path: str) -> str:
    """Return a folder path with INBOX in capitals, whatever letters it came in."""
    first, separator, rest = path.partition(SEPARATOR)
    return INBOX + separator + rest if first.upper() == INBOX else path
