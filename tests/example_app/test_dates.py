"""Dates that senders claim: any of them is shown, in any zone and language, and none keeps a page from coming."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from flask_mailbox.devserver import MailServer

from .test_organising import INVITATION

EDGES = [
    ("Mon, 01 Jan 0001 00:30:00 +0000", "America/New_York", "00010101T003000Z"),
    ("Fri, 31 Dec 9999 23:30:00 +0000", "Asia/Shanghai", "99991231T233000Z"),
]


@pytest.mark.parametrize("languages", ["en", "zh"])
@pytest.mark.parametrize(("claimed", "zone", "stamp"), EDGES)
def test_the_edges_of_the_calendar_are_shown(
    ann: FlaskClient, mailserver: MailServer, claimed: str, zone: str, stamp: str, languages: str
) -> None:
    dated = f"Date: {claimed}\r\n".encode() + INVITATION
    dated = dated.replace(b"20261124T083000Z", stamp.encode()).replace(b"20261124T084500Z", stamp.encode())
    mailserver.deliver(dated, "ann@demo.test")
    ann.set_cookie("zone", zone)
    pages = [ann.get(path, headers={"Accept-Language": languages}) for path in ("/", "/message?uid=1", "/pop3/")]

    assert [page.status_code for page in pages] == [200] * 3
    assert all("Standup" in page.text for page in pages)


@pytest.mark.parametrize("zone", ["Europe/", "Europe//Paris", "leapseconds", "Europe", "A" * 41])
def test_what_names_no_zone_keeps_no_page_from_coming(ann: FlaskClient, mailserver: MailServer, zone: str) -> None:
    mailserver.deliver(b"Date: Fri, 01 May 2026 08:00:00 +0000\r\nSubject: one\r\n\r\nx\r\n", "ann@demo.test")
    ann.set_cookie("zone", zone)

    assert ann.get("/message?uid=1").status_code == 200
