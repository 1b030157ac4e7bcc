"""Many accounts in one process: a hundred in the suite, two thousand with ``make soak``, with the figures printed."""

from __future__ import annotations

import random
import resource
import threading
import time
from collections.abc import Iterator

import pytest

from flask_mailbox.account import Account, Security
from flask_mailbox.devserver import MailServer
from flask_mailbox.services.events import Arrived

from ..imap.accounts import imap_account
from ..test_load import resident_megabytes
from .conftest import Open

FULL = pytest.param(2_000, marks=[pytest.mark.soak, pytest.mark.timeout(900)])
IDLE_SECONDS = 3.0


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let this process have as many sockets as both sides need."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(20_000, before[1]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def accounts_on(mailserver: MailServer, count: int, security: Security) -> list[Account]:
    """Make users and return their accounts."""
    accounts = []
    for number in range(count):
        address = f"user{number}@demo.test"
        mailserver.add_user(address, "secret")
        port = mailserver.imaps if security is Security.TLS else mailserver.imap
        account = imap_account(port, user=address, password="secret", security=security, ca_file=mailserver.ca_file)
        accounts.append(account.replace(timeouts=account.timeouts.__class__(30, 30, 60)))
    return accounts


@pytest.mark.usefixtures("many_files")
@pytest.mark.parametrize("count", [100, FULL])
@pytest.mark.parametrize("security", [Security.NONE, Security.TLS])
def test_a_message_to_any_of_many_accounts_is_told_in_time(
    mailserver: MailServer, open_watcher: Open, count: int, security: Security
) -> None:
    accounts = accounts_on(mailserver, count, security)
    memory = resident_megabytes()
    threads = threading.active_count()
    started = time.monotonic()
    watcher = open_watcher()
    for account in accounts:
        watcher.add(account)
    assert watcher.wait_ready(600)
    connected = time.monotonic() - started
    memory = resident_megabytes() - memory

    used = time.process_time()
    time.sleep(IDLE_SECONDS)
    used = time.process_time() - used
    waits = [time_to_event(mailserver, watcher, account) for account in random.Random(7).sample(accounts, 50)]  # noqa: S311

    print(  # noqa: T201 - what make soak is for
        f"\n{count} accounts over {security}: connected in {connected:.1f} s, {memory * 1000 / count:.0f} KB each (both"
        f" sides), {used / IDLE_SECONDS:.1%} of a core while idle, event after {sorted(waits)[25] * 1000:.0f} ms"
        f" (median), {max(waits) * 1000:.0f} ms (most)"
    )
    assert threading.active_count() - threads <= 13
    assert max(waits) < 2
    assert count < FULL.values[0] or used / IDLE_SECONDS < 0.1  # in the suite, other tests leave threads behind
    assert mailserver.connections["imap"][1] == count


def time_to_event(mailserver: MailServer, watcher: object, account: Account) -> float:
    """Deliver a message and return the seconds until it was told."""
    started = time.monotonic()
    uid = mailserver.deliver(b"Subject: x\r\n\r\n", account.address)
    event = watcher.next_event(10)  # type: ignore[attr-defined]
    assert isinstance(event, Arrived)
    assert (event.account, event.uids) == (account, (uid,))
    return time.monotonic() - started
