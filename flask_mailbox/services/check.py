"""Testing an account leg by leg: names, connections, TLS, sign-in, folders, a message to oneself and back.

Every check connects afresh: a pooled session would prove only what an earlier credential was worth.
"""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..account import Account, Endpoint, Protocol, RefreshGrant
from ..auth import current_token
from ..errors import (
    CertificateError,
    ConnectError,
    MailboxError,
    ServiceError,
    ServiceTimeoutError,
    TLSError,
    UsageError,
)
from ..imap import IMAPSession
from ..message import Message, build, message_id_of
from ..net.connecting import resolve
from ..net.deadline import Deadline
from ..pop3 import POP3Session
from ..providers import hint_for
from ..smtp import Parcel, SMTPSession
from .delivery import envelope_for

ARRIVAL_TIMEOUT = 60.0
"""Seconds that a message to oneself may take to arrive."""

POLL_INTERVAL = 0.5
NEWEST = 20


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a check.

    :param leg: ``smtp``, ``imap`` or ``pop3``; ``auth`` for the access token that all of them need.
    :param name: What was tried: ``token``, ``resolve``, ``connect``, ``tls``, ``login``, ``folders``, ``send`` …
    :param ok: Whether it worked; ``None`` if there was nothing to try.
    :param seconds: How long it took.
    :param detail: What was found, or the plain reason of the failure.
    :param hint: What to do about a failure.
    :param category: A stable name of the cause of a failure, or ``None``.
    """

    leg: str
    name: str
    ok: bool | None
    seconds: float
    detail: str
    hint: str = ""
    category: str | None = None


def check_account(account: Account, *, send: bool = False, language: str = "en") -> Iterator[Step]:
    """Yield the steps of testing an account, each as soon as it is done; a failed leg does not end the others.

    Without an access token, where the account needs one, nothing else is tried.

    :param send: Send a message to the account's own address and find it again over IMAP and POP3.
    :param language: Of the hints: ``zh`` (in any region) for Chinese as far as there is one, else English.
    """
    for step in _steps(account, send=send):
        yield _advised(step, account, language)


def _advised(step: Step, account: Account, language: str) -> Step:
    """Give the advice that suits the provider: the same in every protocol, though only some refuse in known words."""
    hint = hint_for(step.category, provider=account.provider, language=language) if step.hint else ""
    chinese = language.lower().startswith("zh")
    return dataclasses.replace(step, hint=hint) if hint and (chinese or account.provider) else step


def _steps(account: Account, *, send: bool) -> Iterator[Step]:
    sent: str | None = None
    token = _token(account)
    if token is not None:
        yield token
        if not token.ok:
            return
    with _leg() as leg:
        yield from leg.open(account, Protocol.SMTP, SMTPSession.open, _describe_smtp)
        if send and leg.session:
            sent, step = _send_to_oneself(account, leg.session)
            yield step
    with _leg() as leg:
        yield from leg.open(account, Protocol.IMAP, IMAPSession.open, _describe_login)
        if leg.session:
            yield _attempt("imap", "folders", lambda: _describe_folders(leg.session))
    with _leg() as leg:
        yield from leg.open(account, Protocol.POP3, POP3Session.open, _describe_login)
        if leg.session:
            yield _attempt("pop3", "entries", lambda: _describe_entries(leg.session))
    if sent:
        yield from _find_again(account, sent)


class _Leg:
    """One protocol's connection during a check."""

    def __init__(self) -> None:
        self.session: Any = None

    def open(
        self, account: Account, protocol: Protocol, opener: Callable[[Account], Any], describe: Callable[[Any], str]
    ) -> Iterator[Step]:
        """Yield the steps from the name to the sign-in."""
        try:
            endpoint = account.server(protocol)
        except UsageError as error:
            yield Step(protocol, "configured", None, 0.0, str(error))
            return
        resolved = _attempt(protocol, "resolve", lambda: _addresses(account, endpoint))
        yield resolved
        if not resolved.ok:
            return
        began = time.monotonic()
        try:
            self.session = opener(account)
        except MailboxError as error:
            yield _failed(protocol, _stage(error), time.monotonic() - began, error)
            return
        stream = self.session.stream
        yield Step(protocol, "connect", True, stream.connected_at - began, str(endpoint))
        signed_in_from = stream.connected_at
        if stream.encrypted_at is not None:
            yield Step(protocol, "tls", True, stream.encrypted_at - stream.connected_at, _describe_tls(self.session))
            signed_in_from = stream.encrypted_at
        yield Step(protocol, "login", True, time.monotonic() - signed_in_from, describe(self.session))


@contextmanager
def _leg() -> Iterator[_Leg]:
    leg = _Leg()
    try:
        yield leg
    finally:
        if leg.session is not None:
            try:
                leg.session.finish()
            except ServiceError:
                pass


