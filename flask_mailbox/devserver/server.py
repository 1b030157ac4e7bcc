"""SMTP, IMAP and POP3 on loopback: one event loop in one thread, one store in memory."""

from __future__ import annotations

import asyncio
import atexit
import datetime
import shutil
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from .certificate import Certificates
from .faults import Faults
from .front import Listener, Listeners
from .imap import make_imap
from .mailstore import Folder, MailStore, User, checked_flags
from .pop3 import make_pop3
from .profiles import Profile, profile_for
from .services import Services
from .settings import flask_settings
from .smtp import make_smtp
from .wire import Journal, LogLine

Result = TypeVar("Result")

STOP_SECONDS = 10.0
SETTLE_ROUNDS = 5
DEMO_USERS = {"ann@demo.test": "ann-secret", "bob@demo.test": "bob-secret"}


class MailServer:
    """A mail server for development and tests; nothing it gets ever leaves this machine.

    ::

        with MailServer({"ann@demo.test": "secret"}) as server:
            app.config.update(server.config("ann@demo.test"))

    :param users: Addresses and passwords; the two of ``DEMO_USERS`` if none are given.
    :param tokens: Addresses and the OAuth2 access tokens that XOAUTH2 and OAUTHBEARER accept for them.
    :param profile: Which servers to imitate: a provider by id or alias (``163``), a family (``coremail``), or
        a profile of your own.
    :param host: A loopback address to listen on.
    :param require_auth: Whether SMTP wants a login before MAIL.
    :param speed: How many times faster than in real life the times of a profile pass, such as the minute after
        which NetEase's servers close a connection.
    :param ports: Fixed ports by name (``smtp``, ``smtps``, ``imap`` …); the others are free ones.
    :raises ValueError: If the host is not a loopback address, the speed is not above zero, or there is no such
        profile or port name.
    """

    def __init__(
        self,
        users: Mapping[str, str] | None = None,
        *,
        tokens: Mapping[str, str] | None = None,
        profile: str | Profile | None = None,
        host: str = "127.0.0.1",
        require_auth: bool = True,
        speed: float = 1.0,
        ports: Mapping[str, int] | None = None,
    ) -> None:
        if speed <= 0:
            raise ValueError(f"The clock cannot run at speed {speed}. Use 1 for real time, 60 for minutes in seconds.")
        if host not in ("localhost", "::1") and not host.startswith("127."):
            raise ValueError(f"The dev server listens on loopback only, not on '{host}'. Use 127.0.0.1.")
        passwords = DEMO_USERS if users is None else users
        self._users = {address: (password, (tokens or {}).get(address)) for address, password in passwords.items()}
        self._wanted_ports = dict(ports or {})
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._folder: Path
        self._started = threading.Event()
        self._failure: BaseException | None = None
        self._ports: dict[str, int] = {}
        self._certificates: Certificates
        self.host = host
        self.profile: Profile = profile_for(profile)
        self.require_auth = require_auth
        self.speed = speed
        self.store = MailStore(self.profile.folders)
        self.store.clear(self._users)
        self.faults = Faults()
        self.journal = Journal()

    # starting and stopping

    def start(self) -> MailServer:
        """Listen on all ports and return once clients can connect.

        :raises OSError: If a fixed port is taken.
        :raises RuntimeError: If it runs already.
        """
        if self._thread is not None:
            raise RuntimeError("The mail server runs already.")
        self._folder = Path(tempfile.mkdtemp(prefix="flask-mailbox-"))
        self._certificates = Certificates(self._folder)
        self._started.clear()
        self._failure = None
        atexit.register(self.stop)
        self._thread = threading.Thread(target=self._run_thread, name="flask-mailbox-devserver", daemon=True)
        self._thread.start()
        self._started.wait()
        self._raise_failure()
        return self

    def stop(self) -> None:
        """Close every connection and end the thread; does nothing if the server does not run."""
        if self._thread is None:
            return
        if self._thread.is_alive():
            try:
                self._loop.call_soon_threadsafe(self._stop.set)
            except RuntimeError:  # the loop ended in the meantime
                pass
        self._thread.join(STOP_SECONDS)
        self._thread = None
        atexit.unregister(self.stop)
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> MailServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def reset(self) -> None:
        """Drop all clients and go back to the users given at first, empty folders, no faults, no log."""
        self.faults.clear()
        self._call(self._reset)
        self.journal.clear()

    # where it listens

    @property
    def smtp(self) -> int:
        """Port of SMTP in clear with STARTTLS."""
        return self._ports["smtp"]

    @property
    def smtps(self) -> int:
        """Port of SMTP over TLS."""
        return self._ports["smtps"]

    @property
    def imap(self) -> int:
        """Port of IMAP in clear with STARTTLS."""
        return self._ports["imap"]

    @property
    def imaps(self) -> int:
        """Port of IMAP over TLS."""
        return self._ports["imaps"]

    @property
    def pop3(self) -> int:
        """Port of POP3 in clear with STLS."""
        return self._ports["pop3"]

    @property
    def pop3s(self) -> int:
        """Port of POP3 over TLS."""
        return self._ports["pop3s"]

    @property
    def ca_file(self) -> Path:
        """The authority that signed the server's certificate, as a PEM file; gone after ``stop``."""
        return self._certificates.ca_file

    def config(self, address: str, security: str = "tls") -> dict[str, Any]:
        """Return the Flask configuration that makes a user of this server the default account.

        Sending is switched on, also under ``TESTING``.

        :param address: A user of this server.
        :param security: ``tls``, ``starttls`` or ``none``.
        :raises ValueError: If there is no such user or security.
        """
        return flask_settings(self._user(address), self.host, self._ports, self.ca_file, security)

    # what is in it

    def add_user(self, address: str, password: str, token: str | None = None) -> None:
        """Add a user, or give one that exists another password and token."""
        self._call(lambda: self.store.add_user(address, password, token))

    def set_trouble(self, address: str, cause: str) -> None:
        """From now on refuse a user's sign-ins, in the words that the profile has for the cause; empty ends it.

        :param cause: Such as ``app_password_required``, ``protocol_disabled`` or ``web_login_required``.
        :raises ValueError: If there is no such user, or the profile has no words for the cause.
        """
        known = self.profile.troubles
        if cause and cause not in known:
            what = f"Use one of: {', '.join(known)}." if known else "It has words for none."
            raise ValueError(f"The profile '{self.profile.name}' has no words for '{cause}'. {what}")

        def change() -> None:
            self._user(address).trouble = cause

        self._call(change)

    def deliver(
        self,
        raw: bytes,
        to: str,
        folder: str = "INBOX",
        flags: Iterable[str] = (),
        date: datetime.datetime | None = None,
    ) -> int:
        """Put a message into a folder, which is created if it does not exist, and return its uid.

        :param raw: The message; bare LF becomes CRLF, nothing else changes.
        :raises ValueError: If there is no such user, or a flag is none.
        """
        flags = checked_flags(flags)

        def add() -> int:
            user = self._user(to)
            return (user.folder(folder) or user.create(folder)).add(raw, flags, date).uid

        return self._call(add)

    def messages(self, address: str, folder: str = "INBOX") -> list[bytes]:
        """Return the raw messages of a folder, oldest first; none if the folder does not exist.

        :raises ValueError: If there is no such user.
        """

        def collect() -> list[bytes]:
            found = self._user(address).folder(folder)
            return [message.raw for message in found.messages] if found else []

        return self._call(collect)

    def expunge(self, address: str, uid: int, folder: str = "INBOX") -> None:
        """Remove a message behind the clients' backs."""
        self._change(address, folder, lambda _, found: found.expunge([m for m in found.messages if m.uid == uid]))

    def renew_uidvalidity(self, address: str, folder: str = "INBOX") -> None:
        """Give the messages of a folder new uids under a new uidvalidity, as a restored backup does."""
        self._change(address, folder, lambda user, found: user.renew_uidvalidity(found))

    def renew_uids(self, address: str, folder: str = "INBOX") -> None:
        """Give the messages of a folder new uids under the uidvalidity that they had, as no server should."""
        self._change(address, folder, lambda _, found: found.renew_uids())

    @property
    def log(self) -> list[LogLine]:
        """Every line read and written since the start or ``reset``: ``(protocol, direction, line)``.

        Direction ``C`` is what clients sent, ``S`` what the server answered; the lines of SMTP's DATA are
        left out, long ones are cut.
        """
        self._settle()
        return self.journal.lines()

    def received(self, protocol: str) -> bytes:
        """Return all that clients of one protocol sent, as the log has it."""
        return b"".join(line.line for line in self.log if line.protocol == protocol and line.direction == "C")

    @property
    def connections(self) -> dict[str, tuple[int, int]]:
        """For each protocol how many connections were opened since the start or ``reset``, and are open now."""
        self._settle()
        journal = self.journal
        return {name: (journal.opened[name], journal.open[name]) for name in ("smtp", "imap", "pop3")}

    # the thread

    def _user(self, address: str) -> User:
        user = self.store.users.get(address.lower())
        if user is None:
            raise ValueError(f"No user '{address}' on this server. Add it with add_user().")
        return user

    def _change(self, address: str, path: str, change: Callable[[User, Folder], None]) -> None:
        """Change a folder of a user, if there is one of that path."""

        def run() -> None:
            user = self._user(address)
            found = user.folder(path)
            if found is not None:
                change(user, found)

        self._call(run)

    def _call(self, function: Callable[[], Result]) -> Result:
        """Run a function on the server's thread, where the store lives; directly if it does not run."""
        if self._thread is None:
            return function()

        async def run() -> Result:
            return function()

        return self._wait(run())

    def _settle(self) -> None:
        """Let the server read what clients have sent by now, and see which of them have left."""
        for _ in range(SETTLE_ROUNDS):
            self._call(lambda: None)

    def _wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(STOP_SECONDS)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            self.stop()
            raise self._failure

    def _run_thread(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # handed to start(), which raises it
            self._failure = error
        finally:
            self._started.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._listeners = Listeners(self._make_listeners(), self._certificates, self.faults, self.journal)
        try:
            self._ports = await self._listeners.open(self.host, self._wanted_ports)
            self._started.set()
            await self._stop.wait()
        finally:
            await self._listeners.close()

    def _make_listeners(self) -> list[Listener]:
        services = Services(
            self.store, self._certificates, self.faults, self.journal, self.profile, self.require_auth, self.speed
        )
        return [
            Listener("smtp", partial(make_smtp, services)),
            Listener("imap", partial(make_imap, services)),
            Listener("pop3", partial(make_pop3, services)),
        ]

    def _reset(self) -> None:
        self._listeners.drop_all()
        self.store.clear(self._users)
