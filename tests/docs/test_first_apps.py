"""The apps that pages give to be copied send and read, with a server that behaves like the provider's own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_mailbox.devserver import MailServer
from flask_mailbox.providers import advise, shipped

from .blocks import ROOT, blocks, run

CODE = "the authorization code"
NETEASE, QQ = ("163", "me@163.com"), ("qq", "10001@qq.com")
PAGES = {
    "README.md": NETEASE,
    "README.zh-CN.md": NETEASE,
    "docs/tutorial/quick-start.md": NETEASE,
    "docs/zh/quick-start.md": NETEASE,
    "docs/howto/send-with-163.md": NETEASE,
    "docs/howto/send-with-qq.md": QQ,
}
WITH_ANSWERS = [page for page in PAGES if blocks(page, "json")]
WITH_REFUSALS = ["docs/howto/send-with-163.md", "docs/howto/send-with-qq.md", "docs/zh/quick-start.md"]


@pytest.fixture
def client(page: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """A client of the page's first app, whose provider's servers are ours; what the page sets itself wins."""
    provider, address = PAGES[page]
    with MailServer({address: CODE, "ann@example.com": "x"}, profile=provider) as server:
        server.deliver("Subject: 会议\r\n\r\nHello\r\n".encode(), address)
        monkeypatch.setattr(Flask, "default_config", {**Flask.default_config, **server.config(address)})
        for key, value in {"PROVIDER": provider, "ADDRESS": address, "PASSWORD": CODE}.items():
            monkeypatch.setenv(f"FLASK_MAILBOX_{key}", value)
        names: dict[str, object] = {"__name__": "page"}
        run(blocks(page, "python")[0], names)
        app = names["app"]
        assert isinstance(app, Flask)
        server.add_user(address, app.config["MAILBOX_PASSWORD"])
        yield app.test_client()
        app.extensions["mailbox"].pool.close()


@pytest.mark.parametrize("page", PAGES)
def test_the_first_app_of_a_page_sends_and_reads(client: FlaskClient) -> None:
    assert client.post("/invite").json["accepted"] == ["ann@example.com"]  # type: ignore[index]
    assert client.get("/inbox").json[0]["subject"] == "会议"  # type: ignore[index]
    if any(rule.rule == "/old-inbox" for rule in client.application.url_map.iter_rules()):
        assert client.get("/old-inbox").json == ["会议"]


@pytest.mark.parametrize("page", WITH_ANSWERS)
def test_the_answer_that_a_page_shows_is_the_real_one(page: str, client: FlaskClient) -> None:
    (shown,) = blocks(page, "json")

    assert client.post("/invite").json == json.loads(shown.text)


@pytest.mark.parametrize("page", WITH_REFUSALS)
def test_there_is_advice_for_every_refusal_that_a_page_names(page: str) -> None:
    providers = [shipped().get(name) for name in ("163", "qq")]
    named = re.findall(r"^\| `([^`]+)` \|", (ROOT / page).read_text("utf-8"), re.MULTILINE)

    assert named
    for words in named:
        assert any(advise(each, words, provider=by) for each in ("smtp", "imap") for by in providers), words
