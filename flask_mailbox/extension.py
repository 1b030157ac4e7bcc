"""The Flask extension: configuration becomes accounts, accounts become sessions; glue only."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import flask_mail
from flask import Flask, current_app, g, has_app_context, has_request_context

from . import signals
from .account import Account, Protocol
from .blueprints import (
    Authorize,
    make_accounts_blueprint,
    make_imap_blueprint,
    make_pop3_blueprint,
    make_smtp_blueprint,
)
from .config import Settings, load_account, load_settings
from .discovery import ISPDB, DiscoveryNetwork, Proposal, discover
from .errors import ConfigurationError, UsageError
from .imap import IMAPSession
from .net import Lease, Opener, Pool
from .pop3 import POP3Session
from .services.delivery import DEFAULT, Delivery, SendOptions, SendPolicy
from .services.later import LaterOptions, LaterQueue, Ticket
from .services.patience import Patience
from .services.watch import Watcher
from .services.watchline import Timing
from .services.watchloop import WatchLoop
from .smtp import Receipt, SMTPSession
from .smtp.flaskmail import MailBridge

if TYPE_CHECKING:
    from .blueprints import Blueprint

OPENERS: dict[Protocol, Opener] = {
    Protocol.SMTP: SMTPSession.open,
    Protocol.IMAP: IMAPSession.open,
    Protocol.POP3: POP3Session.open,
}

_LEASES = "_flask_mailbox_leases"

AccountLoader = Callable[[], Account | str | None]
AccountFinder = Callable[[str], Account | None]


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
        app = _app()
        return _delivery_of(app, self.account, self._state.pool, send_policy(app), self._pool_wait)

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


class Mailbox:
    """Gives a Flask app its mailbox: ``Mailbox(app)``, or ``Mailbox()`` and ``init_app(app)`` in a factory.

    In an app context it stands for the account that ``account_loader`` names, else for the default account.
    """

    def __init__(self, app: Flask | None = None) -> None:
        self._account_loader: AccountLoader | None = None
        self._account_finder: AccountFinder | None = None
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Read and check the app's configuration; no connection is opened.

        :raises ConfigurationError: With all mistakes at once, each with its key and the cure.
        """
        settings = load_settings(app.config)
        pool = Pool(OPENERS, per_process=settings.max_connections)

        def find_account(name: str) -> Account:
            find = None if name in settings.accounts else self._account_finder
            return (find(name) if find else None) or settings.account(name)

        app.extensions["mailbox"] = MailboxState(
            self, settings, pool, WatchLoop(), LaterQueue(app, settings.queue, find_account, _later_delivery)
        )
        app.extensions["mail"] = MailBridge(dict(settings.mail), _bridge_delivery)
        app.teardown_appcontext(_give_back_leases)

    def account_loader(self, function: AccountLoader) -> AccountLoader:
        """Register the function that gives the account of the current request, as Flask-Login's ``user_loader`` does.

        It takes nothing and returns an ``Account`` (see ``load_account``), the name of a configured one, or ``None``
        for the default account.
        """
        self._account_loader = function
        return function

    def account_finder(self, function: AccountFinder) -> AccountFinder:
        """Register the function that gives an account back by its name, for those that are in no configuration.

        It takes the name that ``load_account(…, name=…)`` was given and returns an equal ``Account``, or ``None``. What
        such an account sends later waits in ``MAILBOX_STORE`` then, without its secret, and the function is asked for
        the account when the message is sent. Without it that mail waits in memory: see ``Ticket.durable``.
        """
        self._account_finder = function
        return function

    @property
    def state(self) -> MailboxState:
        """The current app's settings and pool.

        :raises UsageError: If the app was never given to ``init_app``.
        """
        state: MailboxState | None = current_app.extensions.get("mailbox")
        if state is None:
            raise UsageError(f"The app '{current_app.name}' has no mailbox: call mailbox.init_app(app) first.")
        return state

    def __getitem__(self, name: str) -> AccountMailbox:
        """Return the mailbox of a configured account.

        :raises ConfigurationError: If no account has that name.
        """
        state = self.state
        return AccountMailbox(state.settings.account(name), state)

    def for_account(self, account: Account) -> AccountMailbox:
        """Return the mailbox of an account that is not in the configuration, such as a signed-in user's."""
        return AccountMailbox(account, self.state)

    @property
    def current(self) -> AccountMailbox:
        """The mailbox of the current request: what the account loader gives, else the default account.

        :raises ConfigurationError: If there is neither.
        """
        chosen = self._account_loader() if self._account_loader and has_request_context() else None
        state = self.state
        return AccountMailbox(chosen if isinstance(chosen, Account) else state.settings.account(chosen), state)

    def load_account(self, values: Mapping[str, Any], *, name: str = "user") -> Account:
        """Return a validated account from what a form or a database row holds, with the app's presets and defaults.

        :param values: Account keys in either case, such as ``{"provider": "163", "address": …, "password": …}``.
        :raises ConfigurationError: With all mistakes at once.
        """
        settings = self.state.settings
        return load_account(values, name=name, registry=settings.registry, defaults=settings.defaults)

    def discover(self, address: str) -> Proposal:
        """Return which servers an address probably has: asked of presets, its domain, the ISPDB and DNS.

        Nothing is signed in to. ``mailbox.load_account(proposal.settings() | {"password": …})`` makes an account of
        it; let a person look at the hosts first.

        :raises AddressError: If it is no address with a public domain.
        """
        settings = self.state.settings
        network = DiscoveryNetwork(
            ispdb=ISPDB if settings.ispdb is None else settings.ispdb,
            allowed=settings.defaults.get("allowed_networks", ()),
            ca_file=settings.defaults.get("ca_file"),
        )
        return discover(address, registry=settings.registry, network=network)

    # The current account's own

    @property
    def account(self) -> Account:
        """The account that the current request works with."""
        return self.current.account

    def send(self, message: flask_mail.Message, **options: Any) -> Receipt:
        """Send with the current account; see ``AccountMailbox.send``."""
        return self.current.send(message, **options)

    def send_many(self, messages: Iterable[flask_mail.Message], **options: Any) -> Iterator[Receipt]:
        """Send many messages with the current account; see ``AccountMailbox.send_many``."""
        return self.current.send_many(messages, **options)

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
        """Queue a message of the current account; see ``AccountMailbox.send_later``."""
        return self.current.send_later(
            message,
            key=key,
            delay=delay,
            envelope_from=envelope_from,
            notify=notify,
            all_or_nothing=all_or_nothing,
        )

    def ticket(self, ticket_id: str) -> Ticket | None:
        """Return the ticket of a message of the current account; see ``AccountMailbox.ticket``."""
        return self.current.ticket(ticket_id)

    def ticket_of_key(self, key: str) -> Ticket | None:
        """Return the ticket of the current account's key; see ``AccountMailbox.ticket_of_key``."""
        return self.current.ticket_of_key(key)

    def smtp(self) -> AbstractContextManager[Delivery]:
        """Hold one SMTP connection of the current account; see ``AccountMailbox.smtp``."""
        return self.current.smtp()

    def imap(self) -> AbstractContextManager[IMAPSession]:
        """Lease an IMAP session of the current account; see ``AccountMailbox.imap``."""
        return self.current.imap()

    def pop3(self) -> AbstractContextManager[POP3Session]:
        """Open the current account's maildrop; see ``AccountMailbox.pop3``."""
        return self.current.pop3()

    def forget(self) -> None:
        """Close the sessions of the current account; see ``AccountMailbox.forget``."""
        self.current.forget()

    def watch(self, *folders: str, cursors: Mapping[str, str] | None = None) -> Watcher:
        """Watch folders of the current account; see ``AccountMailbox.watch``."""
        return self.current.watch(*folders, cursors=cursors)

    def watcher(self, *, shared: bool = False) -> Watcher:
        """Return a watcher for any number of accounts: ``watcher.add(account)``; what ends one is told as ``Failed``.

        One thread of the app serves all of them.

        :param shared: Listen over the connections of the app's other shared watchers of the same accounts and folders.
            They stay open for a minute after the last watcher left, or until ``forget``: for whoever goes from page to
            page, and for several windows.
        """
        return self.state.watcher(raises=False, shared=shared)

    # Blueprints

    def imap_blueprint(
        self,
        *,
        authorize: Authorize | None = None,
        account: str | None = None,
        name: str = "mailbox_imap",
        streams: int = 50,
        streams_per_account: int = 10,
    ) -> Blueprint:
        """Return a blueprint that publishes folders and messages as JSON; see ``docs/reference/http-api``.

        :param authorize: ``authorize(operation, account) -> bool`` for every request, or ``ANYONE``.
        :param account: A configured account's name; without it the request's own account.
        :param name: The blueprint's name, to register more than one.
        :param streams: How many streams of events may be open in this process; each occupies a thread of the server.
        :param streams_per_account: How many of them one account may have; each is a connection to its mail server.
        :raises ConfigurationError: Without ``authorize``.
        """
        return make_imap_blueprint(
            self,
            authorize=authorize,
            account=account,
            name=name,
            streams=streams,
            streams_per_account=streams_per_account,
        )

    def pop3_blueprint(
        self, *, authorize: Authorize | None = None, account: str | None = None, name: str = "mailbox_pop3"
    ) -> Blueprint:
        """Return a blueprint that publishes the maildrop as JSON; the parameters are those of ``imap_blueprint``."""
        return make_pop3_blueprint(self, authorize=authorize, account=account, name=name)

    def smtp_blueprint(
        self,
        *,
        authorize: Authorize | None = None,
        account: str | None = None,
        name: str = "mailbox_smtp",
        most: int = 200,
    ) -> Blueprint:
        """Return a blueprint that sends messages; the other parameters are those of ``imap_blueprint``.

        :param most: How many messages an account may send in a quarter of an hour; counted in this process.
        """
        return make_smtp_blueprint(self, authorize=authorize, account=account, name=name, most=most)

    def accounts_blueprint(
        self, *, authorize: Authorize | None = None, name: str = "mailbox_accounts", most: int = 20
    ) -> Blueprint:
        """Return a blueprint for a sign-in page: presets, discovery, and a test of what was entered.

        Servers that are entered are held to public addresses; no password is kept, logged or sent back.

        :param authorize: As for ``imap_blueprint``; it is called with an account that has no address.
        :param most: How often one client may discover, and test, in a quarter of an hour, and how often one address
            may be tested; counted in this process. Behind a proxy, ``ProxyFix`` must name the client.
        :raises ConfigurationError: Without ``authorize``.
        """
        return make_accounts_blueprint(self, authorize=authorize, name=name, most=most)


