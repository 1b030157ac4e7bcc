"""The pool: exclusive leases, limits with waiting, nothing reused after a doubt, nothing shared with a child."""

from __future__ import annotations

import dataclasses
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from flask_mailbox import AuthenticationError, CommandError, PoolTimeoutError, Protocol, ServiceError
from flask_mailbox.account import Account, Credential, Secret
from flask_mailbox.config import load_account
from flask_mailbox.devserver import MailServer
from flask_mailbox.extension import OPENERS
from flask_mailbox.net import Pool


@pytest.fixture
def account(mailserver: MailServer) -> Account:
    """Ann's account, impatient."""
    config = mailserver.config("ann@demo.test")
    keys = {key.removeprefix("MAILBOX_").lower(): value for key, value in config.items() if key.startswith("MAILBOX_")}
    return load_account({**keys, "pool_size": 2, "operation_timeout": 2, "read_timeout": 1}, name="ann")


@pytest.fixture
def pool() -> Iterator[Pool]:
    """A pool of real sessions."""
    made = Pool(OPENERS)
    yield made
    made.close()


def local_port(session: object) -> int:
    with socket.socket(fileno=os.dup(session.stream.fileno())) as copy:  # type: ignore[attr-defined]
        return int(copy.getsockname()[1])


def opened(mailserver: MailServer, protocol: str = "imap") -> int:
    return mailserver.connections[protocol][0]


def test_a_session_is_used_again(pool: Pool, account: Account, mailserver: MailServer) -> None:
    for _ in range(3):
        with pool.lease(account, Protocol.IMAP) as imap:
            imap.folders()

    assert opened(mailserver) == 1


def test_the_sessions_of_an_account_that_is_forgotten_end(pool: Pool, account: Account, mailserver: MailServer) -> None:
    other = dataclasses.replace(account, name="the same person elsewhere")
    with pool.lease(other, Protocol.IMAP), pool.lease(account, Protocol.IMAP), pool.lease(account, Protocol.SMTP):
        pass
    with pool.lease(account, Protocol.IMAP) as in_use:
        pool.forget(account)
        in_use.folders()
        left_while_in_use = pool.connections
    left = pool.connections
    with pool.lease(account, Protocol.IMAP) as afresh:
        assert afresh is not in_use
    with pool.lease(account, Protocol.IMAP) as again:
        assert again is afresh

    assert (left_while_in_use, left) == (2, 1)


def test_a_lease_is_exclusive_and_the_next_waits_until_the_deadline(pool: Pool, account: Account) -> None:
    with pool.lease(account, Protocol.IMAP) as first, pool.lease(account, Protocol.IMAP) as second:
        assert first is not second
        with pytest.raises(PoolTimeoutError, match="All 2 sessions") as raised:
            pool.lease(account, Protocol.IMAP)

    assert "POOL_SIZE" in raised.value.hint
    assert raised.value.transient


def test_who_waits_gets_the_session_that_comes_back(pool: Pool, account: Account, mailserver: MailServer) -> None:
    lone = account.replace(pool_size=1)
    got = threading.Event()

    def wait() -> None:
        with pool.lease(lone, Protocol.IMAP):
            got.set()

    with pool.lease(lone, Protocol.IMAP):
        waiter = threading.Thread(target=wait)
        waiter.start()
    waiter.join(5)

    assert got.is_set()
    assert opened(mailserver) == 1


def test_who_waits_longest_is_served_first(pool: Pool, account: Account) -> None:
    lone = account.replace(pool_size=1)
    served: list[int] = []

    def wait(number: int) -> None:
        with pool.lease(lone, Protocol.IMAP):
            served.append(number)

    waiters = [threading.Thread(target=wait, args=(number,)) for number in range(6)]
    with pool.lease(lone, Protocol.IMAP):
        for standing, waiter in enumerate(waiters, 1):
            waiter.start()
            for _ in range(1000):
                if sum(map(len, pool._lines.values())) == standing:
                    break
                time.sleep(0.001)
    for waiter in waiters:
        waiter.join(5)

    assert served == list(range(6))


def test_sixteen_threads_share_a_few_sessions(pool: Pool, account: Account, mailserver: MailServer) -> None:
    patient = account.replace(pool_size=3, timeouts=account.timeouts.__class__(operation=30.0))
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(10):
                with pool.lease(patient, Protocol.IMAP) as imap:
                    assert imap.folder("INBOX").page(limit=5).total == 0
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert failures == []
    assert opened(mailserver) <= 3


def test_a_wrong_password_never_gets_the_session_that_the_right_one_opened(pool: Pool, account: Account) -> None:
    with pool.lease(account, Protocol.IMAP):
        pass

    impostor = account.replace(credential=Credential("ann@demo.test", Secret("wrong")))
    with pytest.raises(AuthenticationError):
        pool.lease(impostor, Protocol.IMAP)


@pytest.mark.parametrize("protocol", list(Protocol))
def test_a_callable_secret_is_asked_when_a_session_is_opened(pool: Pool, account: Account, protocol: Protocol) -> None:
    asked: list[int] = []

    def secret() -> str:
        asked.append(1)
        return "ann-secret"

    told = account.replace(credential=Credential("ann@demo.test", Secret(secret)))
    with pool.lease(told, protocol):
        pass

    assert asked == [1]


def test_a_session_that_failed_is_not_used_again(pool: Pool, account: Account, mailserver: MailServer) -> None:
    mailserver.faults.set("imap", stall="LIST", times=1)
    with pytest.raises(ServiceError), pool.lease(account, Protocol.IMAP) as imap:
        imap.folders()

    with pool.lease(account, Protocol.IMAP) as imap:
        assert imap.folders()

    assert opened(mailserver) == 2


