"""What the documentation shows as an answer is what comes back."""

from __future__ import annotations

import json
from typing import Any

from flask_mailbox import ANYONE
from flask_mailbox.devserver import MailServer

from ..apps import mailbox_app
from .blocks import blocks


def test_the_answer_on_the_page_of_the_sign_in_page_is_the_real_one() -> None:
    (block,) = blocks("docs/howto/sign-in-page.md", "json")
    shown = json.loads(block.text)
    with MailServer({"me@163.com": "the authorization code"}, profile="163") as server:
        host, mailbox = mailbox_app({"MAILBOX_ALLOWED_NETWORKS": "127.0.0.0/8", "MAILBOX_CA_FILE": str(server.ca_file)})
        host.register_blueprint(mailbox.accounts_blueprint(authorize=ANYONE), url_prefix="/setup")
        place = {"host": "localhost", "security": "tls"}
        servers = {name: place | {"port": getattr(server, f"{name}s")} for name in ("smtp", "imap", "pop3")}
        entered = {"provider": "163", "address": "me@163.com", "password": "the login password", **servers}
        answer: Any = host.test_client().post("/setup/test", json=entered).json

    real = {leg["leg"]: leg for leg in answer["legs"]}
    assert answer.keys() == shown.keys()
    for leg in shown["legs"]:
        for step in leg["steps"]:
            (found,) = [each for each in real[leg["leg"]]["steps"] if each["name"] == step["name"]]
            assert found.keys() == step.keys()
            assert (found["ok"], found["category"], found["detail"]) == (step["ok"], step["category"], step["detail"])
            assert found["hint"].startswith(step["hint"].removesuffix("…"))
