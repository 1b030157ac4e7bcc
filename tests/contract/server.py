"""The two kinds of mail server that every contract test runs against, behind one interface."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from flask_mailbox.devserver import MailServer

from ..servers.process import wait_for


class ReadingServer(Protocol):
    """What a contract test of IMAP or POP3 may ask of a server."""

    @property
    def ca_file(self) -> Path:
        """The authority that a client must trust."""

    @property
    def ports(self) -> dict[str, int]:
        """The ports by ``imap``, ``imaps``, ``pop3``, ``pop3s``, and ``smtp``, ``smtps`` where it takes mail."""

    def config(self, address: str, security: str = "tls") -> dict[str, object]:
        """Return the ``MAILBOX_*`` settings of a user, with ``tls``, ``starttls`` or ``none``."""

    def new_user(self) -> tuple[str, str]:
        """Return address and password of a user with an empty mailbox."""

    def token(self, address: str) -> str:
        """Return an access token that signs the user in by XOAUTH2 and OAUTHBEARER."""

    def deliver(
        self,
        raw: bytes,
        to: str,
        folder: str = "INBOX",
        flags: Iterable[str] = (),
        date: datetime.datetime | None = None,
    ) -> int:
        """Put exactly these bytes into a folder, which is created if need be, and return the uid."""

    def messages(self, address: str, folder: str = "INBOX") -> list[bytes]:
        """Return the raw messages of a folder, oldest first, without marking them read."""


class ContractServer(ReadingServer, Protocol):
    """A server that also takes mail, for the domain ``mail.test``."""

    def arrived(self, address: str, count: int = 1, *, seconds: float = 20.0) -> list[bytes]:
        """Wait until an inbox holds so many messages and return them, fewer if the time is over."""


@dataclass(frozen=True)
class EmbeddedServer:
    """The server of ``flask_mailbox.devserver``, whose users are made as tests ask for them."""

    mailserver: MailServer
    _numbers: Iterator[int] = field(default_factory=itertools.count, repr=False)

    @property
    def ca_file(self) -> Path:
        """The authority that a client must trust."""
        return self.mailserver.ca_file

    @property
    def ports(self) -> dict[str, int]:
        """The ports by protocol."""
        return {name: getattr(self.mailserver, name) for name in ("smtp", "smtps", "imap", "imaps", "pop3", "pop3s")}

    def config(self, address: str, security: str = "tls") -> dict[str, object]:
        """Return the ``MAILBOX_*`` settings of a user."""
        return self.mailserver.config(address, security)

    def new_user(self) -> tuple[str, str]:
        """Add a user and return address and password."""
        number = next(self._numbers)
        address, password = f"user{number}@mail.test", f"secret-{number}"
        self.mailserver.add_user(address, password, self.token(address))
        return address, password

    def token(self, address: str) -> str:
        """Return the user's access token."""
        return f"token-of-{address}"

    def deliver(
        self,
        raw: bytes,
        to: str,
        folder: str = "INBOX",
        flags: Iterable[str] = (),
        date: datetime.datetime | None = None,
    ) -> int:
        """Put these bytes into a folder and return the uid."""
        return self.mailserver.deliver(raw, to, folder, flags, date)

    def messages(self, address: str, folder: str = "INBOX") -> list[bytes]:
        """Return the raw messages of a folder, oldest first."""
        return self.mailserver.messages(address, folder)

    def arrived(self, address: str, count: int = 1, *, seconds: float = 20.0) -> list[bytes]:
        """Wait until an inbox holds so many messages and return them, fewer if the time is over."""
        wait_for(lambda: len(self.messages(address)) >= count, seconds)
        return self.messages(address)