def _options(envelope_from: str | None, notify: Collection[str], all_or_nothing: bool, retries: int = 0) -> SendOptions:
    if notify == () and not (envelope_from or all_or_nothing or retries):
        return DEFAULT  # as for most messages
    return SendOptions(
        envelope_from=envelope_from, notify=notify, all_or_nothing=all_or_nothing, patience=Patience(retries)
    )


def send_policy(app: Flask) -> SendPolicy:
    """Return what the app wants done with its mail now: suppression is read at the time of the call, as tests need."""
    settings: Settings = app.extensions["mailbox"].settings
    bridge: MailBridge = app.extensions["mail"]
    return SendPolicy(
        suppress=bridge.suppress,
        capture_dir=settings.capture_dir,
        redirect_to=settings.redirect_to,
        ascii_names=bool(bridge.ascii_attachments),
    )


def _bridge_delivery() -> Delivery:
    """Return what the Flask-Mail bridge sends with: the default account, without a copy in Sent."""
    app = _app()
    state: MailboxState = app.extensions["mailbox"]
    policy = send_policy(app)
    try:
        account = state.settings.account(None)
    except ConfigurationError:
        if not policy.suppress:
            raise
        account = state.settings.nobody
    if account.save_sent:
        account = account.replace(save_sent=False)
    return _delivery_of(app, account, state.pool, policy)


