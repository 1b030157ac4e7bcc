"""An authenticated IMAP connection: folders, and the folder that is open now (RFC 9051, 3501)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from ..account import Account, Protocol
from ..auth import open_signed_in
from ..errors import CommandError, DisconnectedError, FolderNotFoundError, ServiceError
from ..net.stream import Stream
from .account_info import Namespace, Quota, read_namespaces, read_quotas
from .answer import Answer
from .client import SMALL, Client
from .connection import Budget
from .fetch import parse_number
from .folder import Folder
from .listing import FolderInfo, list_folders
from .login import enter, identify
from .names import encode_name, quote_name
from .refusals import refused, translated
from .roles import ROLES

Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class Selected:
    """The folder that is open on the server now, as it was when it was opened."""

    path: str
    uidvalidity: int
    uidnext: int
    writable: bool


class IMAPSession:
    """One connection, signed in; made by ``open``.

    :param selected: The folder that is open, or ``None``.
    :param may_have_ended: Set by who leases it after it waited in a pool: should its connection turn out to be dead
        before anything is answered, a first command that only reads is repeated once over a new connection.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.account = stream.account
        with translated(stream):
            self.client = Client(stream)
        self.selected: Selected | None = None
        self.may_have_ended = False
        self._opened_for = stream.account  # where that has an access token, this has what gets a new one
        self._identified = stream.account.quirks.requires_imap_id
        self._enabled: set[str] = set()

    @classmethod
    def open(cls, account: Account) -> IMAPSession:
        """Connect, upgrade to TLS where configured, sign in, and send ID where the provider wants it.

        :raises ConnectError: If there is no connection, no TLS, or a wrong certificate.
        :raises AuthenticationError: If the server refuses the credential.
        :raises ServiceError: If the server does anything else but its part.
        """
        session = open_signed_in(account, cls._open)
        session._opened_for = account
        return session

    @classmethod
    def _open(cls, account: Account) -> IMAPSession:
        stream = Stream.open(account, Protocol.IMAP)
        try:
            with stream.operation():
                session = cls(stream)
                with translated(stream):
                    enter(session.client)
        except BaseException:
            stream.close()
            raise
        return session

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server said that it can do, in upper case."""
        return frozenset(self.client.wire.capabilities)

    def folders(self, *, counts: bool = False) -> tuple[FolderInfo, ...]:
        """Return all folders with their roles.

        :param counts: Ask how many messages each holds: one round trip with LIST-STATUS, else one a folder.
        """
        with self.operation():
            return self._read(lambda: list_folders(self.client, counts=counts))

    def folder(self, path: str) -> Folder:
        """Return a folder by its path or by its role (``sent``, ``drafts``, ``trash``, ``junk``, ``archive``, ``all``).

        Nothing is asked yet, except where a role must be looked up.

        :raises UsageError: If no folder can have such a name.
        :raises FolderNotFoundError: If no folder has that role.
        """
        encode_name(path)
        if path not in ROLES:
            return Folder(self, path)
        infos = self.folders()
        if any(info.path == path for info in infos) and not any(info.role == path for info in infos):
            return Folder(self, path)
        return self._with_role(path, infos)

    def folder_by_role(self, role: str) -> Folder:
        """Return the folder of a role.

        :raises FolderNotFoundError: If no folder has it.
        """
        return self._with_role(role, self.folders())

    def create_folder(self, path: str) -> Folder:
        """Create a folder and return it.

        :raises CommandError: If the server refuses, as when there is one already.
        """
        with self.operation() as client:
            client.run("CREATE", quote_name(path))
        return Folder(self, path)

    def rename_folder(self, path: str, new_path: str) -> Folder:
        """Rename a folder, those below it too, and return it under its new path.

        :raises FolderNotFoundError: If there is none of the old name.
        """
        with self.operation() as client:
            old, new = quote_name(path), quote_name(new_path)
            self._leave(path)
            client.run("RENAME", old, new)
        return Folder(self, new_path)

    def delete_folder(self, path: str) -> None:
        """Delete a folder with all its messages, for good.

        :raises FolderNotFoundError: If there is none of that name.
        """
        with self.operation() as client:
            name = quote_name(path)
            self._leave(path)
            client.run("DELETE", name)

    def subscribe(self, path: str, *, subscribed: bool = True) -> None:
        """Put a folder on the list that mail programs show, or take it off."""
        with self.operation() as client:
            client.run("SUBSCRIBE" if subscribed else "UNSUBSCRIBE", quote_name(path))

    def quotas(self) -> tuple[Quota, ...]:
        """Return how much room there is and how much is used; nothing where the server does not tell."""
        with self.operation() as client:
            return self._read(lambda: read_quotas(client))

    def namespaces(self) -> tuple[Namespace, ...]:
        """Return where the account's own folders, other users' and shared ones begin."""
        with self.operation() as client:
            return self._read(lambda: read_namespaces(client))

    # What the pool asks for

    @property
    def is_reusable(self) -> bool:
        """Whether nothing speaks against another command: no doubt, and no goodbye waiting."""
        return not self.stream.broken and not self.stream.readable()

    def noop(self) -> None:
        """Ask the server whether it is still there."""
        with self.operation():
            self.client.run("NOOP")

    def finish(self) -> None:
        """Say goodbye and close; a bad goodbye matters to nobody."""
        if not self.stream.broken:
            try:
                with self.stream.operation(read=2.0), translated(self.stream):
                    self.client.ask("LOGOUT")  # ends at the server's BYE: Yandex's says nothing else, and without end
            except ServiceError:
                pass
        self.drop()

    def drop(self) -> None:
        """Close the connection without a word."""
        self.stream.close()

    # What folders ask for

    @contextmanager
    def operation(self) -> Iterator[Client]:
        """Bound everything in the block by one deadline, and translate what the libraries raise."""
        with self.stream.operation(), translated(self.stream):
            yield self.client

    def select(self, path: str, *, writable: bool = False) -> Selected:
        """Open a folder afresh, for reading only unless told otherwise.

        A folder that is open already is opened anew: somebody may have deleted it and made another of its name,
        and some servers then go on answering from the new one under the old uidvalidity.

        :raises FolderNotFoundError: If there is none of that name.
        """
        self._forget()
        return self._opened(path, self._select("SELECT" if writable else "EXAMINE", path), writable=writable)

    def examine_and(
        self, path: str, command: str, *arguments: bytes, budget: Budget = SMALL
    ) -> tuple[Selected, Answer]:
        """Open a folder afresh for reading and carry out a command in it, in one round trip.

        The command's answer may be a refusal, which is the caller's to judge.

        :raises FolderNotFoundError: If there is none of that name.
        """
        self._forget()
        opening = ("EXAMINE", (quote_name(path),))
        first, second = self._read(lambda: self.client.ask_all([opening, (command, arguments)], budget=budget))
        if first.status.condition == "OK":
            return self._opened(path, first, writable=False), second
        opened = self._opened(path, self._select("EXAMINE", path, refused_before=first), writable=False)
        return opened, self.client.ask(command, *arguments, budget=budget)

    def examine(self, path: str, parameter: bytes = b"", *, budget: Budget = SMALL) -> tuple[Selected, Answer]:
        """Open a folder afresh for reading and return all that was said about it.

        :param parameter: In parentheses, such as ``(CONDSTORE)`` (RFC 4466).
        :raises FolderNotFoundError: If there is none of that name.
        """
        self._forget()
        answer = self._select("EXAMINE", path, *filter(None, (parameter,)), budget=budget)
        return self._opened(path, answer, writable=False), answer

    def enable(self, capability: str) -> bool:
        """Switch an extension on (RFC 5161), and return whether it is; it closes the folder that is open."""
        if capability not in self._enabled and self.client.can("ENABLE") and self.client.can(capability):
            if self.selected is not None:  # only allowed while none is open
                self._leave(self.selected.path)
            answer = self._read(lambda: self.client.ask("ENABLE", capability.encode("ascii")))
            if answer.status.condition == "OK":
                self._enabled.add(capability)
        return capability in self._enabled

    def total_before(self, path: str) -> int:
        """Return how many messages the folder held when it was last looked at, if it is the one open; else 0."""
        return self.client.wire.exists if self.selected is not None and self.selected.path == path else 0

    def _read(self, ask: Callable[[], Given]) -> Given:
        """Return what is asked for; over a new connection if the old one ended unnoticed while it waited."""
        try:
            return ask()
        except DisconnectedError:
            if not self.may_have_ended or self.stream.heard:
                raise
            self._reconnect()
            return ask()
        finally:
            self.may_have_ended = False

    def _reconnect(self) -> None:
        fresh = IMAPSession.open(self._opened_for)
        self.stream.take_over(fresh.stream)
        self.client.take_wire(fresh.client)
        self.selected = None
        self._identified, self._enabled = fresh._identified, fresh._enabled

    def _forget(self) -> None:
        self.selected = None
        self.client.wire.exists = 0

    def _opened(self, path: str, answer: Answer, *, writable: bool) -> Selected:
        self.client.wire.state = "SELECTED"
        self.client.wire.news = 0
        self.selected = Selected(
            path=path,
            uidvalidity=parse_number(answer.code("UIDVALIDITY")),
            uidnext=parse_number(answer.code("UIDNEXT")),
            writable=writable and answer.status.code != "READ-ONLY",
        )
        return self.selected

    def _leave(self, path: str) -> None:
        """Close a folder that is about to go, without expunging anything."""
        if self.selected is not None and self.selected.path == path:
            self.selected = None
            if self.client.can("UNSELECT"):
                self.client.run("UNSELECT")

    def _select(
        self,
        command: str,
        path: str,
        *parameter: bytes,
        refused_before: Answer | None = None,
        budget: Budget = SMALL,
    ) -> Answer:
        """Select, and where the server wants to know who we are, tell it once and try again."""
        answer = refused_before or self._read(
            lambda: self.client.ask(command, quote_name(path), *parameter, budget=budget)
        )
        if answer.status.condition == "OK":
            return answer
        error = refused(self.stream, command, answer.status)
        if self._identified or not _wants_id(error):
            raise error
        self._identified = True
        identify(self.client)
        return self.client.run(command, quote_name(path), *parameter, budget=budget)

    def _with_role(self, role: str, infos: tuple[FolderInfo, ...]) -> Folder:
        for info in infos:
            if info.role == role and info.selectable:
                return Folder(self, info.path)
        raise self.stream.error(
            FolderNotFoundError,
            f"The account has no folder for '{role}'.",
            command="LIST",
            hint="Create one, or name the folder by its path.",
        )


def _wants_id(error: CommandError) -> bool:
    """Whether a refusal is NetEase's way to ask for ID."""
    return error.category == "id_required" or "unsafe login" in error.server_text.lower()
