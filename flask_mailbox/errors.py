"""Every error that flask-mailbox raises, by whose fault it is.

::

    MailboxError
    ├── ConfigurationError            the deployment: names the key and the accepted values
    ├── UsageError                    our caller's order; no server was involved
    │   ├── UnsafeValueError          CR, LF or NUL in a value that would go on a wire
    │   └── KeyReusedError            an idempotency key that stands for another message
    ├── QueueFullError                too much mail waits to be sent later: nothing was queued
    ├── StoreError                    the database of what is sent later cannot be used
    ├── ServiceError                  server or network: account, protocol, host, transient, hint
    │   ├── ConnectError              no connection: name, route or port
    │   │   └── TLSError              the handshake failed, or STARTTLS is missing
    │   │       └── CertificateError  the server did not prove that it is the host asked for
    │   ├── ServiceTimeoutError       a deadline passed
    │   │   ├── PoolTimeoutError      all sessions stayed in use until the deadline
    │   │   └── RateError             the account's own rate leaves no room in time: seconds
    │   ├── DisconnectedError         the connection ended in the middle
    │   ├── ProtocolError             the server broke the rules of the protocol
    │   ├── AuthenticationError       the server refused the credential
    │   ├── CommandError              the server refused a command: command, code, text
    │   │   ├── FolderNotFoundError   no such folder
    │   │   └── BusyError             the mailbox is in use or the server asks to wait
    │   ├── DeliveryError             recipients were refused, or their fate is unknown: receipt
    │   ├── MessageNotFoundError      no message under that uid or uidl
    │   └── UIDValidityChangedError   the folder's uids were given out anew
    └── MessageError                  the content of a message: names the field
        ├── AddressError              an e-mail address that is none
        └── MessageTooLargeError      more bytes than are read at once
"""

from __future__ import annotations

from collections.abc import Sequence


class MailboxError(Exception):
    """The root: catch this for everything that flask-mailbox raises."""


class ConfigurationError(MailboxError, ValueError):
    """The configuration has mistakes; ``problems`` holds one sentence for each.

    :param problems: Sentences, each with the key, the value where it is no secret, and the cure.
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class UsageError(MailboxError, ValueError):
    """The call cannot be carried out as asked; no server was involved."""


class UnsafeValueError(UsageError):
    """A value that would go on a wire contains CR, LF or NUL."""


class KeyReusedError(UsageError):
    """An idempotency key stands for another message already."""


class QueueFullError(MailboxError):
    """Too much mail waits to be sent later; the message was not queued, and the caller still has it."""


class StoreError(MailboxError):
    """The database that keeps what is sent later cannot be used, or not now."""


class MessageError(MailboxError, ValueError):
    """The content of a message cannot be used; ``field`` names where, such as ``recipients``."""

    def __init__(self, text: str, *, field: str | None = None) -> None:
        self.field = field
        super().__init__(text)


class AddressError(MessageError):
    """An e-mail address does not follow RFC 5321."""


class MessageTooLargeError(MessageError):
    """A message on a server has more bytes than are read at once; its parts can still be read."""


class ServiceError(MailboxError):
    """A server or the network did not do what was asked.

    :param text: One sentence that says what happened.
    :param account: Name of the account, such as ``default``.
    :param protocol: ``smtp``, ``imap`` or ``pop3``; ``oauth2`` for the server that hands out access tokens.
    :param host: The server as ``host:port``.
    :param transient: Whether the same call may succeed later; this alone decides a retry.
    :param hint: What to do about it, in plain words; empty where there is nothing to say.
    :param category: A stable name of the cause, such as ``app_password_required``; ``None`` if unknown.
    """

    transient = False

    def __init__(
        self,
        text: str,
        *,
        account: str | None = None,
        protocol: str | None = None,
        host: str | None = None,
        transient: bool | None = None,
        hint: str = "",
        category: str | None = None,
    ) -> None:
        self.text = text
        self.account = account
        self.protocol = protocol
        self.host = host
        self.hint = hint
        self.category = category
        if transient is not None:
            self.transient = transient
        super().__init__(text)

    def __str__(self) -> str:
        where = ", ".join(
            part
            for part in (
                self.account and f"account '{self.account}'",
                self.protocol and self.protocol.upper(),
                self.host,
            )
            if part
        )
        sentence = f"{self.text} [{where}]" if where else self.text
        return f"{sentence} {self.hint}" if self.hint else sentence


class ConnectError(ServiceError, ConnectionError):
    """No connection could be opened: the name, the route or the port."""

    transient = True


class TLSError(ConnectError):
    """The TLS handshake failed, or the server does not offer the STARTTLS that is required."""

    transient = False


class CertificateError(TLSError):
    """The certificate does not prove that the server is the host asked for (RFC 8314, RFC 6125)."""


class ForbiddenHostError(ConnectError):
    """The host leads to an address that may not be connected to: it was named by a stranger, and is not public."""

    transient = False


class ServiceTimeoutError(ServiceError, TimeoutError):
    """A deadline passed; the session was closed."""

    transient = True


class PoolTimeoutError(ServiceTimeoutError):
    """All sessions that the account may open stayed in use until the deadline."""


class RateError(ServiceTimeoutError):
    """The account's own ``RATE`` leaves no room in time; no server was asked.

    :param seconds: When the next message may go, counted from now.
    """

    def __init__(self, text: str, *, seconds: float, **where: object) -> None:
        self.seconds = seconds
        super().__init__(text, **where)  # type: ignore[arg-type]


class DisconnectedError(ServiceError, ConnectionError):
    """The connection ended before the answer was complete."""

    transient = True


class ProtocolError(ServiceError):
    """The server answered something that its protocol does not allow, or more than the limits allow."""


class AuthenticationError(ServiceError):
    """The server refused the credential; ``code`` and ``server_text`` are its own words."""

    def __init__(self, text: str, *, code: str = "", server_text: str = "", **where: object) -> None:
        self.code = code
        self.server_text = server_text
        super().__init__(text, **where)  # type: ignore[arg-type]


class CommandError(ServiceError):
    """The server refused a command.

    :param command: The command's name (``SELECT``, ``RCPT``), never its arguments.
    :param code: The reply or response code (``550``, ``NONEXISTENT``, ``IN-USE``); empty if none.
    :param server_text: The server's own words, one line, capped.
    """

    def __init__(self, text: str, *, command: str = "", code: str = "", server_text: str = "", **where: object) -> None:
        self.command = command
        self.code = code
        self.server_text = server_text
        super().__init__(text, **where)  # type: ignore[arg-type]


class FolderNotFoundError(CommandError, LookupError):
    """The account has no folder of that name, or it cannot be opened."""


class BusyError(CommandError):
    """The mailbox is in use by another session, or the server asks to wait (RFC 2449: IN-USE, LOGIN-DELAY)."""

    transient = True


class DeliveryError(ServiceError):
    """Not every recipient was accepted; ``receipt`` tells each one's answer.

    Raised only where a caller asked for it: ``Receipt.raise_for_refused`` and Flask-Mail's ``send``.
    """

    def __init__(self, text: str, *, receipt: object, **where: object) -> None:
        self.receipt = receipt
        super().__init__(text, **where)  # type: ignore[arg-type]


class MessageNotFoundError(ServiceError, LookupError):
    """There is no message under that uid or uidl, or it is gone."""


class UIDValidityChangedError(ServiceError):
    """The folder's uids were given out anew: none of those known before may be used (RFC 9051, 2.3.1.1)."""
