"""One connection to a mail server: TCP, verified TLS, and an end to every wait.

A socket time-out holds for one ``recv`` only, so a server that drips a byte now and then hangs a plain client
for ever; here every read and write also looks at the deadline of the whole operation.
"""

from __future__ import annotations

import logging
import select
import socket
import ssl
import time
from typing import Self, TypeVar

from ..account import Account, Endpoint, Protocol, Security
from ..errors import CertificateError, DisconnectedError, ServiceError, ServiceTimeoutError, TLSError
from .connecting import connect
from .deadline import Deadline
from .operation import Operation
from .tls import certificate_hint, context_for, port_hint

logger = logging.getLogger("flask_mailbox")

CHUNK = 64 * 1024
PIECE = 4 * CHUNK
"""Bytes that are written at once at most."""

_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)

Error = TypeVar("Error", bound=ServiceError)


class Connection:
    """A connection whose reads and writes end on time and whose failures are errors of our tree.

    :param broken: True after any failure that leaves open what the server will say next: such a connection is only
        closed, never used again.
    :param connected_at: When TCP was connected, on the monotonic clock.
    :param encrypted_at: When the TLS handshake ended, or ``None``.
    """

    def __init__(self, sock: socket.socket, account: Account, endpoint: Endpoint) -> None:
        self.account = account
        self.endpoint = endpoint
        self.broken = False
        self.deadline: Deadline | None = None
        self.read_timeout = account.timeouts.read
        self.connected_at = time.monotonic()
        self.encrypted_at: float | None = None
        self._socket = sock
        self._socket_timeout: float | None = None
        self._heard = False
        self._tickets_due = False
        self._poll: select.poll | None = None

    @classmethod
    def open(cls, account: Account, protocol: Protocol) -> Self:
        """Connect to an account's endpoint, with TLS from the first byte where it is configured so.

        :raises UsageError: If the account has no endpoint for the protocol.
        :raises ConnectError: If the host is unknown or refuses, or TLS fails (``TLSError``, ``CertificateError``).
        :raises ServiceTimeoutError: If that took longer than the account's connect time-out.
        """
        endpoint = account.server(protocol)
        if not account.verify_tls and endpoint.security is not Security.NONE:
            logger.warning("TLS verification is off for account '%s' (%s)", account.name, endpoint)
        return cls.connect(account, endpoint)

    @classmethod
    def connect(cls, account: Account, endpoint: Endpoint, deadline: Deadline | None = None) -> Self:
        """Connect to a server, with TLS from the first byte where the endpoint says so.

        :param deadline: When it must be done; left out, the account's connect time-out counts from now.
        :raises ConnectError: If the host is unknown or refuses, or TLS fails (``TLSError``, ``CertificateError``).
        :raises ServiceTimeoutError: If that took longer than the account's connect time-out.
        """
        deadline = deadline or Deadline(account.timeouts.connect)
        stream = cls(connect(account, endpoint, deadline), account, endpoint)
        if endpoint.security is Security.TLS:
            stream._handshake(deadline)
        return stream

    # State

    @property
    def is_tls(self) -> bool:
        """Whether what is sent now is encrypted."""
        return isinstance(self._socket, ssl.SSLSocket)

    @property
    def tls_version(self) -> str:
        """The version of TLS in use, such as ``TLSv1.3``; empty for clear text."""
        return (self._socket.version() or "") if isinstance(self._socket, ssl.SSLSocket) else ""

    @property
    def heard(self) -> bool:
        """Whether anything came since something was sent last."""
        return self._heard

    def take_over(self, other: Self) -> None:
        """Go on over another stream's connection in place of the own one, within the running operation."""
        self._socket.close()
        self._socket, self._poll = other._socket, None
        self._socket_timeout, self._heard, self.broken = other._socket_timeout, other._heard, other.broken
        self.connected_at, self.encrypted_at = other.connected_at, other.encrypted_at

    def require_private(self) -> None:
        """Refuse to go on to a login that others could read.

        :raises TLSError: If the connection is clear text to another machine and the account does not allow that.
        """
        if self.is_tls or self.endpoint.is_loopback:
            return
        if not self.account.allow_cleartext_login:
            self.broken = True
            raise self.error(
                TLSError,
                "The password was not sent, since the connection is not encrypted.",
                hint="Use TLS or STARTTLS, or set ALLOW_CLEARTEXT_LOGIN if the network is your own.",
            )
        logger.warning("Account '%s' signs in over clear text (%s)", self.account.name, self.endpoint)

    def error(self, kind: type[Error], text: str, **details: object) -> Error:
        """Return an error of the tree that names this account, protocol and host."""
        details.setdefault("account", self.account.name)
        details.setdefault("protocol", str(self.endpoint.protocol))
        details.setdefault("host", self.endpoint.where)
        return kind(text, **details)  # type: ignore[arg-type]

    def readable(self) -> bool:
        """Return at once whether bytes or the end of the connection wait to be read."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        try:
            poll = self._poll or self._made_poll()
            return bool(poll.poll(0))
        except (OSError, ValueError):
            return True

    def _made_poll(self) -> select.poll:
        """Make what ``readable`` asks, once: that is several times for every message."""
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        return self._poll

    def fileno(self) -> int:
        """Return the socket's descriptor, for selectors."""
        return self._socket.fileno()

    # Operations and deadlines

    def operation(
        self, *, at_least: float = 0.0, read: float | None = None, within: Deadline | None = None
    ) -> Operation:
        """Bound all reads and writes in the block together; an inner operation shares the deadline of the outer one.

        :param at_least: Seconds that are granted even if the account's operation time-out is shorter.
        :param read: Seconds that one read may wait here, if not the account's read time-out.
        :param within: A deadline that began earlier, in place of the account's operation time-out.
        :raises DisconnectedError: If an earlier failure left open what the server says next.
        """
        return Operation(self, at_least, read, within)

    def expect(self, size: int) -> None:
        """Give the running operation time for ``size`` announced bytes."""
        if self.deadline is not None:
            self.deadline.allow(size)

    # Reading and writing

    def _receive(self) -> bytes:
        """Return what has come, waiting for at least one byte.

        :raises ServiceError: If nothing comes in time, or the connection has ended.
        """
        wait = self._wait()
        try:
            if self._heard or self._tickets_due:
                _acknowledge_at_once(self._socket)
            data = self._socket.recv(CHUNK)
        except TimeoutError as error:
            raise self._timed_out(wait) from error
        except (OSError, ValueError) as error:
            raise self._lost() from error
        if not data:
            raise self._lost()
        self._heard, self._tickets_due = True, False
        return data

    def _receive_now(self) -> bytes | None:
        """Return what has come, without waiting: ``None`` if that is nothing, no bytes if the connection has ended."""
        try:
            self._set_timeout(0)
            return self._socket.recv(CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        except (OSError, ValueError) as error:
            raise self._lost() from error

    def sendall(self, data: bytes | bytearray | memoryview) -> None:
        """Send everything, within the deadline of the operation and the time that the size asks for."""
        if self.deadline is not None:
            self.deadline.allow(len(data))
        self._heard = False
        rest: bytes | bytearray | memoryview = data
        while rest:
            wait = self._wait()
            try:
                sent = self._socket.send(rest if len(rest) <= PIECE else memoryview(rest)[:PIECE])
            except TimeoutError as error:
                raise self._timed_out(wait) from error
            except (OSError, ValueError) as error:
                raise self._lost() from error
            if sent == len(rest):
                break  # as it is for most: no view has to be made
            rest = memoryview(rest)[sent:]

    def keep_alive(self, seconds: int) -> None:
        """Let the system look after a silent connection: a dead one is noticed after about twice this time."""
        options = {"TCP_KEEPIDLE": seconds, "TCP_KEEPINTVL": max(1, seconds // 4), "TCP_KEEPCNT": 4}
        for name, value in options.items():
            option = getattr(socket, name, None)  # not every system has all of them
            if option is not None:
                self._socket.setsockopt(socket.IPPROTO_TCP, option, value)

    def interrupt(self) -> None:
        """End a read or write that another thread is waiting in; that thread closes the connection."""
        self.broken = True
        try:
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # not SSLSocket's own, which is not thread-safe
        except OSError:
            pass

    # TLS and the end

    def start_tls(self) -> None:
        """Encrypt the connection after the server agreed to STARTTLS or STLS."""
        self._handshake(Deadline(self.account.timeouts.connect))

    def close(self) -> None:
        """Close the connection without a word; safe to call twice."""
        self.broken, self._poll = True, None
        try:
            self._socket.close()
        except OSError:
            pass

    def _handshake(self, deadline: Deadline) -> None:
        context = context_for(self.account)
        try:
            self._set_timeout(max(deadline.left(), 0.001))
            self._socket = context.wrap_socket(self._socket, server_hostname=self.endpoint.host)
            self.encrypted_at = time.monotonic()
            self._tickets_due = True  # what TLS 1.3 sends behind the handshake waits to be acknowledged too
        except OSError as error:
            self.close()
            raise self._handshake_error(error) from error

    def _handshake_error(self, error: OSError) -> ServiceError:
        """Translate what the handshake raised, most specific first."""
        if isinstance(error, ssl.SSLCertVerificationError):
            return self.error(
                CertificateError,
                f"The server's certificate was refused: {error.verify_message}.",
                hint=certificate_hint(error),
            )
        hint = port_hint(self.endpoint.protocol, self.endpoint.port, self.endpoint.security)
        if isinstance(error, TimeoutError):
            return self.error(ServiceTimeoutError, "The TLS handshake did not end in time.", hint=hint)
        if isinstance(error, ssl.SSLError) and "WRONG_VERSION" in str(error.reason):
            return self.error(TLSError, "The server does not speak TLS on this port.", hint=hint)
        return self.error(TLSError, "The server broke the TLS handshake off.", hint=hint, transient=not hint)

    def _set_timeout(self, seconds: float) -> None:
        """Set the socket's time-out; most often it is what it was, and a system call is saved."""
        if seconds != self._socket_timeout:
            self._socket.settimeout(seconds)
            self._socket_timeout = seconds

    def _wait(self) -> float:
        """Return how long the next read or write may take, and set the socket's time-out to that."""
        wait = self.read_timeout
        if self.deadline is not None:
            left = self.deadline.left()
            if left <= 0:
                raise self._timed_out(self.deadline.seconds)
            if left < wait:
                wait = left
        if wait != self._socket_timeout:
            try:
                self._set_timeout(wait)
            except (OSError, ValueError) as error:
                raise self._lost() from error
        return wait

    def _timed_out(self, seconds: float) -> ServiceTimeoutError:
        self.broken = True
        hint = "" if self.is_tls else port_hint(self.endpoint.protocol, self.endpoint.port, self.endpoint.security)
        if self.deadline is not None and self.deadline.left() <= 0:
            text = f"The operation did not end within {self.deadline.seconds:.0f} seconds."
        else:
            text = f"The server was silent for {seconds:.0f} seconds."
        return self.error(ServiceTimeoutError, text, hint=hint)

    def _lost(self) -> DisconnectedError:
        self.broken = True
        return self.error(DisconnectedError, "The server closed the connection.")


def _acknowledge_at_once(sock: socket.socket) -> None:
    """Ask for acknowledgements without delay, which last until data came (Linux): a server that collects its answers
    (Nagle's algorithm) would hold the next one back for 40 ms."""
    if _QUICKACK is not None:
        sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
