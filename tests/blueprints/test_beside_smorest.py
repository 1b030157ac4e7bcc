"""An app with an API of its own by flask-smorest, and ours beside it: neither gets into the other's way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from marshmallow import Schema, fields

from flask_mailbox import ANYONE
from flask_mailbox.devserver import MailServer

from ..apps import mailbox_app

flask_smorest = pytest.importorskip("flask_smorest")


class PetSchema(Schema):
    """Something of the app's own."""

    name = fields.String(required=True)


@pytest.fixture(params=["ours first", "ours last"])
def client(mailserver: MailServer, request: pytest.FixtureRequest) -> Iterator[FlaskClient]:
    """A client of such an app."""
    own = {"API_TITLE": "Pets", "API_VERSION": "v7", "OPENAPI_VERSION": "3.1.0"}
    host, mailbox = mailbox_app(mailserver.config("ann@demo.test") | own | {"OPENAPI_URL_PREFIX": "/"})
    pets = flask_smorest.Blueprint("pets", "pets", url_prefix="/pets")

    @pets.route("/", methods=["POST"])
    @pets.arguments(PetSchema)
    @pets.response(201, PetSchema)
    def add(pet: dict[str, Any]) -> dict[str, Any]:
        return pet

    def ours() -> None:
        for kind in ("imap", "smtp"):
            host.register_blueprint(getattr(mailbox, f"{kind}_blueprint")(authorize=ANYONE), url_prefix=f"/mail/{kind}")

    def theirs() -> None:
        flask_smorest.Api(host).register_blueprint(pets)

    for register in (ours, theirs) if request.param == "ours first" else (theirs, ours):
        register()
    yield host.test_client()
    with host.app_context():
        mailbox.state.pool.close()


def test_each_document_has_its_own_routes_and_no_others(client: FlaskClient) -> None:
    theirs: Any = client.get("/openapi.json").json
    ours: Any = client.get("/mail/imap/openapi.json").json

    assert list(theirs["paths"]) == ["/pets/"]
    assert (theirs["info"], ours["info"]["title"]) == ({"title": "Pets", "version": "v7"}, "Mailbox over IMAP")
    assert "/folders" in ours["paths"]
    assert "/pets/" not in ours["paths"]
    assert "Pet" not in ours["components"]["schemas"]


def test_each_answers_in_its_own_way(client: FlaskClient) -> None:
    made = client.post("/pets/", json={"name": "Rex"})
    wrong = client.post("/pets/", json={})
    listed = client.get("/mail/imap/folders")
    sent = client.post("/mail/smtp/messages", json={"to": [{"address": "bob@demo.test"}], "text": "x"})

    assert (made.status_code, made.json) == (201, {"name": "Rex"})
    assert (wrong.status_code, wrong.content_type) == (422, "application/json")
    assert listed.status_code == sent.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/mail/imap/nothing", None, 404, "not-found"),
        ("GET", "/mail/imap", None, 404, "not-found"),
        ("PUT", "/mail/imap/folders", {}, 405, "method-not-allowed"),
        ("GET", "/mail/imap/folders/x/messages", None, 404, "not-found"),
        ("GET", "/mail/imap/folders?x=1", None, 422, "invalid"),
        ("POST", "/mail/smtp/messages", {"to": "x"}, 422, "invalid"),
        ("POST", "/mail/smtp/messages", {"to": []}, 400, "invalid-message"),
    ],
)
def test_our_problems_stay_ours(client: FlaskClient, method: str, path: str, body: Any, status: int, code: str) -> None:
    response = client.open(path, method=method, json=body)

    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    assert response.json["code"] == code  # type: ignore[index]


def test_what_is_nobodys_is_the_apps_own(client: FlaskClient) -> None:
    assert client.get("/nothing").json["code"] == 404  # type: ignore[index]
