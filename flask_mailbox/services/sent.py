"""A copy of what was sent, in the folder Sent, where the server does not file it by itself."""

from __future__ import annotations

import dataclasses
import logging
import os
import threading
import time
from collections import OrderedDict

from ..account import Account, Protocol
from ..errors import MailboxError
from ..imap import Folder
from ..net import Pool
from ..net.place import Place
from ..smtp import Receipt

NEWEST = 10
LOOKS: dict[str, tuple[float, ...]] = {
    "unknown": (0.0, 0.7, 1.5),
    "account_setting": (0.0, 0.7, 1.5, 2.5),
    "client_must_append": (),
}
"""How often a copy is looked for, each time after so many seconds more: servers file one a moment later (QQ's)."""

REMEMBERED = 3600.0
"""For so many seconds a server that filed nothing is looked at once only."""

logger = logging.getLogger("flask_mailbox")


def file_in_sent(account: Account, pool: Pool, data: bytes, receipt: Receipt) -> Receipt:
    """Append a message to the Sent folder if the account wants that, and return the receipt.

    Where nobody knows whether the server files one, it is looked for first, so that there are never two: for some
    seconds, until it is known that the server files none. A failing copy never makes a sent message "failed": it
    becomes a warning of the receipt.

    :param data: The message as it was sent.
    """
    sent = receipt.accepted or receipt.unknown
    if not (account.save_sent and sent and account.imap) or account.quirks.sent_copy == "server_saves":
        return receipt
    try:
        with pool.lease(account, Protocol.IMAP) as imap:
            path = imap.folder_by_role("sent").path
        if not _is_filed(account, pool, path, receipt.message_id):
            with pool.lease(account, Protocol.IMAP) as imap:
                imap.folder(path).append(data, flags=("\\Seen",))
    except MailboxError as error:
        logger.warning("No copy in Sent for account '%s': %s", account.name, error)
        return dataclasses.replace(receipt, warnings=(*receipt.warnings, f"No copy was filed in Sent: {error}"))
    return receipt


def _is_filed(account: Account, pool: Pool, path: str, message_id: str) -> bool:
    """Whether the server has filed the message; no connection is kept from others meanwhile."""
    looks = LOOKS[account.quirks.sent_copy]
    key = Place.of(account, Protocol.SMTP).key
    for wait in looks[:1] if _idle_servers.knows(key) else looks:
        time.sleep(wait)
        with pool.lease(account, Protocol.IMAP) as imap:
            if _holds(imap.folder(path), message_id):
                _idle_servers.forget(key)
                return True
    if looks:
        _idle_servers.note(key)
    return False


def _holds(folder: Folder, message_id: str) -> bool:
    """Whether the message is among the newest of the folder."""
    return any(row.message_id == message_id for row in folder.page(limit=NEWEST))


class _IdleServers:
    """Which accounts' servers were lately seen to file no copy; at most so many, the oldest are forgotten."""

    MOST = 10_000

    def __init__(self) -> None:
        # All state, guarded by _lock: until when each is remembered, on the monotonic clock.
        self._until: OrderedDict[bytes, float] = OrderedDict()
        self.renew_lock()

    def renew_lock(self) -> None:
        """Forget who holds the lock: in a forked child that thread is not there."""
        self._lock = threading.Lock()

    def knows(self, key: bytes) -> bool:
        with self._lock:
            return self._until.get(key, 0.0) > time.monotonic()

    def note(self, key: bytes) -> None:
        with self._lock:
            if self._until.get(key, 0.0) <= time.monotonic():
                self._until[key] = time.monotonic() + REMEMBERED
                self._until.move_to_end(key)
            if len(self._until) > self.MOST:
                self._until.popitem(last=False)

    def forget(self, key: bytes) -> None:
        with self._lock:
            self._until.pop(key, None)


_idle_servers = _IdleServers()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle_servers.renew_lock)
