"""Many accounts in one process: a hundred in the suite, two thousand with ``make soak``, with the figures printed.

The server runs in another process, so that memory and processor time are those of the watching alone.
"""

from __future__ import annotations

import random
import resource
import threading
import time
from collections.abc import Iterator

import pytest

from flask_mailbox.account import Account, Security, Timeouts
from flask_mailbox.services.events import Arrived
from flask_mailbox.services.watch import Watcher
from flask_mailbox.services.watchloop import FAST_WORKERS, OPENING_WORKERS, SLOW_WORKERS, STEADY_WORKERS

from ..imap.accounts import imap_account
from ..test_load import resident_megabytes
from .conftest import Open
from .mailhost import PASSWORD, MailHost, address_of, running_mailhost

FULL = pytest.param(2_000, marks=[pytest.mark.soak, pytest.mark.timeout(900)])
IDLE_SECONDS = 3.0
MOST_THREADS = 1 + sum(most for _, most in (FAST_WORKERS, OPENING_WORKERS, SLOW_WORKERS, STEADY_WORKERS))


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let processes have as many sockets as they need."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(20_000, before[1]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def accounts_on(host: MailHost, count: int, security: Security) -> list[Account]:
    """Return the accounts of all users; patient ones."""
    port = host.imaps if security is Security.TLS else host.imap
    accounts = []
    for number in range(count):
        user = address_of(number)
        account = imap_account(port, user=user, password=PASSWORD, security=security, ca_file=host.ca_file)
        accounts.append(account.replace(timeouts=Timeouts(30, 30, 60)))
    return accounts


@pytest.mark.usefixtures("many_files")
@pytest.mark.parametrize("count", [100, FULL])
@pytest.mark.parametrize("security", [Security.NONE, Security.TLS])
def test_a_message_to_any_of_many_accounts_is_told_in_time(open_watcher: Open, count: int, security: Security) -> None:
    with running_mailhost(count) as host:
        accounts = accounts_on(host, count, security)
        memory = resident_megabytes()
        threads = threading.active_count()
        started = time.monotonic()
        watcher = open_watcher()
        for account in accounts:
            watcher.add(account)
        assert watcher.wait_ready(600)
        connected = time.monotonic() - started
        memory = resident_megabytes() - memory
        threads = threading.active_count() - threads

        used = time.process_time()
        time.sleep(IDLE_SECONDS)
        used = time.process_time() - used
        waits = [time_to_event(host, watcher, account) for account in random.Random(7).sample(accounts, 50)]  # noqa: S311

        print(  # noqa: T201 - what make soak is for
            f"\n{count} accounts over {security}: connected in {connected:.1f} s by {threads} threads,"
            f" {memory * 1000 / count:.0f} KB each (the server is another process),"
            f" {used / IDLE_SECONDS:.1%} of a core while idle, event after {sorted(waits)[25] * 1000:.0f} ms (median),"
            f" {max(waits) * 1000:.0f} ms (most)"
        )
        assert threads <= MOST_THREADS < count
        assert max(waits) < 2
        assert count < FULL.values[0] or used / IDLE_SECONDS < 0.1  # in the suite, other tests leave threads behind
        assert host.connections == count


def time_to_event(host: MailHost, watcher: Watcher, account: Account) -> float:
    """Deliver a message and return the seconds until it was told."""
    started = time.monotonic()
    uid = host.deliver(account.address)
    event = watcher.next_event(10)
    assert isinstance(event, Arrived)
    assert (event.account, event.uids) == (account, (uid,))
    return time.monotonic() - started
