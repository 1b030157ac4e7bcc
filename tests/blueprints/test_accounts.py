"""The routes of a sign-in page: presets, discovery, and a test of what somebody entered."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient

from flask_mailbox import ANYONE, Account, ConfigurationError, Mailbox
from flask_mailbox.devserver import MailServer

from ..apps import mailbox_app
from ..discovery.world import World, running_world

SECRET = "ann-very-secret"
OWN = "127.0.0.0/8"


@pytest.fixture
def made() -> Iterator[list[Any]]:
    apps: list[Any] = []
    yield apps
    for host, mailbox in apps:
        with host.app_context():
            mailbox.state.pool.close()


@pytest.fixture
def visitor(made: list[Any], mailserver: MailServer) -> FlaskClient:
    """A visitor of an app whose administrator lets loopback count as public."""
    return publish(made, mailserver)


def publish(made: list[Any], mailserver: MailServer, networks: str = OWN, most: int = 20) -> FlaskClient:
    """Return a client of an app that publishes nothing but the setting up of accounts."""
    config = {"MAILBOX_CA_FILE": str(mailserver.ca_file), "MAILBOX_ISPDB": False}
    host, mailbox = mailbox_app(config | ({"MAILBOX_ALLOWED_NETWORKS": networks} if networks else {}))
    host.register_blueprint(mailbox.accounts_blueprint(authorize=ANYONE, most=most), url_prefix="/setup")
    made.append((host, mailbox))
    return host.test_client()


def entered(mailserver: MailServer, **changes: object) -> dict[str, object]:
    """Return what Ann enters."""
    mailserver.add_user("ann@own.test", SECRET)
    host = {"host": "localhost", "security": "tls"}
    return {
        "address": "ann@own.test",
        "password": SECRET,
        "smtp": host | {"port": mailserver.smtps},
        "imap": host | {"port": mailserver.imaps},
        "pop3": host | {"port": mailserver.pop3s},
        **changes,
    }


def test_presets_are_found_by_what_somebody_types(visitor: FlaskClient) -> None:
    found: Any = visitor.get("/setup/providers?search=163.com").json

    assert "netease-163" in [each["id"] for each in found]
    assert all(each["imap"] is None or set(each["imap"]) == {"host", "port", "security"} for each in found)


def test_the_help_of_a_preset_is_in_the_callers_language(visitor: FlaskClient) -> None:
    english: Any = visitor.get("/setup/providers/163").json
    by_header: Any = visitor.get("/setup/providers/163", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}).json
    by_query: Any = visitor.get("/setup/providers/163?language=zh").json

    assert "授权码" in by_header["help"]
    assert by_header["help"] == by_query["help"] != english["help"]
    assert visitor.get("/setup/providers/nobody").status_code == 404


def test_every_leg_is_tested_and_nothing_secret_comes_back(visitor: FlaskClient, mailserver: MailServer) -> None:
    response = visitor.post("/setup/test", json=entered(mailserver))

    assert response.json["ok"]  # type: ignore[index]
    assert [(leg["leg"], leg["ok"]) for leg in response.json["legs"]] == [  # type: ignore[index]
        ("smtp", True),
        ("imap", True),
        ("pop3", True),
    ]
    assert SECRET not in response.text
    assert response.headers["Cache-Control"] == "no-store"


def test_a_wrong_code_is_told_with_what_to_do(visitor: FlaskClient, mailserver: MailServer) -> None:
    response = visitor.post("/setup/test", json=entered(mailserver, password="wrong-secret", pop3=None))
    assert response.status_code == 422  # a server is left out, not null

    values = entered(mailserver, password="wrong-secret")
    del values["pop3"]
    answer: Any = visitor.post("/setup/test", json=values).json

    steps = {(leg["leg"], step["name"]): step for leg in answer["legs"] for step in leg["steps"]}
    assert not answer["ok"]
    assert steps["imap", "login"]["ok"] is False
    assert steps["imap", "login"]["hint"]
    assert steps["pop3", "configured"]["ok"] is None
    assert "wrong-secret" not in str(answer)


def test_settings_that_make_no_account_are_told_before_anything_is_asked(visitor: FlaskClient) -> None:
    response = visitor.post("/setup/test", json={"address": "ann@163.com"})

    assert (response.status_code, response.json["code"]) == (422, "invalid-settings")  # type: ignore[index]
    assert "authorization code" in response.json["problems"][0]  # type: ignore[index]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "::1", "10.0.0.1"])
def test_no_server_inside_is_connected_to(made: list[Any], mailserver: MailServer, host: str) -> None:
    visitor = publish(made, mailserver, networks="")
    inside = {"host": host, "port": mailserver.imaps, "security": "tls"}

    response = visitor.post("/setup/test", json={"address": "eve@evil.test", "password": "x", "imap": inside})
    answer: Any = response.json

    assert answer.get("ok", False) is False
    assert mailserver.received("imap") == b""
    steps = [step for leg in answer.get("legs", []) for step in leg["steps"] if step["ok"] is False]
    assert [step["name"] for step in steps] in ([], ["resolve"])
    assert not any("127.0.0.1" in step["detail"] for step in steps) or host == "127.0.0.1"


def test_tests_are_counted_by_client(made: list[Any], mailserver: MailServer) -> None:
    visitor = publish(made, mailserver, most=2)
    values = entered(mailserver)
    first = [visitor.post("/setup/test", json=values).status_code for _ in range(2)]
    refused = visitor.post("/setup/test", json=values)
    elsewhere = visitor.post("/setup/test", json=values, environ_base={"REMOTE_ADDR": "192.0.2.9"})

    assert first == [200, 200]
    assert (refused.status_code, refused.json["code"]) == (429, "too-many-requests")  # type: ignore[index]
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    assert elsewhere.status_code == 200


def test_five_wrong_passwords_reach_the_server_however_many_are_tried_at_once(
    made: list[Any], mailserver: MailServer
) -> None:
    visitor = publish(made, mailserver, most=100)
    values = entered(mailserver, password="wrong-secret")
    app = visitor.application

    def attempt(number: int) -> int:
        client = {"REMOTE_ADDR": f"192.0.2.{number}"}
        return app.test_client().post("/setup/test", json=values, environ_base=client).status_code

    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(attempt, range(12)))
    right = visitor.post("/setup/test", json=entered(mailserver))
    by_name = visitor.post("/setup/test", json=values | {"address": "other@own.test", "username": "ann@own.test"})

    assert sorted(answers) == [200] * 5 + [429] * 7
    assert right.status_code == by_name.status_code == 429
    assert mailserver.connections["imap"][0] == 5


@pytest.mark.parametrize("key", ["address", "username", "smtp_username", "imap_username", "pop3_username"])
def test_a_name_is_counted_however_it_is_written(made: list[Any], mailserver: MailServer, key: str) -> None:
    visitor = publish(made, mailserver, most=100)

    def attempt(number: int, name: str) -> int:
        values = entered(mailserver, password="wrong-secret", address=f"{number}@own.test") | {key: name}
        return visitor.post("/setup/test", json=values).status_code

    names = ["ann@own.test", " ann@own.test", "ann@own.test  ", "ANN@own.test ", "  ann@own.test", " Ann@own.test "]

    assert [attempt(*each) for each in enumerate(names)] == [200] * 5 + [429]


def test_a_server_is_signed_in_to_with_a_user_name_of_its_own(visitor: FlaskClient, mailserver: MailServer) -> None:
    mailserver.add_user("relay-7@own.test", SECRET)
    values = entered(mailserver, username="nobody@own.test", smtp_username="relay-7@own.test")
    answer: Any = visitor.post("/setup/test", json=values).json

    assert {leg["leg"]: leg["ok"] for leg in answer["legs"]} == {"smtp": True, "imap": False, "pop3": False}


def test_passwords_that_work_are_no_wrong_ones(made: list[Any], mailserver: MailServer) -> None:
    visitor = publish(made, mailserver, most=100)
    values = entered(mailserver)

    assert [visitor.post("/setup/test", json=values).status_code for _ in range(7)] == [200] * 7


@pytest.fixture
def world(tmp_path: Any) -> Iterator[World]:
    with running_world(tmp_path) as running:
        yield running


def test_servers_are_discovered(visitor: FlaskClient, world: World) -> None:
    world.records["own.example.test", "MX"] = ["5 mxbiz1.qq.com."]

    preset: Any = visitor.post("/setup/discover", json={"address": "me@qq.com"}).json
    own: Any = visitor.post("/setup/discover", json={"address": "me@own.example.test"}).json

    assert (preset["source"], preset["secure"], preset["imap"]["host"]) == ("preset", True, "imap.qq.com")
    assert (own["source"], own["secure"], own["imap"]["host"]) == ("mx", False, "imap.exmail.qq.com")


def test_discovery_tells_the_user_names_that_servers_have_of_their_own(visitor: FlaskClient, world: World) -> None:
    world.records["own.example.test", "MX"] = ["10 mx01.mail.icloud.com."]
    found: Any = visitor.post("/setup/discover", json={"address": "me@own.example.test"}).json

    assert (found["username"], found["smtp_username"], found["imap_username"]) == ("me", "me@own.example.test", "")


@pytest.mark.parametrize("address", ["nobody", "a@localhost", "a@127.0.0.1", "a@b.local", "a@x\r\n.test"])
def test_an_address_without_a_public_domain_is_refused(visitor: FlaskClient, address: str) -> None:
    response = visitor.post("/setup/discover", json={"address": address})

    assert (response.status_code, response.json["code"]) == (422, "invalid")  # type: ignore[index]


SHAPES: list[dict[str, object]] = [
    {"password": 5},
    {"unknown": 1},
    {"address": None},
    {"imap": "imaps://x"},
    {"imap": {"host": "x"}},
    {"imap": {"host": "x", "port": 0, "security": "tls"}},
    {"imap": {"host": "x", "port": 1, "security": "none"}},
]


@pytest.mark.parametrize("change", SHAPES)
def test_values_of_another_shape_are_refused(
    visitor: FlaskClient, mailserver: MailServer, change: dict[str, object]
) -> None:
    response = visitor.post("/setup/test", json=entered(mailserver, **change))

    assert (response.status_code, response.json["code"]) == (422, "invalid")  # type: ignore[index]
    assert SECRET not in response.text


def test_a_form_of_another_site_tests_nothing(visitor: FlaskClient, mailserver: MailServer) -> None:
    response = visitor.post("/setup/test", data={"address": "ann@own.test", "password": SECRET})

    assert response.status_code == 403
    assert mailserver.received("imap") == b""


def test_authorize_is_required_and_asked(made: list[Any]) -> None:
    asked: list[tuple[str, str]] = []

    def judge(operation: str, account: Account) -> bool:
        asked.append((operation, account.address))
        return False

    host, mailbox = mailbox_app({})
    host.register_blueprint(mailbox.accounts_blueprint(authorize=judge), url_prefix="/setup")
    made.append((host, mailbox))

    assert host.test_client().get("/setup/providers").status_code == 403
    assert asked == [("accounts.providers.list", "")]
    with pytest.raises(ConfigurationError, match="accounts_blueprint"):
        Mailbox().accounts_blueprint()
