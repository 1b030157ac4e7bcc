"""The parts that the server fixtures are made of: what happens when a server is missing or does not start."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from .availability import require
from .place import Place, temporary_place
from .ports import free_ports, is_free
from .process import running, wait_for
from .templates import installed, with_ports


def test_a_missing_server_skips_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="not installed"):
        require("Dovecot is not installed")


def test_a_missing_server_fails_the_test_where_tests_must_be_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="not installed"):
        require("Dovecot is not installed")


def test_a_server_that_ends_at_once_is_an_error_that_quotes_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('no such option')"]

    with (
        pytest.raises(RuntimeError, match="no such option"),
        running(command, ports=free_ports(1), output=tmp_path / "out", log=tmp_path / "log"),
    ):
        pass


def test_a_server_is_gone_after_the_block_also_when_it_fails(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]

    with (
        pytest.raises(ZeroDivisionError),
        running(command, ports=[port], output=tmp_path / "out", log=tmp_path / "log"),
    ):
        assert 1 / 0

    assert is_free(port) or wait_for(lambda: is_free(port), 5)


def test_the_folder_is_removed_and_its_path_fits_a_unix_socket() -> None:
    with temporary_place() as place:
        assert isinstance(place, Place)
        assert len(str(place.folder / "run/dovecot/auth-sasl")) < 60

    assert not place.folder.exists()


def test_waiting_ends_in_time() -> None:
    start = time.monotonic()

    assert not wait_for(lambda: False, 0.1)
    assert time.monotonic() - start < 2


def test_the_production_files_move_to_the_folder_and_the_domain() -> None:
    text = installed("main.cf", Path("/tmp/x"), domain="other.test")

    assert "texthash:/tmp/x/etc/postfix/mailboxes" in text
    assert "virtual_mailbox_domains = other.test" in text
    assert "mail.test" not in text


def test_listeners_move_to_free_ports_and_clients_stay() -> None:
    ports = {"smtp": 2025, "submission": 2587, "submissions": 2465}

    text = with_ports(installed("master.cf", Path("/tmp/x")), ports)

    assert "127.0.0.1:2025       inet" in text
    assert "smtp       unix" in text
