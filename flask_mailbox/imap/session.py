"""An authenticated IMAP connection: folders, and the folder that is open now (RFC 9051, 3501)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..account import Account, Protocol
from ..errors import CommandError, FolderNotFoundError, ServiceError
from ..net.stream import Stream
from .answer import Answer
from .client import Client
from .fetch import parse_number
from .folder import Folder
from .listing import FolderInfo, list_folders
from .login import enter, identify
from .names import encode_name, quote_name
from .refusals import translated
from .roles import ROLES


@dataclass(slots=True)
class Selected:
    """The folder that is open on the server now."""

    path: str
    uidvalidity: int
    uidnext: int
    writable: bool


class IMAPSession:
    """One connection, signed in; made by ``open``.

    :param selected: The folder that is open, or ``None``.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.account = stream.account
        with translated(stream):
            self.client = Client(stream)
        self.selected: Selected | None = None
        self._identified = stream.account.quirks.requires_imap_id

    @classmethod
    def open(cls, account: Account) -> IMAPSession:
        """Connect, upgrade to TLS where configured, sign in, and send ID where the provider wants it.

        :raises ConnectError: If there is no connection, no TLS, or a wrong certificate.
        :raises AuthenticationError: If the server refuses the credential.
        :raises ServiceError: If the server does anything else but its part.
        """
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
            return list_folders(self.client, counts=counts)

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
                    self.client.wire.on_bye = None
                    self.client.ask("LOGOUT")
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
        """Open a folder, for reading only unless told otherwise; does nothing if it is open so already.

        :raises FolderNotFoundError: If there is none of that name.
        """
        opened = self.selected
        if opened is not None and opened.path == path and (opened.writable or not writable):
            return opened
        self.selected = None
        answer = self._select("SELECT" if writable else "EXAMINE", path)
        self.selected = Selected(
            path=path,
            uidvalidity=parse_number(answer.code("UIDVALIDITY")),
            uidnext=parse_number(answer.code("UIDNEXT")),
            writable=writable and answer.status.code != "READ-ONLY",
        )
        return self.selected

    def refresh(self, path: str) -> Selected:
        """Open a folder, or learn what happened in it since."""
        if self.selected is not None and self.selected.path == path:
            self.client.run("NOOP")
            return self.selected
        return self.select(path)

    def _select(self, command: str, path: str) -> Answer:
        try:
            return self.client.run(command, quote_name(path))
        except CommandError as error:
            if self._identified or error.category != "id_required":
                raise
        self._identified = True
        identify(self.client)
        return self.client.run(command, quote_name(path))

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
