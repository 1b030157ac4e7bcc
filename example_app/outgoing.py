"""Letters on their way: kept on the server for their account, until somebody was told what became of them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from flask import current_app, g

from flask_mailbox import Account
from flask_mailbox.services.later import Ticket

from .letter import Letter

SOON = 120.0
"""Seconds: what leaves within them is told of on every page, what leaves later on a page of its own."""

KEPT = 7 * 86_400.0
"""Seconds after which nobody needs to be told any more what became of a letter."""

Owner = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter that was handed over to be sent later.

    :param ticket: The id of its ticket.
    :param letter: Its text, with the place of its draft, for whoever takes it back.
    :param is_saved: Whether it lies among the drafts as it was sent; else its text alone can be given back.
    :param due: When it leaves.
    :param durable: Whether it survives this process.
    """

    ticket: str
    letter: Letter
    is_saved: bool
    due: datetime
    durable: bool

    @property
    def is_scheduled(self) -> bool:
        """Whether it leaves later than soon."""
        return self.due.timestamp() - time.time() > SOON

    @property
    def seconds(self) -> float:
        """How long until it leaves."""
        return max(0.0, self.due.timestamp() - time.time())


class Departures:
    """The letters on their way of all accounts of one app, in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._letters: dict[Owner, list[Outgoing]] = {}

    def add(self, account: Account, outgoing: Outgoing) -> None:
        """Keep a letter."""
        with self._lock:
            self._forget_old()
            self._letters.setdefault(_owner(account), []).append(outgoing)

    def of(self, account: Account) -> list[Outgoing]:
        """Return an account's letters, the first to leave first."""
        with self._lock:
            return sorted(self._letters.get(_owner(account), ()), key=lambda outgoing: outgoing.due)

    def take(self, account: Account, ticket_id: str) -> Outgoing | None:
        """Remove a letter and return it; ``None`` if another request was faster, or there is none."""
        with self._lock:
            letters = self._letters.get(_owner(account), [])
            found = next((outgoing for outgoing in letters if outgoing.ticket == ticket_id), None)
            if found is not None:
                letters.remove(found)
            return found

    def _forget_old(self) -> None:
        oldest = time.time() - KEPT
        for owner, letters in list(self._letters.items()):
            self._letters[owner] = [outgoing for outgoing in letters if outgoing.due.timestamp() > oldest]
            if not self._letters[owner]:
                del self._letters[owner]


def departures() -> Departures:
    """Return the app's letters on their way."""
    return cast(Departures, current_app.extensions["departures"])


def remember(ticket: Ticket, letter: Letter, seconds: float, *, is_saved: bool) -> Outgoing:
    """Keep a letter of the request's account until it is known what became of it."""
    due = datetime.fromtimestamp(time.time() + seconds, UTC)
    outgoing = Outgoing(ticket.id, letter, is_saved, due, ticket.durable)
    departures().add(g.account, outgoing)
    return outgoing


def leaving() -> list[Outgoing]:
    """Return the letters of the request's account that are leaving, for the notes of a page."""
    return [outgoing for outgoing in _mine() if not outgoing.is_scheduled]


def scheduled() -> list[Outgoing]:
    """Return those that leave later."""
    return [outgoing for outgoing in _mine() if outgoing.is_scheduled]


def _mine() -> list[Outgoing]:
    return departures().of(g.account) if g.get("account") else []


def _owner(account: Account) -> Owner:
    """Return whose a letter is: who merely claims an address, at a server of his own, is somebody else."""
    username = account.credential.username if account.credential else ""
    return (account.address, username, str(account.smtp), str(account.imap), str(account.pop3))