def _delivery_of(app: Flask, account: Account, pool: Pool, policy: SendPolicy, wait: float | None = None) -> Delivery:
    tell, ask = _tell_dispatched(app, account), _ask_before_sending(app, account)
    return Delivery(account, pool, policy, tell, ask, wait=wait)


def _later_delivery(account: Account, note: Callable[[Receipt], None]) -> Delivery:
    """Return what the queue sends with; ``note`` gets each receipt before the receivers of signals do."""
    app = _app()
    tell = _tell_dispatched(app, account)

    def dispatched(message: flask_mail.Message, receipt: Receipt) -> None:
        note(receipt)
        tell(message, receipt)

    pool = app.extensions["mailbox"].pool
    return Delivery(account, pool, send_policy(app), dispatched, _ask_before_sending(app, account))


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


def _ask_before_sending(app: Flask, account: Account) -> Callable[[flask_mail.Message], bool]:
    """Return what announces a message before it is built, and says whether nobody objected."""

    def ask(message: flask_mail.Message) -> bool:
        answers = signals.message_sending.send(app, message=message, account=account)
        return not any(answer is False for _, answer in answers)

    return ask


def _tell_dispatched(app: Flask, account: Account) -> Callable[[flask_mail.Message, Receipt], None]:
    """Return what announces a message: Flask-Mail's signal, unless all refused it, and ours, with the receipt."""

    def tell(message: flask_mail.Message, receipt: Receipt) -> None:
        try:
            if receipt.dispatched:
                flask_mail.email_dispatched.send(app, message=message)
        finally:  # whatever a receiver of theirs does, ours are told
            signals.message_sent.send(app, message=message, receipt=receipt, account=account)

    return tell


def _give_back_leases(error: BaseException | None) -> None:
    """End what a request left open: somebody may still speak on it, so nobody else gets it; nothing is deleted."""
    for lease in g.pop(_LEASES, []):
        lease.discard()
