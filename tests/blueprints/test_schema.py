"""The OpenAPI documents are valid, and what the routes answer to whatever fits them is what they promise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from flask_mailbox import ANYONE
from flask_mailbox.blueprints.ids import Ids
from flask_mailbox.devserver import MailServer

from ..apps import mailbox_app
from ..discovery.world import World, running_world

MESSAGE = (
    b"From: =?utf-8?b?546L?= <wang@demo.test>\r\nTo: undisclosed-recipients:;\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nHello\r\n'
    b'--b\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename="a.html"\r\n\r\n<p>x\r\n--b--\r\n'
)
LATER = {"to": [{"address": "bob@demo.test"}], "subject": "x", "text": "x", "delay": 3600}
PREFIXES = ("imap", "pop3", "smtp", "accounts")
MODES = {"what fits": GenerationMode.POSITIVE, "what does not": GenerationMode.NEGATIVE}

CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance]


# the servers' own threads draw random numbers too, at any moment
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")


@schemathesis.serializer("message/rfc822")
def as_it_is(context: Any, value: Any) -> bytes:
    """Return a body that is no JSON."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """All names that there are: what is discovered or tested stays on this machine."""
    with running_world(tmp_path_factory.mktemp("world")) as running:
        running.host("localhost")
        yield running


@pytest.fixture(scope="module")
def published(server: MailServer, world: World) -> Iterator[Flask]:
    """An app that publishes Ann's mailbox."""
    own = {"MAILBOX_ISPDB": False, "MAILBOX_ALLOWED_NETWORKS": "127.0.0.0/8"}
    host, mailbox = mailbox_app(server.config("ann@demo.test") | own)
    for prefix in PREFIXES:
        most = {"most": 10_000} if prefix in ("smtp", "accounts") else {}
        made = getattr(mailbox, f"{prefix}_blueprint")(authorize=ANYONE, **most)
        host.register_blueprint(made, url_prefix=f"/api/{prefix}")
    yield host
    with host.app_context():
        mailbox.state.pool.close()


@pytest.fixture(params=PREFIXES)
def document(request: pytest.FixtureRequest, published: Flask) -> dict[str, Any]:
    """The OpenAPI document of one blueprint."""
    found: Any = published.test_client().get(f"/api/{request.param}/openapi.json").json
    return found  # type: ignore[no-any-return]


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert not list(OpenAPIV31SpecValidator(document).iter_errors())


def play(
    server: MailServer,
    published: Flask,
    document: dict[str, Any],
    examples: int,
    mode: GenerationMode = GenerationMode.POSITIVE,
) -> None:
    """Send every operation so many requests that its schema allows, or does not, most to things that are there."""
    url = document["servers"][0]["url"]
    schema = schemathesis.openapi.from_wsgi(f"{url}/openapi.json", published)
    for made in schema.get_all_operations():
        operation = made.ok()
        server.reset()  # whatever the last one left

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), away=st.integers(0, 3))
        def send(case: Any, away: int) -> None:
            _keep_at_home(case, server)
            if away:
                _lead_to_what_is_there(case, _present(server, published, pop3=url.endswith("pop3")), mode)
            case.call_and_validate(checks=CHECKS)

        try:
            send()
        except Unsatisfiable:  # whatever is sent to it fits
            assert mode is GenerationMode.NEGATIVE


def _keep_at_home(case: Any, server: MailServer) -> None:
    """Let no server that is to be tested be another machine."""
    if isinstance(case.body, dict) and case.operation.path.endswith("/test"):
        for name, port in (("smtp", server.smtps), ("imap", server.imaps), ("pop3", server.pop3s)):
            if isinstance(case.body.get(name), dict) and "host" in case.body[name]:
                case.body[name] |= {"host": "localhost", "port": port}


def _present(server: MailServer, published: Flask, *, pop3: bool) -> dict[str, str]:
    """Return the ids of things that are there now."""
    uid = server.deliver(MESSAGE, "ann@demo.test")
    client = published.test_client()
    owner = Ids("ann@demo.test localhost")
    inbox = owner.name("INBOX")
    found: Any = client.get("/api/pop3/entries" if pop3 else f"/api/imap/folders/{inbox}/messages").json
    later: Any = client.post("/api/smtp/queue", json=LATER, headers={"Idempotency-Key": "one"}).json
    message = found[-1]["id"] if pop3 else found["messages"][0]["id"]
    assert pop3 or int(message.split("-")[1]) == uid
    return {"folder": inbox, "message": message, "section": "2", "index": "0", "target": owner.name("Sent")} | {
        "ticket": later["id"],
        "provider": "163",
    }


def _lead_to_what_is_there(case: Any, present: dict[str, str], mode: GenerationMode) -> None:
    """Put ids and addresses that exist where any would do."""
    for name in case.path_parameters or {}:
        case.path_parameters[name] = present[name]
    if isinstance(case.body, dict) and mode is GenerationMode.POSITIVE:
        known = {
            "folder": present["folder" if "message" in case.body else "target"],
            "message": present["message"],
            "delay": 3600,
            "ids": [present["message"], "nonsense"],
            "to": [{"address": "bob@demo.test"}],
            "cc": [],
            "bcc": [],
            "from": None,
            "reply_to": None,
            "in_reply_to": None,
            "references": [],
            "attachments": [],
        }
        case.body.update({name: known[name] for name in case.body if name in known})


@pytest.fixture(autouse=True)
def short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let streams of events end with their beginning."""
    monkeypatch.setattr("flask_mailbox.blueprints.imap.streaming.LONGEST", 0.0)


@pytest.mark.parametrize("mode", MODES)
def test_no_request_gives_a_500_or_an_answer_out_of_the_schema(
    server: MailServer, published: Flask, document: dict[str, Any], mode: str
) -> None:
    play(server, published, document, 15 if mode == "what fits" else 6, MODES[mode])


@pytest.mark.soak
@pytest.mark.parametrize("mode", MODES)
def test_very_many_requests_give_no_500_either(
    server: MailServer, published: Flask, document: dict[str, Any], mode: str
) -> None:
    play(server, published, document, 300, MODES[mode])