def _token(account: Account) -> Step | None:
    """Fetch the access token of an account with a refresh grant, or take the one that is kept."""
    grant = account.credential.secret if account.credential else None
    if not isinstance(grant, RefreshGrant):
        return None

    def act() -> str:
        source, _, _ = current_token(account, grant)
        return f"access token from {source.where}, good for {source.seconds_left() / 60:.0f} minutes"

    return _attempt("auth", "token", act)


def _attempt(leg: str, name: str, act: Callable[[], str]) -> Step:
    """Do one thing and return how it went."""
    began = time.monotonic()
    try:
        detail = act()
    except MailboxError as error:
        return _failed(leg, name, time.monotonic() - began, error)
    return Step(leg, name, True, time.monotonic() - began, detail)


def _failed(leg: str, name: str, seconds: float, error: MailboxError) -> Step:
    if isinstance(error, ServiceError):
        return Step(leg, name, False, seconds, error.text, error.hint, error.category)
    return Step(leg, name, False, seconds, str(error))


def _stage(error: MailboxError) -> str:
    """Return which step an error of opening a session belongs to."""
    if isinstance(error, CertificateError | TLSError):
        return "tls"
    return "connect" if isinstance(error, ConnectError | ServiceTimeoutError) else "login"


def _addresses(account: Account, endpoint: Endpoint) -> str:
    found = resolve(account, endpoint, Deadline(account.timeouts.connect))
    return ", ".join(dict.fromkeys(str(entry[4][0]) for entry in found))


def _describe_tls(session: Any) -> str:
    verified = "certificate verified" if session.account.verify_tls else "CERTIFICATE NOT VERIFIED"
    return f"{session.stream.tls_version}, {verified}"


def _describe_login(session: Any) -> str:
    credential = session.account.credential_for(session.stream.endpoint.protocol)
    return f"signed in as {credential.username}" if credential else "no sign-in needed"


def _describe_smtp(session: SMTPSession) -> str:
    size = session.extensions.get("SIZE", "")
    limit = f", messages up to {int(size) // 1024 // 1024} MiB" if size.isdigit() and int(size) else ""
    return _describe_login(session) + limit


def _describe_folders(session: IMAPSession) -> str:
    folders = session.folders()
    page = session.folder("INBOX").page(limit=1)
    return f"{len(folders)} folders, {page.total} messages in INBOX"


def _describe_entries(session: POP3Session) -> str:
    return f"{len(session.entries())} messages"


def _send_to_oneself(account: Account, session: SMTPSession) -> tuple[str | None, Step]:
    """Send a small message to the account's own address; return its subject if it was accepted.

    It is found again by that, which is unlike any other: Outlook's servers give every message a new Message-ID.
    """
    subject = f"flask-mailbox doctor: 测试 {secrets.token_hex(4)}"
    message = Message(
        subject,
        recipients=[account.address],
        sender=account.sender,
        body="This message was sent by 'flask mailbox doctor --send' to test this mailbox. It may be deleted.\n",
    )
    message_id = message_id_of(message, sender=account.sender)

    def act() -> str:
        envelope = envelope_for(account, message)
        data = build(message, sender=account.sender, smtputf8=True)
        receipt = session.send(Parcel(envelope=envelope, data=data, message_id=message_id))
        receipt.raise_for_refused()
        return f"accepted for {', '.join(receipt.accepted)}"

    step = _attempt("smtp", "send", act)
    return (subject if step.ok else None), step


def _find_again(account: Account, subject: str) -> Iterator[Step]:
    if account.imap is not None:
        yield _wait_for("imap", subject, lambda: _newest_over_imap(account))
    if account.pop3 is not None:
        yield _wait_for("pop3", subject, lambda: _newest_over_pop3(account))


def _wait_for(leg: str, subject: str, newest: Callable[[], list[str]]) -> Step:
    """Look until the message is there or its time is over."""

    def act() -> str:
        until = time.monotonic() + ARRIVAL_TIMEOUT
        while subject not in newest():
            if time.monotonic() > until:
                raise ServiceTimeoutError(
                    f"The message did not arrive within {ARRIVAL_TIMEOUT:.0f} seconds.",
                    hint="It was accepted: look into the junk folder, or wait for the server's queue.",
                )
            time.sleep(POLL_INTERVAL)
        return "the message arrived"

    return _attempt(leg, "receive", act)


def _newest_over_imap(account: Account) -> list[str]:
    with _leg() as leg:
        leg.session = IMAPSession.open(account)
        return [summary.subject for summary in leg.session.folder("INBOX").page(limit=NEWEST)]


def _newest_over_pop3(account: Account) -> list[str]:
    with _leg() as leg:
        leg.session = session = POP3Session.open(account)
        return [session.top(entry.uidl).subject for entry in session.entries()[-NEWEST:]]
