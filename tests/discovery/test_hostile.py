"""Answers that lie, loop, stall, swell or lead inside: discovery goes on to the next source, and nothing leaks."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler

import pytest

from flask_mailbox.discovery import Source, discover

from .documents import GOOD, description, server
from .world import World

ADDRESS = "wang@example.test"
AUTOCONFIG = "autoconfig.example.test/mail/config-v1.1.xml"
INSIDE = [
    "127.0.0.2", "127.0.0.53", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
    "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.170", "::1", "fe80::1", "fd00::1", "::ffff:127.0.0.2",
    "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:0:7f00:1::1", "2001:db8::1", "ff02::1",
]  # fmt: skip
REDIRECTS = [
    "http://autoconfig.example.test/x.xml", "http://127.0.0.1/", "https://127.0.0.1/", "https://[::1]/", "https://localhost/",
    "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://169.254.169.254/latest/",
    "https://10.0.0.1/", "https://metadata.google.internal/", "https://printer.local/", "https://evil.test/x.xml",
    "https://a.evil.test/x.xml", "https://example.test.evil.test/x.xml", "https://notexample.test/x.xml",
    "https://user:password@example.test/x.xml", "https://example.test@evil.test/", "https://example.test:22/",
    "https://example.test:6379/", "https://example.test:99999/", "https://example.test:x/", "//evil.test/x.xml",
    "ftp://example.test/x", "file:///etc/passwd", "gopher://example.test/", "javascript:alert(1)", "data:text/xml,x",
    "https:///x", "https://", "https://[", "https://exa mple.test/", "", "\x00", "https://exämple.test/",
]  # fmt: skip
LIES = {
    "clear text": server("imap", "imap.example.test", 143, "plain"),
    "another port": server("imap", "imap.example.test", 6379),
    "no port": server("imap", "imap.example.test", "x"),  # type: ignore[arg-type]
    "an address": server("imap", "127.0.0.1", 993),
    "an address of IPv6": server("imap", "[::1]", 993),
    "this machine": server("imap", "localhost", 993),
    "the network inside": server("imap", "mail.internal", 993),
    "a single label": server("imap", "mail", 993),
    "a line break": server("imap", "imap.example.test&#13;&#10;X", 993),
    "a method that is none of ours": server("imap", "imap.example.test", 993, "SSL", "%EMAILADDRESS%", "NTLM"),
    "the client's address": server("imap", "imap.example.test", 993, "SSL", "", "client-IP-address"),
    "another protocol": server("exchange", "imap.example.test", 993),
    "no server": "",
}
DOCUMENTS = {
    "no XML": b"<html><body>Parked domain",
    "JSON": b'{"imap": "x"}',
    "empty": b"",
    "binary": bytes(range(256)),
    "another encoding that is none": b'<?xml version="1.0" encoding="x-evil"?><clientConfig/>',
    "a document type": b"<!DOCTYPE clientConfig>" + GOOD.encode().partition(b"?>")[2],
    "entities": b'<!DOCTYPE c [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><clientConfig>&b;</clientConfig>',
    "an external entity": b'<!DOCTYPE c [<!ENTITY a SYSTEM "file:///etc/passwd">]><clientConfig>&a;</clientConfig>',
    "an external document type": b'<!DOCTYPE c SYSTEM "https://evil.test/x.dtd"><clientConfig/>',
    "very deep": b"<a>" * 5000 + b"</a>" * 5000,
    "very many servers": description(*[server("exchange", "x", 1)] * 500).encode(),
    "ten megabytes": b"<clientConfig>" + b" " * 10_000_000 + b"</clientConfig>",
}


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_not_asked(world: World, address: str) -> None:
    world.host("autoconfig.example.test", address=address)
    world.publish(AUTOCONFIG, GOOD)

    found = discover(ADDRESS, network=world.network(seconds=3))

    assert found.source is Source.GUESS
    assert world.visits == []
    assert "public" in found.findings[0].outcome
    assert address not in str(found.findings)


@pytest.mark.parametrize("location", REDIRECTS)
def test_a_redirect_that_leads_astray_is_not_followed(world: World, location: str) -> None:
    world.host("autoconfig.example.test", "example.test", "evil.test", "a.evil.test", "notexample.test")
    world.publish(AUTOCONFIG, b"", 302, Location=location.encode().decode("latin-1"))
    for host in ("evil.test", "a.evil.test", "notexample.test", "example.test"):
        world.publish(f"{host}/x.xml", GOOD)

    found = discover(ADDRESS, network=world.network(seconds=3))

    assert found.source is Source.GUESS
    assert {visit.partition("/")[0] for visit in world.visits} <= {"autoconfig.example.test", "example.test"}
    assert not any(visit.endswith("x.xml") for visit in world.visits)


def test_a_redirect_within_the_domain_is_followed(world: World) -> None:
    world.host("autoconfig.example.test", "www.example.test")
    world.publish(AUTOCONFIG, b"", 301, Location=f"https://www.example.test:{world.https_port}/mail.xml")
    world.publish("www.example.test/mail.xml", GOOD)

    assert discover(ADDRESS, network=world.network()).source is Source.PROVIDER


def test_a_redirect_to_itself_ends(world: World) -> None:
    world.host("autoconfig.example.test")
    world.publish(AUTOCONFIG, b"", 302, Location="config-v1.1.xml")

    discover(ADDRESS, network=world.network(seconds=3))

    assert world.visits.count(AUTOCONFIG) == 4


def test_an_answer_of_dns_that_changes_meanwhile_is_harmless(world: World) -> None:
    world.host("autoconfig.example.test")
    world.records["autoconfig.example.test", "A"] = ["127.0.0.1", "10.0.0.1", "10.0.0.1"]
    world.publish(AUTOCONFIG, GOOD)

    found = discover(ADDRESS, network=world.network())

    assert found.source is Source.PROVIDER
    assert world.questions.count(("autoconfig.example.test", "A")) == 1


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_that_is_no_description_is_passed_over(world: World, document: bytes) -> None:
    world.host("autoconfig.example.test", "ispdb.test")
    world.publish(AUTOCONFIG, document)
    world.publish("ispdb.test/v1.1/example.test", GOOD)

    found = discover(ADDRESS, network=world.network())

    assert found.source is Source.ISPDB
    assert "refused" in found.findings[0].outcome


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_server_that_may_not_be_used_is_passed_over(world: World, lie: str) -> None:
    world.host("autoconfig.example.test")
    world.publish(AUTOCONFIG, description(lie, server("smtp", "smtp.example.test", 465)))

    found = discover(ADDRESS, network=world.network())

    assert [str(each) for each in found.endpoints] == ["smtps://smtp.example.test:465"]


def test_the_next_server_is_taken_where_the_first_cannot_be(world: World) -> None:
    world.host("autoconfig.example.test")
    servers = (
        server("imap", "imap.example.test", 993, "SSL", "%EMAILLOCALPART%", "OAuth2"),
        server("imap", "legacy.example.test", 993, "SSL", "%EMAILLOCALPART%"),
    )
    world.publish(AUTOCONFIG, description(*servers))

    found = discover(ADDRESS, network=world.network())

    assert (str(found.imap), found.username) == ("imaps://legacy.example.test:993", "wang")


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        time.sleep(0.1)


def test_a_server_that_stalls_or_drips_takes_no_more_than_the_time_for_all(world: World) -> None:
    world.host("autoconfig.example.test")
    world.pages["autoconfig.example.test", "/mail/config-v1.1.xml"] = drip
    began = time.monotonic()

    found = discover(ADDRESS, network=world.network(seconds=1))

    assert found.source is Source.GUESS
    assert time.monotonic() - began < 5


def test_a_dns_server_that_takes_its_time_takes_no_more_than_the_time_for_all(world: World) -> None:
    world.slow = {"SRV": 0.7}
    began = time.monotonic()

    found = discover(ADDRESS, network=world.network(seconds=1))

    assert found.source is Source.GUESS
    assert time.monotonic() - began < 3


def test_finding_a_server_and_hearing_it_share_the_time_for_all(world: World) -> None:
    world.slow = {"A": 1.5}
    world.host("autoconfig.example.test")
    world.pages["autoconfig.example.test", "/mail/config-v1.1.xml"] = drip
    began = time.monotonic()

    found = discover(ADDRESS, network=world.network(seconds=2))

    assert world.visits == [AUTOCONFIG]
    assert found.source is Source.GUESS
    assert time.monotonic() - began < 3


def test_a_domain_that_is_called_autoconfig_is_no_leave_to_go_anywhere(world: World) -> None:
    world.host("autoconfig.test", "a.evil.test")
    redirect = f"https://a.evil.test:{world.https_port}/x.xml"
    world.publish("autoconfig.test/.well-known/autoconfig/mail/config-v1.1.xml", b"", 302, Location=redirect)
    world.publish("a.evil.test/x.xml", GOOD)

    found = discover("wang@autoconfig.test", network=world.network(seconds=3))

    assert found.source is Source.GUESS
    assert "a.evil.test/x.xml" not in world.visits
    assert any("another domain, a.evil.test" in each.outcome for each in found.findings)


def test_a_certificate_for_another_name_is_refused(world: World) -> None:
    world.host("autoconfig.stranger.test")
    world.publish("autoconfig.stranger.test/mail/config-v1.1.xml", GOOD)

    found = discover("wang@stranger.test", network=world.network(seconds=3))

    assert found.source is Source.GUESS
    assert world.visits == []


def test_a_challenge_for_a_password_is_not_answered(world: World) -> None:
    world.host("autoconfig.example.test")
    world.publish(AUTOCONFIG, b"", 401, WWW_Authenticate="Basic")

    discover(ADDRESS, network=world.network(seconds=2))

    assert world.visits.count(AUTOCONFIG) == 1


@pytest.mark.parametrize("target", ["localhost.", "10.0.0.1.", "mail.internal.", "mail.", "_x."])
def test_a_service_in_dns_that_leads_inside_is_passed_over(world: World, target: str) -> None:
    world.records["_imaps._tcp.example.test", "SRV"] = [f"0 0 993 {target}"]
    world.records["_submissions._tcp.example.test", "SRV"] = ["0 0 465 out.example.test."]

    found = discover(ADDRESS, network=world.network())

    assert [str(each) for each in found.endpoints] == ["smtps://out.example.test:465"]


def test_a_service_on_another_port_is_passed_over(world: World) -> None:
    world.records["_imaps._tcp.example.test", "SRV"] = ["0 0 6379 imap.example.test."]

    assert discover(ADDRESS, network=world.network(seconds=2)).source is Source.GUESS
