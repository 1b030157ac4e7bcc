"""The queue of one app: takes messages that are sent later, and gives tickets for them."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import flask_mail

from ...account import Account, Protocol
from ...config import QueueSettings
from ...errors import ConfigurationError, QueueFullError, UsageError
from ..courier import until_rate_allows
from ..delivery import SendOptions
from ..store import Entry, MemoryStore, Outbox, open_store
from .packing import pack
from .sender import FindAccount, MakeDelivery, Sender
from .ticket import Ticket
from .workers import Workers

if TYPE_CHECKING:
    from flask import Flask

logger = logging.getLogger("flask_mailbox")

MAX_KEY = 255
MAX_DELAY = 30 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterOptions:
    """How a message is queued.

    :param key: An idempotency key: the same message under the same key is queued once for an account.
    :param delay: Seconds to wait before it is sent.
    """

    key: str | None = None
    delay: float = 0.0


class LaterQueue:
    """What waits to be sent for one app: in the store if there is one, else in memory.

    Accounts that nobody gives back by their name, such as a signed-in user's, stay in memory with or without a store:
    their password is written nowhere.

    :param find_account: Gives an account by name: a configured one, or one that the app finds.
    :param make_delivery: See ``Sender``.
    """

    def __init__(
        self, app: Flask, settings: QueueSettings, find_account: FindAccount, make_delivery: MakeDelivery
    ) -> None:
        self._app = app
        self._find_account = find_account
        self.sender = Sender(find_account, make_delivery, self._until_rate_allows)
        self.memory = Outbox(MemoryStore(), size=settings.size)
        self.stored = Outbox(open_store(settings.store), size=settings.size) if settings.store is not None else None
        self._told = False
        self._uses_celery = settings.kind == "celery"
        mine = [self.memory] if self.stored is None or self._uses_celery else [self.memory, self.stored]
        self.workers = Workers(app, mine, self.sender)
        if self._uses_celery:
            _tasks().serve(app)
        elif self.stored is not None:
            app.before_request(self.workers.start)

    def put(
        self,
        account: Account,
        message: flask_mail.Message,
        options: SendOptions,
        later: LaterOptions,
        check: Callable[[flask_mail.Message, SendOptions], Any],
    ) -> Ticket:
        """Queue a message and return its ticket.

        :param check: Raises what is wrong with the message.
        :raises MessageError: If the message cannot be sent as it is.
        :raises QueueFullError: If too many wait.
        :raises KeyReusedError: If the key stands for another message.
        :raises StoreError: If the store cannot be written.
        """
        _check_options(later)
        check(message, options)
        outbox = self._outbox_of(account)
        self._tell_of_memory(account, outbox)
        if not outbox.durable and self.workers.is_closed:
            raise QueueFullError("Nothing was queued: this process is ending, and what waits in its memory is lost.")
        if outbox.durable and self._uses_celery:
            _tasks().celery_of(self._app)
        packed = pack(message, account, options)
        now = time.time()
        entry = Entry(
            id=secrets.token_hex(16),
            account=self._name_of(account, outbox),
            message=packed.data,
            fingerprint=packed.fingerprint,
            key=later.key,
            due=now + later.delay,
            created=now,
            updated=now,
            private=None if outbox.durable else account,
        )
        entry, is_new = outbox.add(entry)
        ring = self._ring_of(outbox)
        if is_new:
            ring(entry.id)
        elif outbox in self.workers.outboxes:
            self.workers.start()  # perhaps the process that queued it is gone
        return Ticket(outbox, entry, ring, is_new=is_new)

    def ticket(self, account: Account, ticket_id: str) -> Ticket | None:
        """Return the ticket of an account's message; ``None`` if there is none, or it is another account's."""
        outbox = self._outbox_of(account)
        entry = outbox.store.get(ticket_id)
        return self._ticket(account, outbox, entry)

    def ticket_of_key(self, account: Account, key: str) -> Ticket | None:
        """Return the ticket that an account's key stands for; ``None`` if the key was not used."""
        outbox = self._outbox_of(account)
        return self._ticket(account, outbox, outbox.store.by_key(self._name_of(account, outbox), key))

    def _until_rate_allows(self, account: Account) -> float:
        return until_rate_allows(account, self._app.extensions["mailbox"].pool)

    def _ticket(self, account: Account, outbox: Outbox, entry: Entry | None) -> Ticket | None:
        if entry is None or entry.account != self._name_of(account, outbox):
            return None
        return Ticket(outbox, entry, self._ring_of(outbox))

    def _tell_of_memory(self, account: Account, outbox: Outbox) -> None:
        """Tell once that there is a store, and that it does not hold everything."""
        if self.stored is not None and not outbox.durable and not self._told:
            self._told = True
            logger.warning(
                "What account '%s' sends later waits in this process's memory and not in MAILBOX_STORE, since neither "
                "the configuration nor @mailbox.account_finder gives this account: it is lost with the process.",
                account.name,
            )

    def _outbox_of(self, account: Account) -> Outbox:
        return self.stored if self.stored is not None and self._is_found(account) else self.memory

    def _is_found(self, account: Account) -> bool:
        """Whether the account is found again by its name alone, and is the same then, secret included."""
        try:
            return self._find_account(account.name) == account
        except ConfigurationError:
            return False

    def _name_of(self, account: Account, outbox: Outbox) -> str:
        """Return what an account is kept under: in memory, users may share a name, and claim any address."""
        if outbox.durable:
            return account.name
        credential = account.credential_for(Protocol.SMTP)
        return "\n".join((account.name, account.address, credential.username if credential else "", str(account.smtp)))

    def _ring_of(self, outbox: Outbox) -> Callable[[str], None]:
        if self._uses_celery and outbox.durable:
            return self._publish
        return lambda entry_id: self.workers.ring()

    def _publish(self, entry_id: str) -> None:
        assert self.stored is not None  # noqa: S101 - Celery needs the store, as the configuration was checked
        _tasks().publish(self._app, self.stored, entry_id)


def _tasks() -> ModuleType:
    """Return the module that needs Celery, an extra."""
    from . import tasks

    return tasks


def _check_options(later: LaterOptions) -> None:
    if later.key is not None and not (0 < len(later.key) <= MAX_KEY and later.key.isprintable()):
        raise UsageError(f"A key takes 1 to {MAX_KEY} printable characters.")
    if not 0 <= later.delay <= MAX_DELAY:
        raise UsageError(f"A delay takes 0 to {MAX_DELAY:.0f} seconds.")
