"""The server as a whole: starting, stopping, configuration, the store from outside."""

from __future__ import annotations

import datetime
import gc
import socket
import ssl
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flask_mailbox.devserver import MailServer

from .conftest import ANN, BOB
from .talk import Talk

REPOSITORY = Path(__file__).parents[2]


def ends(talk: Talk) -> bool:
    """Wait for the end of a connection."""
    try:
        return talk.line() == b""
    except ConnectionResetError:
        return True


def test_it_listens_on_six_free_ports_and_stops_listening_at_the_end():
    def answering() -> list[int]:
        with MailServer() as server:
            ports = {server.smtp, server.smtps, server.imap, server.imaps, server.pop3, server.pop3s}
            assert len(ports) == 6
        return [port for port in ports if answers(port)]

    assert any(answering() == [] for _ in range(5))  # somebody else may have taken one of the ports already


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_two_servers_run_side_by_side():
    with MailServer() as one, MailServer() as other:
        one.deliver(b"Subject: one\r\n\r\n", ANN)

        assert len(one.messages(ANN)) == 1
        assert other.messages(ANN) == []


def test_stopping_with_idle_readers_open_leaves_no_thread_and_no_warning(caplog):
    threads = threading.enumerate()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with MailServer() as server:
            context = ssl.create_default_context(cafile=str(server.ca_file))
            talks = [Talk(server.imap), Talk(server.imaps, context), Talk(server.imap), Talk(server.pop3)]
            for talk in talks[:3]:
                talk.line()
                talk.command(b"LOGIN ann@demo.test ann-secret")
                talk.command(b"SELECT INBOX")
                talk.send(b"i IDLE\r\n")
                assert talk.line().startswith(b"+")
        ended = [talk.until(b"never")[-1] for talk in talks[:1]]
        for talk in talks:
            talk.__exit__(None, None, None)
        gc.collect()

    assert ended == [b""]
    assert [str(warning.message) for warning in caught] == []
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
    assert threading.enumerate() == threads


def test_a_client_that_is_dropped_while_it_idles_leaves_no_task_behind(server, selected, caplog):
    selected.send(b"i IDLE\r\n")
    selected.line()
    server.reset()
    left = ends(selected)
    server.connections  # noqa: B018 - waits until the server has seen it
    gc.collect()

    assert left
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def test_it_can_be_started_again_after_stop():
    server = MailServer()
    server.start()
    server.deliver(b"Subject: kept\r\n\r\n", ANN)
    server.stop()
    with server:
        assert len(server.messages(ANN)) == 1


def test_starting_twice_is_refused(server):
    with pytest.raises(RuntimeError, match="runs already"):
        server.start()


def test_stopping_twice_does_nothing():
    server = MailServer().start()
    server.stop()
    server.stop()


def test_the_certificate_is_removed_at_stop_and_private_before():
    with MailServer() as server:
        folder = server.ca_file.parent
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_a_process_that_ends_without_stop_leaves_nothing_behind():
    code = "from flask_mailbox.devserver import MailServer; print(MailServer().start().ca_file)"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=30, check=True
    )

    assert result.stderr == ""
    assert not Path(result.stdout.strip()).parent.exists()


def running_servers():
    return sum(thread.name == "flask-mailbox-devserver" for thread in threading.enumerate())


def test_a_taken_fixed_port_is_an_error_that_leaves_nothing_behind(server):
    before = running_servers()
    other = MailServer(ports={"imap": server.imap})
    with pytest.raises(OSError, match="address already in use"):
        other.start()
    assert running_servers() == before


def test_an_unknown_port_name_is_refused():
    with pytest.raises(ValueError, match="No port 'nntp'"):
        MailServer(ports={"nntp": 0}).start()


def test_only_loopback_addresses_are_listened_on():
    with pytest.raises(ValueError, match="loopback only"):
        MailServer(host="0.0.0.0")  # noqa: S104 - that it is refused is the point


def test_config_describes_a_user_for_each_security(server):
    tls, starttls, clear = (server.config(ANN, security) for security in ("tls", "starttls", "none"))

    assert tls["MAILBOX_SMTP"] == f"smtps://localhost:{server.smtps}"
    assert starttls["MAILBOX_IMAP"] == f"imap+starttls://localhost:{server.imap}"
    assert clear["MAILBOX_POP3"] == f"pop3://localhost:{server.pop3}"
    assert tls["MAILBOX_CA_FILE"] == str(server.ca_file)
    assert (tls["MAILBOX_ADDRESS"], tls["MAILBOX_PASSWORD"]) == (ANN, "ann-secret")
    assert tls["MAIL_SUPPRESS_SEND"] is False


def test_config_refuses_an_unknown_user_and_an_unknown_security(server):
    with pytest.raises(ValueError, match=r"No user 'eve@demo\.test'"):
        server.config("eve@demo.test")
    with pytest.raises(ValueError, match="No security 'ssl3'"):
        server.config(ANN, "ssl3")


