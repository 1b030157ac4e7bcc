"""Who is asked for the servers of an address, in which order, and what is made of the answers."""

from __future__ import annotations

import dataclasses
import json
import sys

import pytest

from flask_mailbox import AddressError
from flask_mailbox.account import DEFAULT_PORTS, Protocol
from flask_mailbox.config import load_account
from flask_mailbox.discovery import Source, discover

from ..apps import mailbox_app
from ..cli.test_commands import flask_command
from ..scripted import Client, scripted
from .documents import GOOD, description, server
from .world import World

ADDRESS = "wang@example.test"
AUTOCONFIG = "autoconfig.example.test/mail/config-v1.1.xml"
WELL_KNOWN = "example.test/.well-known/autoconfig/mail/config-v1.1.xml"


def test_a_preset_is_found_without_asking_anybody(world: World) -> None:
    found = discover("me@163.com", network=world.network())

    assert (found.source, found.provider.id, found.imap.host) == ("preset", "netease-163", "imap.163.com")  # type: ignore[union-attr]
    assert found.settings() == {"address": "me@163.com", "provider": "netease-163"}
    assert (world.visits, world.questions) == ([], [])


@pytest.mark.parametrize("url", [AUTOCONFIG, WELL_KNOWN])
def test_the_domain_describes_its_own_servers(world: World, url: str) -> None:
    world.host("autoconfig.example.test", "example.test")
    world.publish(url, GOOD)

    found = discover(ADDRESS, network=world.network())

    assert (found.source, found.secure, found.strangers) == (Source.PROVIDER, True, ())
    assert [str(each) for each in found.endpoints] == [
        "smtps://smtp.example.test:465",
        "imaps://imap.example.test:993",
        "pop3s://pop.example.test:995",
    ]
    assert found.username == ADDRESS


def test_nobody_is_told_more_than_the_domain(world: World) -> None:
    world.host("autoconfig.example.test", "example.test", "ispdb.test")

    discover(ADDRESS, network=world.network(seconds=3))

    assert world.visits == [AUTOCONFIG, WELL_KNOWN, "ispdb.test/v1.1/example.test"]
    assert "wang" not in " ".join([*world.visits, *world.headers, *(name for name, _ in world.questions)])
    assert not any(header.lower().startswith(("authorization", "cookie")) for header in world.headers)


def test_the_ispdb_is_asked_next_unless_it_is_switched_off(world: World) -> None:
    world.host("ispdb.test")
    world.publish("ispdb.test/v1.1/example.test", GOOD)

    asked = discover(ADDRESS, network=world.network())
    left = discover(ADDRESS, network=dataclasses.replace(world.network(seconds=2), ispdb=""))

    assert asked.source is Source.ISPDB
    assert left.source is Source.GUESS


def test_the_mail_exchanger_tells_the_provider(world: World) -> None:
    world.records["example.test", "MX"] = ["20 mx.other.test.", "5 mxbiz1.qq.com."]

    found = discover(ADDRESS, network=world.network())

    assert (found.source, found.where, found.secure) == (Source.MX, "mxbiz1.qq.com", False)
    assert found.provider is not None
    assert found.settings()["provider"] == found.provider.id
    assert found.settings()["public_hosts_only"] is True


def test_the_narrower_pattern_of_two_wins(world: World) -> None:
    world.records["example.test", "MX"] = ["10 mta5.am0.yahoodns.net.", "1 mx-aol.mail.gm0.yahoodns.net."]

    found = discover(ADDRESS, network=world.network())

    assert found.provider is not None
    assert found.provider.id == "aol"


def test_the_mail_exchangers_own_domain_is_asked(world: World) -> None:
    world.records["example.test", "MX"] = ["10 mx1.hoster.test."]
    world.host("autoconfig.hoster.test", "hoster.test", "mx1.hoster.test")
    world.publish(
        "autoconfig.hoster.test/mail/config-v1.1.xml", description(server("imap", "mail.hoster.test", 143, "STARTTLS"))
    )

    found = discover(ADDRESS, network=world.network())

    assert (found.source, str(found.imap)) == (Source.MX, "imap+starttls://mail.hoster.test:143")
    assert found.strangers == ("mail.hoster.test",)
    assert not found.secure


def test_services_in_dns_are_taken_tls_first_by_priority(world: World) -> None:
    world.records["_imaps._tcp.example.test", "SRV"] = ["10 0 993 b.example.test.", "0 1 993 a.example.test."]
    world.records["_imap._tcp.example.test", "SRV"] = ["0 0 143 clear.example.test."]
    world.records["_submission._tcp.example.test", "SRV"] = ["0 0 587 out.example.test."]
    world.records["_pop3s._tcp.example.test", "SRV"] = ["0 0 0 ."]

    found = discover(ADDRESS, network=world.network())

    assert found.source is Source.SRV
    assert [str(each) for each in found.endpoints] == [
        "smtp+starttls://out.example.test:587",
        "imaps://a.example.test:993",
    ]
    assert found.pop3 is None


