"""An app's configuration becomes settings: its accounts and what counts for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from ..account import Account
from ..errors import AddressError, ConfigurationError
from ..message import parse_mailbox
from ..providers import Quirks, Registry, shipped
from .coercion import FALSE, Positive, Text, shown
from .flaskmail import MailKeys
from .loading import load_account
from .queue import QueueSettings, load_queue
from .schema import ACCOUNT_KEYS, DEFAULTS_FOR_ALL, Labels, nearest, set_values, validated

DEFAULT = "default"

_MANNERS = frozenset(("verify_tls", "allow_cleartext_login", "save_sent", "identities"))
"""Keys that say how an account behaves, and not which one it is."""

APP_KEYS = (
    "accounts",
    "default_account",
    "providers",
    "capture_dir",
    "redirect_to",
    "setup_hint",
    "ispdb",
    "max_connections",
    "queue",
    "queue_size",
    "store",
    "watch_poll",
    "watch_renew",
)
"""``MAILBOX_*`` keys that are the app's own, beside those of the default account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What ``init_app`` made of the configuration.

    :param accounts: By name; ``default`` is the one of ``MAILBOX_*``.
    :param default_name: The account that is meant where none is named, or ``None``.
    :param registry: The presets, the app's own among them.
    :param defaults: Validated values for accounts that are loaded later.
    :param mail: What Flask-Mail's state object says of the default account.
    :param ispdb: Base URL of the database that discovery asks; ``None`` for the usual one, empty for none.
    :param nobody: An account without servers, for mail that is only recorded.
    """

    accounts: Mapping[str, Account]
    default_name: str | None
    registry: Registry = field(repr=False)
    defaults: Mapping[str, Any]
    mail: Mapping[str, Any] = field(repr=False)
    nobody: Account
    capture_dir: Path | None = None
    redirect_to: str | None = None
    setup_hint: str = ""
    ispdb: str | None = None
    max_connections: int = 50
    queue: QueueSettings = field(default_factory=QueueSettings)
    watch_poll: float = 55.0
    watch_renew: float = 600.0

    def account(self, name: str | None) -> Account:
        """Return a configured account, the default one for ``None``.

        :raises ConfigurationError: If there is no such account; it names those that are there.
        """
        wanted = name or self.default_name
        if wanted is not None and wanted in self.accounts:
            return self.accounts[wanted]
        if wanted is None and not self.accounts:
            cure = self.setup_hint or (
                "Set MAILBOX_PROVIDER, MAILBOX_ADDRESS and MAILBOX_PASSWORD, or MAILBOX_SMTP, MAILBOX_IMAP and "
                "MAILBOX_POP3 for your own servers."
            )
            raise ConfigurationError(f"No account is configured. {cure}")
        names = ", ".join(f"'{known}'" for known in self.accounts)
        if wanted is None:
            raise ConfigurationError(f"Which account? Set MAILBOX_DEFAULT_ACCOUNT to one of {names}.")
        known = f"There are: {names}." if names else "None is configured."
        raise ConfigurationError(f"No account '{wanted}'. {nearest(wanted, self.accounts)}{known} {self.setup_hint}")


def load_settings(config: Mapping[str, Any]) -> Settings:
    """Return the settings that an app's configuration describes; nothing is connected.

    :param config: The whole of ``app.config``; other extensions' keys are not looked at, Flask-Mail's are.
    :raises ConfigurationError: With all mistakes at once, each with its key, its value where it is no secret, and
        the cure.
    """
    return _Loader(config).load()


class _Loader:
    """Reads one configuration and notes every mistake in it."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._problems: list[str] = []
        self._own = set_values(
            {key.removeprefix("MAILBOX_"): value for key, value in config.items() if key.startswith("MAILBOX_")}
        )
        self._mail = MailKeys(config)

    def load(self) -> Settings:
        self._check_keys()
        registry = self._registry()
        defaults = self._defaults()
        accounts = self._accounts(registry, defaults)
        default_name = self._default_name(accounts)
        capture_dir, redirect_to, most = self._capture_dir(), self._redirect_to(), self._max_connections()
        watch_poll, watch_renew = self._seconds("watch_poll", 55.0), self._seconds("watch_renew", 600.0)
        ispdb = self._ispdb()
        queue, problems = load_queue(self._own)
        self._problems += problems
        if self._problems:
            raise ConfigurationError(self._problems)
        default = accounts.get(default_name or "")
        return Settings(
            accounts=accounts,
            default_name=default_name,
            registry=registry,
            defaults=defaults,
            mail=self._mail.state(default),
            nobody=Account(name="nobody", address="", sender=self._mail.sender, quirks=Quirks()),
            capture_dir=capture_dir,
            redirect_to=redirect_to,
            setup_hint=str(self._own.get("setup_hint", "")),
            ispdb=ispdb,
            max_connections=most,
            queue=queue,
            watch_poll=watch_poll,
            watch_renew=watch_renew,
        )

    def _check_keys(self) -> None:
        known = {*ACCOUNT_KEYS, *APP_KEYS}
        for key in self._own:
            if key not in known:
                meant = nearest(key.upper(), [each.upper() for each in sorted(known)], prefix="MAILBOX_")
                self._problems.append(f"MAILBOX_{key.upper()} is no key of flask-mailbox. {meant}".strip())
        self._problems += self._mail.problems

    def _registry(self) -> Registry:
        own = self._own.get("providers") or {}
        if not isinstance(own, Mapping):
            self._problems.append("MAILBOX_PROVIDERS takes a mapping from the id of a preset to its data.")
            return shipped()
        if not own:
            return shipped()
        try:
            return shipped().with_own(own)
        except ConfigurationError as error:
            self._problems += error.problems
            return shipped()

    def _defaults(self) -> dict[str, Any]:
        """Return what counts for all accounts; mistakes are told with the default account or here, once."""
        given = {key: self._own[key] for key in DEFAULTS_FOR_ALL if key in self._own}
        good, problems = validated(given, Labels("MAILBOX_{}", upper=True))
        self._problems += problems
        return good

    def _accounts(self, registry: Registry, defaults: Mapping[str, Any]) -> dict[str, Account]:
        accounts: dict[str, Account] = {}
        own = {key: self._own[key] for key in ACCOUNT_KEYS if key in self._own and key not in DEFAULTS_FOR_ALL}
        if own and set(own) <= _MANNERS and not self._mail.describes_account:
            keys = ", ".join(f"MAILBOX_{key.upper()}" for key in own)
            self._problems.append(f"{keys}: there is no account of MAILBOX_* to describe; set it in MAILBOX_ACCOUNTS.")
        elif own or self._mail.describes_account:
            mail = self._mail.account_values(own)
            label = Labels("MAILBOX_{}", upper=True, names=self._mail.names(mail, own))
            self._add(accounts, DEFAULT, mail | own, registry, defaults, label)
        named = self._own.get("accounts") or {}
        if not isinstance(named, Mapping):
            self._problems.append("MAILBOX_ACCOUNTS takes a mapping from an account's name to its keys.")
            return accounts
        for name, values in named.items():
            if name == DEFAULT and (own or self._mail.describes_account):
                self._problems.append(
                    "MAILBOX_ACCOUNTS['default'] and MAILBOX_* (or MAIL_SERVER) describe the same account: keep one."
                )
            if not isinstance(values, Mapping):
                self._problems.append(f"MAILBOX_ACCOUNTS['{name}'] takes a mapping of account keys.")
                continue
            plain = str(name).replace("{", "{{").replace("}", "}}")
            label = Labels(f"MAILBOX_ACCOUNTS['{plain}']['{{}}']")
            self._add(accounts, str(name), values, registry, defaults, label)
        self._check_same_smtp_host(accounts.get(DEFAULT))
        return accounts

    def _add(
        self,
        accounts: dict[str, Account],
        name: str,
        values: Mapping[str, Any],
        registry: Registry,
        defaults: Mapping[str, Any],
        label: Labels,
    ) -> None:
        try:
            accounts[name] = load_account(values, name=name, registry=registry, defaults=defaults, label=label)
        except ConfigurationError as error:
            self._problems += error.problems

    def _check_same_smtp_host(self, default: Account | None) -> None:
        host = self._mail.server
        if host and default and default.smtp and default.smtp.host.lower() != host.lower():
            self._problems.append(
                f"MAIL_SERVER is {shown(host)} and MAILBOX_* names '{default.smtp.host}': remove one of them."
            )

    def _default_name(self, accounts: Mapping[str, Account]) -> str | None:
        chosen = self._own.get("default_account")
        if chosen:
            if str(chosen) not in accounts and not self._problems:
                names = ", ".join(accounts) or "none"
                self._problems.append(f"MAILBOX_DEFAULT_ACCOUNT is '{chosen}'; the accounts are: {names}.")
            return str(chosen)
        if DEFAULT in accounts:
            return DEFAULT
        return next(iter(accounts)) if len(accounts) == 1 else None

    def _capture_dir(self) -> Path | None:
        value = self._own.get("capture_dir")
        if value is None or isinstance(value, str | Path):
            return Path(value) if value else None
        self._problems.append(f"MAILBOX_CAPTURE_DIR is {shown(value)}, and takes the path of a folder.")
        return None

    def _redirect_to(self) -> str | None:
        value = self._own.get("redirect_to")
        if value is None:
            return None
        try:
            return parse_mailbox(Text().deserialize(value)).address
        except ValidationError as error:
            self._problems.append(f"MAILBOX_REDIRECT_TO {' '.join(map(str, error.messages))}")
        except AddressError as error:
            self._problems.append(f"MAILBOX_REDIRECT_TO is {shown(value)}, and takes one e-mail address: {error}")
        return None

    def _ispdb(self) -> str | None:
        """Return the database that discovery asks: ``None`` for the usual one, empty for none."""
        value = self._own.get("ispdb")
        if value is None or str(value).strip().lower() in FALSE:
            return None if value is None else ""
        if isinstance(value, str) and value.startswith("https://") and value.isprintable():
            return value
        self._problems.append(f"MAILBOX_ISPDB is {shown(value)}, and takes a URL of https, or false.")
        return None

    def _seconds(self, key: str, standard: float) -> float:
        try:
            return float(Positive(most=86_400).deserialize(self._own.get(key, standard)))
        except ValidationError as error:
            self._problems.append(f"MAILBOX_{key.upper()} {' '.join(map(str, error.messages))}")
            return standard

    def _max_connections(self) -> int:
        try:
            return int(Positive(whole=True, most=10_000).deserialize(self._own.get("max_connections", 50)))
        except ValidationError as error:
            self._problems.append(f"MAILBOX_MAX_CONNECTIONS {' '.join(map(str, error.messages))}")
            return 50