def test_delivering_keeps_the_bytes_and_makes_bare_line_feeds_proper(server):
    server.deliver(b"Subject: a\r\n\r\n\xff.\r\n.\r\n", ANN)
    server.deliver(b"Subject: b\n\nbody\n", ANN)

    assert server.messages(ANN) == [b"Subject: a\r\n\r\n\xff.\r\n.\r\n", b"Subject: b\r\n\r\nbody\r\n"]


def test_delivering_into_a_new_folder_with_flags_and_date(server, imap):
    date = datetime.datetime(2026, 2, 1, 12, 30, tzinfo=datetime.UTC)
    uid = server.deliver(b"Subject: x\r\n\r\n", ANN, folder="Work/2026", flags=["\\seen", "Important"], date=date)
    imap.normalise_times = False
    imap.select_folder("Work/2026")
    found = imap.fetch([uid], ["FLAGS", "INTERNALDATE"])[uid]

    assert set(found[b"FLAGS"]) == {b"\\Seen", b"Important"}
    assert found[b"INTERNALDATE"] == date


def test_delivering_to_nobody_is_an_error(server):
    with pytest.raises(ValueError, match="No user"):
        server.deliver(b"", "nobody@demo.test")


def test_delivering_with_an_impossible_flag_is_an_error(server):
    with pytest.raises(ValueError, match="is no IMAP flag"):
        server.deliver(b"\r\n", ANN, flags=["two words"])


def test_many_threads_deliver_at_once(server):
    with ThreadPoolExecutor(8) as pool:
        uids = list(pool.map(lambda n: server.deliver(b"Subject: %d\r\n\r\n" % n, ANN), range(100)))

    assert sorted(uids) == list(range(1, 101))


def test_reset_forgets_mail_users_faults_and_log(server):
    server.add_user("eve@demo.test", "x")
    server.deliver(b"\r\n", ANN)
    server.faults.set("imap", drop_before="CONNECT")
    server.reset()

    assert server.messages(ANN) == []
    assert server.log == []
    assert server.faults.of("imap").drop_before is None
    with pytest.raises(ValueError, match="No user"):
        server.messages("eve@demo.test")


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
def test_reset_within_a_handshake_ends_the_session(server, caplog, protocol):
    ports = {
        "smtp": (server.smtp, server.smtps),
        "imap": (server.imap, server.imaps),
        "pop3": (server.pop3, server.pop3s),
    }
    with Talk(ports[protocol][0]) as talk, Talk(ports[protocol][1]) as unfinished:
        talk.line()
        talk.send({"smtp": b"STARTTLS\r\n", "imap": b"s STARTTLS\r\n", "pop3": b"STLS\r\n"}[protocol])
        talk.line()
        server.reset()
        ended = [ends(talk), ends(unfinished)]
    gc.collect()

    assert ended == [True, True]
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
    assert server.connections[protocol][1] == 0


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
def test_a_client_that_leaves_instead_of_a_handshake_is_no_error(server, caplog, protocol):
    for _ in range(5):
        with Talk({"smtp": server.smtps, "imap": server.imaps, "pop3": server.pop3s}[protocol]):
            pass
    until = time.monotonic() + 5
    while (counts := server.connections[protocol]) != (5, 0) and time.monotonic() < until:
        pass

    assert counts == (5, 0)
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def test_reset_gives_folders_another_uidvalidity(server, imap):
    before = imap.folder_status("INBOX", ["UIDVALIDITY"])
    server.reset()
    with Talk(server.imap) as talk:
        talk.line()
        talk.command(b"LOGIN ann@demo.test ann-secret")
        after = talk.command(b"STATUS INBOX (UIDVALIDITY)")[0]

    assert str(before[b"UIDVALIDITY"]).encode() not in after


def test_the_log_holds_what_clients_sent_and_connections_are_counted(server, talk):
    talk.command(b"LOGIN ann@demo.test wrong-one")

    assert ("imap", "C", b"t LOGIN ann@demo.test wrong-one\r\n") in server.log
    assert b"wrong-one" in server.received("imap")
    assert server.connections["imap"] == (1, 1)


def test_the_log_holds_a_line_that_was_never_finished(server):
    with Talk(server.pop3) as talk:
        talk.line()
        talk.send(b"PASS hal")

    assert b"PASS hal" in server.received("pop3")


def test_a_user_can_be_added_while_it_runs(server):
    server.add_user("eve@demo.test", "x", token="t")
    server.deliver(b"Subject: for eve\r\n\r\n", "eve@demo.test")

    assert len(server.messages("eve@demo.test")) == 1
    assert server.messages(BOB) == []


def test_an_unknown_profile_is_refused():
    with pytest.raises(ValueError, match="No profile 'gmial'"):
        MailServer(profile="gmial")