def test_a_submission_service_on_port_465_speaks_tls(world: World) -> None:
    world.records["_submission._tcp.example.test", "SRV"] = ["0 0 465 out.example.test."]

    assert str(discover(ADDRESS, network=world.network()).smtp) == "smtps://out.example.test:465"


def test_usual_names_are_proposed_when_nobody_knows(world: World) -> None:
    found = discover(ADDRESS, network=world.network(seconds=2))

    assert (found.source, str(found.imap)) == (Source.GUESS, "imaps://imap.example.test:993")
    assert [each.source for each in found.findings] == ["provider", "provider", "ispdb", "mx", "srv", "guess"]


def test_a_usual_name_that_answers_is_preferred(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def greet(client: Client) -> None:
        client.send(b"* OK ready\r\n")
        client.until_closed()

    with scripted(greet) as running:
        monkeypatch.setitem(DEFAULT_PORTS, ("imap", "starttls"), running.port)
        world.host("mail.example.test")
        found = discover(ADDRESS, network=world.network())

    assert str(found.imap) == f"imap+starttls://mail.example.test:{running.port}"
    assert running.received in ([], [b""])


def test_the_preset_of_the_servers_brings_its_help_and_quirks(world: World) -> None:
    world.host("autoconfig.example.test")
    world.publish(AUTOCONFIG, description(server("imap", "imap.163.com", 993), server("smtp", "smtp.163.com", 465)))

    found = discover(ADDRESS, network=world.network())

    assert found.provider is not None
    assert found.provider.id == "netease-163"


def test_each_server_keeps_the_user_name_that_it_is_described_with(world: World) -> None:
    world.host("autoconfig.example.test")
    servers = (
        server("imap", "imap.example.test", 993, "SSL", "%EMAILLOCALPART%"),
        server("smtp", "smtp.example.test", 465, "SSL", "%EMAILADDRESS%"),
        server("pop3", "pop.example.test", 995, "SSL", "%EMAILLOCALPART%"),
    )
    world.publish(AUTOCONFIG, description(*servers))

    found = discover(ADDRESS, network=world.network())
    account = load_account(found.settings() | {"password": "x"})

    assert found.settings()["username"] == "wang"
    assert found.settings()["smtp_username"] == ADDRESS
    assert [account.credential_for(each).username for each in Protocol] == [ADDRESS, "wang", "wang"]  # type: ignore[union-attr]


def test_a_preset_found_by_its_mail_exchanger_signs_in_in_its_own_form(world: World) -> None:
    world.records["example.test", "MX"] = ["10 mx01.mail.icloud.com."]

    found = discover(ADDRESS, network=world.network())
    account = load_account(found.settings() | {"password": "x"})

    assert [account.credential_for(each).username for each in Protocol] == [ADDRESS, "wang", "wang"]  # type: ignore[union-attr]


def test_a_proposal_makes_an_account(world: World) -> None:
    world.host("autoconfig.example.test")
    world.publish(AUTOCONFIG, GOOD)
    host, mailbox = mailbox_app({})

    found = discover(ADDRESS, network=world.network())
    with host.app_context():
        account = mailbox.load_account(found.settings() | {"password": "x"})

    assert account.imap == found.imap
    assert account.reach.public_only


@pytest.mark.parametrize(
    "address",
    [
        "",
        "wang",
        "wang@",
        "@example.test",
        "a@localhost",
        "a@[127.0.0.1]",
        "a@10.0.0.1",
        "a@mail.local",
        "a@b\r\n.test",
    ],
)
def test_an_address_without_a_public_domain_is_refused(world: World, address: str) -> None:
    with pytest.raises(AddressError):
        discover(address, network=world.network())

    assert (world.visits, world.questions) == ([], [])


def test_a_domain_in_another_script_is_asked_by_its_ascii_name(world: World) -> None:
    world.host("autoconfig.xn--fsqu00a.example.test")

    found = discover("wang@例子.example.test", network=world.network(seconds=2))

    assert found.domain == "xn--fsqu00a.example.test"
    assert ("autoconfig.xn--fsqu00a.example.test", "A") in world.questions


def test_the_command_prints_the_servers_and_who_said_so(world: World) -> None:
    world.host("autoconfig.example.test", "example.test", "ispdb.test")
    world.records["example.test", "MX"] = ["5 mxbiz1.qq.com."]
    host, _ = mailbox_app({"MAILBOX_ISPDB": False})

    text = flask_command(host, "discover", ADDRESS)
    found = flask_command(host, "discover", ADDRESS, "--json")

    assert text.exit_code == found.exit_code == 0, text.output
    assert "imaps://imap.exmail.qq.com:993" in text.output
    assert json.loads(found.output)["source"] == "mx"


def test_without_the_extra_dns_is_left_out_and_that_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dns.resolver", None)

    found = discover(ADDRESS, network=world.network(seconds=2))

    assert found.source is Source.GUESS
    assert any("flask-mailbox[dns]" in each.outcome for each in found.findings)
