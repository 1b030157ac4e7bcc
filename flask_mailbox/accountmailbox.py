"""One account of an app, ready to send and to read, and what the app keeps for all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import flask_mail
from flask import g, has_app_context

from .account import Account, Protocol
from .config import Settings
from .dispatch import delivery_of, send_policy, this_app
from .imap import IMAPSession
from .net import Lease, Pool
from .pop3 import POP3Session
from .services.delivery import DEFAULT, Delivery, SendOptions
from .services.later import LaterOptions, LaterQueue, Ticket
from .services.patience import Patience
from .services.watch import Watcher
from .services.watchline import Timing
from .services.watchloop import WatchLoop
from .smtp import Receipt

if TYPE_CHECKING:
    from .extension import Mailbox

_LEASES = "_flask_mailbox_leases"


@dataclass(frozen=True, slots=True)
class MailboxState:
    """What one app has of us, in ``app.extensions["mailbox"]``."""

    mailbox: Mailbox
    settings: Settings
    pool: Pool
    watch_loop: WatchLoop
    later: LaterQueue

    def watcher(self, *, raises: bool, shared: bool = False) -> Watcher:
        """Return a watcher with the app's times; all of an app share one thread."""
        timing = Timing(renew=self.settings.watch_renew, poll=self.settings.watch_poll)
        return Watcher(loop=self.watch_loop, timing=timing, raises=raises, shared=shared)


