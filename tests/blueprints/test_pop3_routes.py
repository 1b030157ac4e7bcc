"""The routes over POP3 that the first tour leaves out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from flask_mailbox.devserver import MailServer

Deliver = Callable[..., int]


def test_what_is_new_is_told_by_the_last_that_was_seen(
    client_of_ann: FlaskClient, deliver: Deliver, mailserver: MailServer
) -> None:
    first_uid = deliver(subject="one")
    first: Any = client_of_ann.get("/api/pop3/new").json
    deliver(subject="two")
    since = first["entries"][-1]["id"]

    behind: Any = client_of_ann.get("/api/pop3/new", query_string={"since": since}).json
    mailserver.expunge("ann@demo.test", first_uid)
    lost: Any = client_of_ann.get("/api/pop3/new", query_string={"since": since}).json

    assert (first["since_found"], len(first["entries"])) == (True, 1)
    assert (behind["since_found"], [each["number"] for each in behind["entries"]]) == (True, [2])
    assert (lost["since_found"], len(lost["entries"])) == (False, 1)
    assert client_of_ann.get("/api/pop3/new?since=abc").status_code == 404


def test_text_html_and_attachments_are_read(client_of_ann: FlaskClient, deliver: Deliver) -> None:
    deliver(body="你好", html="<p>你好<script>x</script></p>", attachments=[("报告.html", b"<script>1</script>")])
    (entry,) = client_of_ann.get("/api/pop3/entries").json  # type: ignore[misc]
    url = f"/api/pop3/messages/{entry['id']}"

    text, html = client_of_ann.get(f"{url}/text"), client_of_ann.get(f"{url}/html")
    attachment = client_of_ann.get(f"{url}/attachments/0")

    assert text.text.strip() == "你好"
    assert "script" not in html.text
    assert "default-src 'none'" in html.headers["Content-Security-Policy"]
    assert (attachment.data, attachment.mimetype) == (b"<script>1</script>", "application/octet-stream")
    assert client_of_ann.get(f"{url}/attachments/1").status_code == 404