def test_a_refusal_leaves_the_session_as_good_as_before(pool: Pool, account: Account, mailserver: MailServer) -> None:
    with pytest.raises(CommandError), pool.lease(account, Protocol.IMAP) as imap:
        imap.folder("No such folder").page()

    with pool.lease(account, Protocol.IMAP) as imap:
        assert imap.folders()

    assert opened(mailserver) == 1


def test_a_session_that_the_server_closed_meanwhile_is_replaced(
    pool: Pool, account: Account, mailserver: MailServer
) -> None:
    with pool.lease(account, Protocol.IMAP):
        pass
    mailserver.reset()

    with pool.lease(account, Protocol.IMAP) as imap:
        assert imap.folders()


def test_an_error_of_the_caller_is_no_doubt_about_the_session(
    pool: Pool, account: Account, mailserver: MailServer
) -> None:
    with pytest.raises(ZeroDivisionError), pool.lease(account, Protocol.IMAP):
        raise ZeroDivisionError
    with pool.lease(account, Protocol.IMAP):
        pass

    assert opened(mailserver) == 1


def test_pop3_is_one_session_at_a_time_and_never_kept(pool: Pool, account: Account, mailserver: MailServer) -> None:
    with pool.lease(account, Protocol.POP3), pytest.raises(PoolTimeoutError, match="Another POP3 session"):
        pool.lease(account, Protocol.POP3)
    with pool.lease(account, Protocol.POP3):
        pass

    assert opened(mailserver, "pop3") == 2
    assert pool.connections == 0


def test_a_maildrop_that_ends_by_an_error_deletes_nothing(pool: Pool, account: Account, mailserver: MailServer) -> None:
    mailserver.deliver(b"Subject: kept\r\n\r\nx\r\n", "ann@demo.test")
    with pytest.raises(ZeroDivisionError), pool.lease(account, Protocol.POP3) as pop3:
        pop3.delete(pop3.entries()[0].uidl)
        raise ZeroDivisionError

    assert len(mailserver.messages("ann@demo.test")) == 1


def test_a_full_process_makes_room_by_closing_another_accounts_idle_session(
    account: Account, mailserver: MailServer
) -> None:
    pool = Pool(OPENERS, per_process=1)
    other = account.replace(name="other")
    for each in (account, other, account):
        with pool.lease(each, Protocol.IMAP) as imap:
            assert imap.folders()

    assert pool.connections == 1
    pool.close()


def test_sessions_that_waited_too_long_are_not_used(account: Account, mailserver: MailServer) -> None:
    pool = Pool(OPENERS, max_idle=0.0)
    for _ in range(2):
        with pool.lease(account, Protocol.IMAP):
            pass

    assert opened(mailserver) == 2
    pool.close()


def test_close_ends_what_waits_and_what_comes_back(account: Account) -> None:
    pool = Pool(OPENERS)
    with pool.lease(account, Protocol.IMAP):
        pool.close()

    assert pool.connections == 0


def test_nothing_is_opened_before_it_is_asked_for(mailserver: MailServer) -> None:
    Pool(OPENERS)

    assert mailserver.connections["imap"] == (0, 0)


def test_a_full_process_says_which_limit_is_to_blame(account: Account) -> None:
    pool = Pool(OPENERS, per_process=1)
    hasty = account.replace(name="hasty", timeouts=account.timeouts.__class__(operation=0.2))
    with (
        pool.lease(account, Protocol.IMAP),
        pytest.raises(PoolTimeoutError, match="connections of this process") as why,
    ):
        pool.lease(hasty, Protocol.IMAP)
    pool.close()

    assert "MAILBOX_MAX_CONNECTIONS" in why.value.hint


@pytest.mark.parametrize("protocol", [Protocol.SMTP, Protocol.POP3])
def test_no_protocol_lets_a_wrong_password_in_after_the_right_one(
    pool: Pool, account: Account, protocol: Protocol
) -> None:
    with pool.lease(account, protocol):
        pass

    impostor = account.replace(credential=Credential("ann@demo.test", Secret("wrong")))
    with pytest.raises(AuthenticationError):
        pool.lease(impostor, protocol)


def in_a_child(act: Callable[[], object]) -> str:
    """Run something in a forked child and return what came of it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, repr(act()).encode())
        except BaseException as error:
            os.write(writing, type(error).__name__.encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_opens_its_own_session_and_leaves_the_parents_alone(
    pool: Pool, account: Account, mailserver: MailServer
) -> None:
    with pool.lease(account, Protocol.IMAP) as imap:
        parents_port = local_port(imap)

    def use() -> int:
        with pool.lease(account, Protocol.IMAP) as imap:
            imap.folders()
            return local_port(imap)

    childs_port = int(in_a_child(use))
    with pool.lease(account, Protocol.IMAP) as imap:
        assert imap.folders()

    assert childs_port not in (0, parents_port)
    assert opened(mailserver) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("end", ["release", "abandon", "discard"])
def test_a_child_that_ends_its_parents_lease_does_not_touch_the_session(
    pool: Pool, account: Account, mailserver: MailServer, end: str
) -> None:
    """Otherwise the child's QUIT would carry out the parent's deletions."""
    mailserver.deliver(b"Subject: kept\r\n\r\nx\r\n", "ann@demo.test")
    lease = pool.lease(account, Protocol.POP3)
    lease.session.delete(lease.session.entries()[0].uidl)

    assert in_a_child(getattr(lease, end)) == "None"

    assert lease.session.entries() == ()
    lease.discard()
    assert len(mailserver.messages("ann@demo.test")) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_cannot_speak_on_its_parents_session(pool: Pool, account: Account) -> None:
    with pool.lease(account, Protocol.IMAP) as imap:
        assert in_a_child(imap.folders) == "DisconnectedError"
        assert imap.folders()
