"""Many people use the webmail at once, each with a browser and a stream of events: nobody sees an error."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from flask_mailbox.devserver import MailServer

from ..e2e.conftest import served
from .conftest import app_of
from .person import Person


@pytest.mark.parametrize("count", [6, pytest.param(60, marks=pytest.mark.soak)])
def test_many_people_use_the_webmail_at_once(count: int) -> None:
    users = {f"person{number}@demo.test": f"secret-{number}" for number in range(count)}
    addresses = list(users)
    with MailServer(users) as mailserver:
        for address in addresses:
            mailserver.deliver(b"Subject: for everybody\r\nMessage-ID: <1@x>\r\n\r\nread this\r\n", address)
        app = app_of(mailserver.config(addresses[0]), MAILBOX_READ_TIMEOUT=60)
        with served(app) as base, ThreadPoolExecutor(count) as pool:
            people = [Person(base, address, password) for address, password in users.items()]
            neighbours = [*addresses[1:], addresses[0]]
            done = [pool.submit(person.use, other) for person, other in zip(people, neighbours, strict=True)]
            for each in done:
                each.result(timeout=300)

        letters = [mailserver.messages(address)[-1] for address in addresses]
    assert all(b"Subject: from person" in letter for letter in letters)