class AccountMailbox:
    """One account of the current app, ready to send and to read.

    Sessions come from the app's pool and go back to it at the end of the ``with`` block, or with the app context.
    """

    def __init__(self, account: Account, state: MailboxState, pool_wait: float | None = None) -> None:
        self.account = account
        self._state = state
        self._pool_wait = pool_wait

    def __repr__(self) -> str:
        return f"<AccountMailbox {self.account.name!r} {self.account.address}>"

    def send(
        self,
        message: flask_mail.Message,
        *,
        envelope_from: str | None = None,
        notify: Collection[str] = (),
        all_or_nothing: bool = False,
        retries: int = 0,
    ) -> Receipt:
        """Send a message and return the receipt: for each recipient accepted, refused or unknown.

        :param message: A ``flask_mailbox.Message`` or any ``flask_mail.Message``.
        :param envelope_from: The return path, if it is not the sender's address.
        :param notify: For which events the servers on the way shall report to the sender: ``success``, ``failure``,
            ``delay``, or ``never`` alone (RFC 3461).
        :param all_or_nothing: Send only if the server accepts every recipient.
        :param retries: How often to try again what fails for the time being, within two minutes. Nobody is sent to
            again who accepted or whose fate is unknown.
        :raises MessageError: If the message cannot be sent as it is; nothing was connected then.
        :raises ServiceError: If no recipient was asked for: no connection, sign-in or sender refused.
        """
        return self._delivery().send(message, _options(envelope_from, notify, all_or_nothing, retries))

    def send_many(
        self,
        messages: Iterable[flask_mail.Message],
        *,
        envelope_from: str | None = None,
        notify: Collection[str] = (),
        all_or_nothing: bool = False,
        retries: int = 0,
    ) -> Iterator[Receipt]:
        """Send messages over one connection, as fast as the server takes them, and yield a receipt for each.

        The messages may come from a generator of any length: the next is read while the server is busy with the one
        before. What ``send`` would raise for one of them is the ``failure`` of its receipt, and the next is sent all
        the same. The other parameters are those of ``send``.

        :raises ServiceError: After the receipts of all messages that were read: if there is no connection or no
            sign-in to be had, or if three messages in a row failed for the server's or the network's sake.
        """
        return self._delivery().send_many(messages, _options(envelope_from, notify, all_or_nothing, retries))

    def send_later(
        self,
        message: flask_mail.Message,
        *,
        key: str | None = None,
        delay: float = 0.0,
        envelope_from: str | None = None,
        notify: Collection[str] = (),
        all_or_nothing: bool = False,
    ) -> Ticket:
        """Queue a message and return at once; what fails for the time being is tried again for about two hours.

        The message is checked and copied now: what is changed in it afterwards does not count. The other parameters
        are those of ``send``.

        :param key: An idempotency key: the same message under the same key is queued once, and its ticket returned.
        :param delay: Seconds to wait before it is sent; until then ``ticket.cancel()`` keeps it back.
        :raises MessageError: If the message cannot be sent as it is.
        :raises QueueFullError: If ``MAILBOX_QUEUE_SIZE`` messages wait already.
        :raises KeyReusedError: If the key stands for another message of this account.
        :raises StoreError: If the database of ``MAILBOX_STORE`` cannot be written.
        """
        options = _options(envelope_from, notify, all_or_nothing)
        later = LaterOptions(key=key, delay=delay)
        return self._state.later.put(self.account, message, options, later, self._delivery().check)

    def check(self, message: flask_mail.Message) -> None:
        """Make a message as ``send`` would, and connect to nothing.

        :raises MessageError: If it cannot be sent as it is.
        """
        self._delivery().check(message)

    def ticket(self, ticket_id: str) -> Ticket | None:
        """Return the ticket of a message that this account sends later; ``None`` if it has none of that id.

        :raises StoreError: If the database of ``MAILBOX_STORE`` cannot be read.
        """
        return self._state.later.ticket(self.account, ticket_id)

    def ticket_of_key(self, key: str) -> Ticket | None:
        """Return the ticket of the message that this account queued under an idempotency key, or ``None``."""
        return self._state.later.ticket_of_key(self.account, key)

    def smtp(self) -> AbstractContextManager[Delivery]:
        """Hold one connection for the messages of a ``with`` block: ``with mailbox.smtp() as smtp: smtp.send(…)``."""
        return self._delivery().held()

    def waiting(self, seconds: float) -> AccountMailbox:
        """Return the same mailbox, that waits no longer than this for a session of the pool to come free."""
        return AccountMailbox(self.account, self._state, seconds)

    def imap(self) -> AbstractContextManager[IMAPSession]:
        """Lease an IMAP session for a ``with`` block.

        A block that begins within an app context ends with it at the latest; one in a streamed answer that begins
        beyond it lasts as long as it needs.

        :raises ServiceError: If the server cannot be reached or refuses the sign-in.
        """
        return self._lease(Protocol.IMAP)

    def forget(self) -> None:
        """Close the account's sessions, as when its user signs out.

        Those that wait in the pool end now, those in use when they come back, and those that are watched over when the
        last watcher is closed. What is sent later is sent all the same.
        """
        self._state.pool.forget(self.account)
        self._state.watch_loop.forget(self.account)

    def pop3(self) -> AbstractContextManager[POP3Session]:
        """Open the maildrop for a ``with`` block; deletions happen at its end, and not if it ends by an error.

        :raises ServiceError: If the server cannot be reached or refuses the sign-in.
        """
        return self._lease(Protocol.POP3)

    def watch(self, *folders: str, cursors: Mapping[str, str] | None = None) -> Watcher:
        """Return an iterator of what happens in folders from now on; close it, or use it in a ``with`` block.

        This returns once the folders were looked at, or could not be. The iterator needs no app context, and its
        connections are its own, one a folder.

        :param folders: Paths or roles; the inbox if none is named.
        :param cursors: For some of them, from where to go on: the ``cursor`` of an event seen before.
        :raises UsageError: If the account has no IMAP server, or a cursor is none.
        :raises MailboxError: While it is read: what ends the watching, such as a wrong password. Broken connections
            are no errors: they are opened again.
        """
        watcher = self._state.watcher(raises=True)
        watcher.add(self.account, *folders, cursors=cursors)
        watcher.wait_ready(self.account.timeouts.operation)
        return watcher

    def _delivery(self) -> Delivery:
        app = this_app()
        return delivery_of(app, self.account, self._state.pool, send_policy(app), self._pool_wait)

    @contextmanager
    def _lease(self, protocol: Protocol) -> Iterator[Any]:
        lease = self._state.pool.lease(self.account, protocol, wait=self._pool_wait)
        held: list[Lease] = g.setdefault(_LEASES, []) if has_app_context() else []
        held.append(lease)
        if lease.reused and protocol is Protocol.IMAP:
            lease.session.may_have_ended = True
        try:
            with lease as session:
                yield session
        finally:
            held.remove(lease)


def give_back_leases(error: BaseException | None) -> None:
    """End what a request left open: somebody may still speak on it, so nobody else gets it; nothing is deleted."""
    for lease in g.pop(_LEASES, []):
        lease.discard()


def _options(envelope_from: str | None, notify: Collection[str], all_or_nothing: bool, retries: int = 0) -> SendOptions:
    if notify == () and not (envelope_from or all_or_nothing or retries):
        return DEFAULT  # as for most messages
    return SendOptions(
        envelope_from=envelope_from, notify=notify, all_or_nothing=all_or_nothing, patience=Patience(retries)
    )
