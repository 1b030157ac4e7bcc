"""The Flask extension: configuration becomes accounts, accounts become sessions; glue only."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import flask_mail
from flask import Flask, current_app, has_request_context

from .account import Account, Protocol
from .accountmailbox import AccountMailbox, MailboxState, give_back_leases
from .blueprints import (
    Authorize,
    make_accounts_blueprint,
    make_imap_blueprint,
    make_pop3_blueprint,
    make_smtp_blueprint,
)
from .config import load_account, load_settings
from .discovery import ISPDB, DiscoveryNetwork, Proposal, discover
from .dispatch import bridge_delivery, later_delivery
from .errors import UsageError
from .imap import IMAPSession
from .net import Opener, Pool
from .pop3 import POP3Session
from .services.delivery import Delivery
from .services.later import LaterQueue, Ticket
from .services.watch import Watcher
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

AccountLoader = Callable[[], Account | str | None]
AccountFinder = Callable[[str], Account | None]


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
            self, settings, pool, WatchLoop(), LaterQueue(app, settings.queue, find_account, later_delivery)
        )
        app.extensions["mail"] = MailBridge(dict(settings.mail), bridge_delivery)
        app.teardown_appcontext(give_back_leases)

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
