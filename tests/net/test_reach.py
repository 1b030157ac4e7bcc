"""Where a connection may go whose host a stranger named."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable

import pytest

from flask_mailbox import ConfigurationError, ConnectError, ForbiddenHostError
from flask_mailbox.account import Protocol
from flask_mailbox.config import load_account
from flask_mailbox.net.stream import Stream
from flask_mailbox.reach import Reach, is_public

from ..scripted import Client, scripted

PUBLIC = ["1.1.1.1", "8.8.8.8", "220.181.12.11", "99.255.255.255", "100.128.0.1", "172.32.0.1", "192.169.0.1",
          "2606:4700::1111", "2a00:1450:4001::5", "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]  # fmt: skip
HOSTILE = [
    # this host, loopback
    "0.0.0.0",  # noqa: S104
    "0.0.0.1", "0.255.255.255", "127.0.0.1", "127.0.0.53", "127.1.2.3", "127.255.255.255", "::", "::1",
    # private, shared, link-local
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.20.10.2", "172.31.255.255", "192.168.0.1", "192.168.255.254",
    "100.64.0.1", "100.100.100.200", "100.127.255.255", "169.254.0.1", "169.254.169.254", "169.254.170.2",
    "fc00::1", "fd00::1", "fd12:3456:789a::1", "fdff:ffff::1", "fe80::1", "fe80::1%eth0", "fe80::1%1",
    "febf::1", "fec0::1",
    # documentation, benchmarks, protocol assignments
    "192.0.0.1", "192.0.0.8", "192.0.0.170", "192.0.2.1", "198.51.100.7", "203.0.113.9", "198.18.0.1", "198.19.255.255",
    "192.88.99.1", "2001:db8::1", "3fff::1", "2001::1", "2001:10::1", "2001:20::1", "100::1", "5f00::1",
    # multicast, reserved, broadcast
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "ff02::1", "ff0e::1",
    # others in disguise
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:7f00:1", "::ffff:0:127.0.0.1",
    "::127.0.0.1",
    "::10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "64:ff9b:1::7f00:1",
    "2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::1", "2001:0:7f00:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    # no addresses at all
    "", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "127.0.0.1.", "１２７.0.0.1",
]  # fmt: skip
Resolve = Callable[[dict[str, list[str]]], list[str]]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_admitted_on_the_ports_of_mail(address: str) -> None:
    assert Reach(public_only=True).admits(address, 993)
    assert not Reach(public_only=True).admits(address, 22)
    assert not Reach(public_only=True).admits(address, 6379)


@pytest.mark.parametrize("address", HOSTILE)
def test_no_other_address_is_public(address: str) -> None:
    assert not is_public(address)
    assert not Reach(public_only=True).admits(address, 993)


def test_an_allowed_network_counts_as_public_on_any_port() -> None:
    reach = Reach(public_only=True, allowed=(ipaddress.ip_network("10.1.0.0/16"),))

    assert reach.admits("10.1.2.3", 1143)
    assert reach.admits("::ffff:10.1.2.3", 1143)
    assert not reach.admits("10.2.0.1", 993)


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Let names lead to addresses, one list after the other; return the names that were asked for."""

    def answer(names: dict[str, list[str]]) -> list[str]:
        asked: list[str] = []

        def look_up(host: str, port: int, **options: object) -> list[object]:
            asked.append(host)
            addresses = names[host]
            address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return asked

    return answer


def stranger(host: str, port: int, *networks: str) -> object:
    """Return the account of somebody who typed a server in."""
    values = {"address": "eve@evil.test", "password": "x", "imap": {"host": host, "port": port}}
    return load_account(values | {"public_hosts_only": True, "allowed_networks": networks, "connect_timeout": 2})


def greet(client: Client) -> None:
    client.send(b"* OK\r\n")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.1", "::1", "0"])
def test_no_form_of_this_machines_name_leads_to_it(host: str) -> None:
    with scripted(greet) as server, pytest.raises(ConnectError) as raised:
        Stream.open(stranger(host, server.port), Protocol.IMAP)  # type: ignore[arg-type]

    assert server.connections == 0
    assert "127.0.0.1" not in str(raised.value) or host == "127.0.0.1"


def test_a_name_that_leads_inside_is_refused_and_told(resolve: Resolve) -> None:
    resolve({"inside.evil.test": ["169.254.169.254"]})

    with pytest.raises(ForbiddenHostError, match=r"inside\.evil\.test") as raised:
        Stream.open(stranger("inside.evil.test", 993), Protocol.IMAP)  # type: ignore[arg-type]

    assert "169.254" not in str(raised.value)
    assert "MAILBOX_ALLOWED_NETWORKS" in raised.value.hint


def test_an_answer_that_changes_between_check_and_connect_is_harmless(resolve: Resolve) -> None:
    with scripted(greet) as server:
        asked = resolve({"rebind.evil.test": ["127.0.0.2", "127.0.0.1"]})
        with pytest.raises(ConnectError, match="refused"):
            Stream.open(stranger("rebind.evil.test", server.port, "127.0.0.2"), Protocol.IMAP)  # type: ignore[arg-type]

        assert asked == ["rebind.evil.test"]
        assert server.connections == 0


def test_a_resolver_that_keeps_silent_does_not_hold_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:

    leave = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: leave.wait(10) and [])
    account = load_account({"address": "a@x.test", "password": "x", "imap": "imaps://x.test", "connect_timeout": 0.1})

    with pytest.raises(TimeoutError, match="not resolved"):
        Stream.open(account, Protocol.IMAP)
    leave.set()


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="allowed_networks takes networks"):
        load_account(
            {"address": "a@x.test", "password": "x", "imap": "imaps://x.test", "allowed_networks": "10.0.0.1/8"}
        )
