"""The first sample of the documentation, blueprints included, as a web app over the embedded and the real servers."""

from __future__ import annotations

from flask import Flask, request

from flask_mailbox import Account, Mailbox, Message

from .server import ContractServer


def sample_app(config: dict[str, object]) -> Flask:
    host = Flask("sample")
    host.config.update(config)
    mailbox = Mailbox(host)

    def may_read(operation: str, account: Account) -> bool:
        return operation.startswith(("imap.", "pop3."))

    def may_send(operation: str, account: Account) -> bool:
        return operation == "smtp.messages.send"

    @host.post("/invite")
    def invite() -> dict[str, object]:
        message = Message("Welcome", recipients=[request.form["to"]], body="Hello", html="<p>Hello</p>")
        receipt = mailbox.send(message)
        return {"accepted": receipt.accepted, "refused": list(receipt.refused)}

    @host.get("/inbox")
    def inbox() -> list[dict[str, object]]:
        with mailbox.imap() as imap:
            page = imap.folder("INBOX").page(limit=50)
            return [{"uid": s.uid, "subject": s.subject, "from": ", ".join(map(str, s.from_))} for s in page]

    @host.get("/old-inbox")
    def old_inbox() -> list[str]:
        with mailbox.pop3() as pop3:
            return [pop3.top(entry.uidl).subject for entry in pop3.entries()[-10:]]

    host.register_blueprint(mailbox.imap_blueprint(authorize=may_read), url_prefix="/api/imap")
    host.register_blueprint(mailbox.pop3_blueprint(authorize=may_read), url_prefix="/api/pop3")
    host.register_blueprint(mailbox.smtp_blueprint(authorize=may_send), url_prefix="/api/smtp")
    return host


def test_the_sample_runs(server: ContractServer, security: str) -> None:
    address, _ = server.new_user()
    host = sample_app(server.config(address, security))
    client = host.test_client()

    invited = client.post("/invite", data={"to": address}).json
    server.arrived(address)
    sent = client.post("/api/smtp/messages", json={"to": [{"address": address}], "subject": "你好", "text": "x"}).json
    server.arrived(address, 2)
    listed = client.get("/inbox").json
    old = client.get("/old-inbox").json
    folders = client.get("/api/imap/folders").json
    entries = client.get("/api/pop3/entries").json

    assert invited == {"accepted": [address], "refused": []}
    assert sent["accepted"] == [address]
    assert [row["subject"] for row in listed] == ["你好", "Welcome"]
    assert listed[0]["from"] == address
    assert old == ["Welcome", "你好"]
    assert {folder["path"]: folder["messages"] for folder in folders}["INBOX"] == 2
    assert len(entries) == 2
    with host.app_context():
        host.extensions["mailbox"].pool.close()
