"""The pytest plugin, as a project that uses flask-mailbox meets it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]

USERS_TESTS = """
import imaplib, smtplib

import pytest
from flask import Flask
from flask_mail import Mail, Message


def test_deliver_makes_a_message(mailserver, deliver):
    uid = deliver(subject="你好", body="Hi", html="<p>Hi</p>", attachments=[("a.txt", b"x")], flags=["\\\\Seen"])
    assert uid == 1
    assert b"multipart/mixed" in mailserver.messages("ann@demo.test")[0]


def test_deliver_takes_raw_bytes(mailserver, deliver):
    deliver(b"Subject: raw\\r\\n\\r\\n", to="bob@demo.test", folder="Archive")
    assert mailserver.messages("bob@demo.test", "Archive") == [b"Subject: raw\\r\\n\\r\\n"]


def test_every_test_starts_empty(mailserver):
    assert mailserver.messages("ann@demo.test") == []
    assert mailserver.log == []


def test_both_users_sign_in(mailserver):
    for user in ("ann", "bob"):
        client = imaplib.IMAP4("127.0.0.1", mailserver.imap, timeout=5)
        client.login(f"{user}@demo.test", f"{user}-secret")
        client.logout()


def test_the_outbox_has_what_was_sent(mailbox_outbox):
    app = Flask(__name__)
    app.testing = True
    mail = Mail(app)
    with app.app_context():
        mail.send(Message("Hi", sender="ann@demo.test", recipients=["bob@demo.test"]))
    assert [message.subject for message in mailbox_outbox] == ["Hi"]


def test_the_configuration_switches_sending_on(mailserver):
    assert mailserver.config("ann@demo.test")["MAIL_SUPPRESS_SEND"] is False
"""

WITHOUT_THE_EXTRA = """
import sys
sys.modules["aiosmtpd"] = None
sys.modules["aiosmtpd.smtp"] = None


def test_it(mailserver):
    pass
"""


def run_pytest(folder: Path, tests: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_users.py").write_text(tests, encoding="utf-8")
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "flask_mailbox.testing", "-W", "error", "test_users.py"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_fixtures_serve_a_users_tests(tmp_path):
    result = run_pytest(tmp_path, USERS_TESTS)

    assert result.returncode == 0, result.stdout
    assert "6 passed" in result.stdout


def test_the_how_to_page_is_a_test_file_that_passes(tmp_path):
    page = (REPOSITORY / "docs/howto/test-your-app.md").read_text("utf-8")
    result = run_pytest(tmp_path, "\n\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL)))

    assert result.returncode == 0, result.stdout
    assert "5 passed" in result.stdout


def test_a_missing_extra_is_named(tmp_path):
    result = run_pytest(tmp_path, WITHOUT_THE_EXTRA)

    assert "pip install 'flask-mailbox[testing]'" in result.stdout
    assert "1 error" in result.stdout


def test_loading_the_plugin_does_not_load_the_server():
    code = "import sys, flask_mailbox.testing; print([m for m in ('aiosmtpd', 'cryptography') if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=True
    )

    assert result.stdout.strip() == "[]"
