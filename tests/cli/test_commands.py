"""``flask mailbox`` as a person and as a program use it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import FlaskGroup

from flask_mailbox import Mailbox
from flask_mailbox.devserver import MailServer

Run = Callable[..., Result]
Deliver = Callable[..., int]


def flask_command(host: Flask, *arguments: str, stdin: str | None = None) -> Result:
    """Run ``flask mailbox …`` for an app, found through the package's entry point."""
    return CliRunner().invoke(FlaskGroup(create_app=lambda: host), ["mailbox", *arguments], input=stdin)


@pytest.fixture
def run(mailserver: MailServer) -> Run:
    """Run a command of an app with Ann's mailbox; keyword arguments change its configuration."""

    def invoke(*arguments: str, stdin: str | None = None, **config: object) -> Result:
        host = Flask("host")
        host.config.update(
            mailserver.config("ann@demo.test") | {"MAILBOX_READ_TIMEOUT": 1, "MAILBOX_OPERATION_TIMEOUT": 2} | config
        )
        mailbox = Mailbox(host)
        try:
            return flask_command(host, *arguments, stdin=stdin)
        finally:
            with host.app_context():
                mailbox.state.pool.close()

    return invoke


def test_doctor_finds_all_well_and_its_own_message_again(run: Run) -> None:
    result = run("doctor", "--send", "--json")
    report = json.loads(result.output)

    assert result.exit_code == 0
    assert report["ok"]
    assert [(step["leg"], step["name"]) for step in report["steps"] if step["name"] in ("send", "receive")] == [
        ("smtp", "send"),
        ("imap", "receive"),
        ("pop3", "receive"),
    ]
    assert all(step["ok"] and step["seconds"] >= 0 for step in report["steps"])


def test_doctor_prints_each_step_with_its_time(run: Run) -> None:
    result = run("doctor")

    assert result.exit_code == 0
    assert "✓ smtp tls" in result.output
    assert "TLSv1.3, certificate verified" in result.output
    assert " ms " in result.output
    assert result.output.endswith("All is well.\n")


TROUBLES: dict[str, tuple[dict[str, object], dict[str, Any], str, str]] = {
    "wrong password": ({"MAILBOX_PASSWORD": "S3cr3t"}, {}, "login", "Check the user name and the password."),
    "unknown host": ({"MAILBOX_SMTP": "smtps://no-such-host.invalid"}, {}, "resolve", "Check its spelling"),
    "closed port": ({"MAILBOX_SMTP": "smtps://localhost:1"}, {}, "connect", "Check host and port"),
    "expired certificate": ({}, {"certificate": "expired"}, "tls", "has expired"),
    "self-signed certificate": ({}, {"certificate": "self-signed"}, "tls", "MAILBOX_CA_FILE"),
    "another name": ({}, {"certificate": "other-name"}, "tls", "another host name"),
    "unknown authority": ({}, {"certificate": "unknown-ca"}, "tls", "MAILBOX_CA_FILE"),
    "silence": ({}, {"stall": "GREETING"}, "connect", ""),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_doctor_names_the_step_that_fails_and_what_to_do(run: Run, mailserver: MailServer, trouble: str) -> None:
    config, fault, step, hint = TROUBLES[trouble]
    if fault:
        mailserver.faults.set("smtp", **fault)

    result = run("doctor", "--json", **config)
    failed = [each for each in json.loads(result.output)["steps"] if each["ok"] is False and each["leg"] == "smtp"]

    assert result.exit_code == 1
    assert [each["name"] for each in failed] == [step]
    assert hint in failed[0]["hint"]
    assert "S3cr3t" not in result.output


def test_one_failing_leg_does_not_keep_the_others_from_being_tested(run: Run, mailserver: MailServer) -> None:
    mailserver.faults.set("imap", drop_before="CONNECT")
    steps = json.loads(run("doctor", "--json").output)["steps"]

    assert {step["leg"] for step in steps if step["ok"]} >= {"smtp", "pop3"}


def test_folders_are_listed_with_roles_and_counts(run: Run, deliver: Deliver) -> None:
    deliver()
    result = run("folders")

    assert result.exit_code == 0
    assert "Sent     sent" in result.output


def test_ls_lists_the_newest_first_in_aligned_columns(run: Run, deliver: Deliver) -> None:
    deliver(subject="会议纪要")
    deliver(subject="\x1b[2Jnasty")
    text = run("ls").output
    rows = json.loads(run("ls", "--json").output)

    assert [row["subject"] for row in rows] == [rows[0]["subject"], "会议纪要"]
    assert "\x1b[2J" not in text
    assert "会议纪要" in text


def test_ls_over_pop3_shows_the_names_that_show_takes(run: Run, deliver: Deliver) -> None:
    deliver(subject="by pop3", body="body over pop3")
    (row,) = json.loads(run("ls", "--pop3", "--json").output)

    assert "body over pop3" in run("show", "--pop3", row["uidl"]).output


def test_show_prints_a_message_or_its_bytes(run: Run, deliver: Deliver, mailserver: MailServer) -> None:
    uid = deliver(subject="hello", body="the text", attachments=[("a.bin", b"12345")])
    shown = run("show", str(uid)).output
    raw = run("show", str(uid), "--raw")
    values = json.loads(run("show", str(uid), "--json").output)

    assert "the text" in shown
    assert "a.bin (application/octet-stream, 5 bytes)" in shown
    assert raw.stdout_bytes == mailserver.messages("ann@demo.test")[0]
    assert values["attachments"][0]["size"] == 5


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["show", "999"], "no message"),
        (["show", "abc"], "is no uid"),
        (["ls", "--folder", "No such folder"], "no such folder"),
        (["ls", "--account", "other"], "No account 'other'"),
        (["providers", "gmial"], "Did you mean 'gmail'?"),
        (["providers", "me@no-preset.example"], "No preset knows the domain 'no-preset.example'"),
    ],
)
def test_errors_say_what_is_wrong_and_exit_with_1(run: Run, arguments: list[str], text: str) -> None:
    result = run(*arguments)
    as_json = run(*arguments, "--json")

    assert result.exit_code == as_json.exit_code == 1
    assert text.lower() in result.output.lower()
    assert json.loads(as_json.output)["error"]["text"]
    assert "Traceback" not in result.output


def test_send_takes_text_files_and_standard_input(run: Run, mailserver: MailServer, tmp_path: Path) -> None:
    file = tmp_path / "报告.txt"
    file.write_text("content", "utf-8")

    result = run("send", "--to", "bob@demo.test", "-s", "你好", "--attach", str(file), stdin="from standard input\n")

    assert result.exit_code == 0
    assert "✓ bob@demo.test" in result.output
    assert b"from standard input" in mailserver.messages("bob@demo.test")[0]


def test_send_tells_who_was_refused_and_exits_with_1(run: Run) -> None:
    result = run("send", "--to", "bob@demo.test", "--to", "nobody@demo.test", "-b", "x")

    assert result.exit_code == 1
    assert "✓ bob@demo.test" in result.output
    assert "✗ nobody@demo.test: 550" in result.output


def test_providers_are_listed_and_shown_with_what_to_switch_on(run: Run) -> None:
    listed, shown, by_address = run("providers"), run("providers", "163"), run("providers", "me@qq.com", "--json")

    assert "NetEase 163.com" in listed.output
    assert "imap.163.com:993 (tls)" in shown.output
    assert "authorization code" in shown.output
    assert json.loads(by_address.output)["id"] == "qq"


def test_a_provider_is_shown_in_the_language_of_the_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = run("providers", "exmail", "--language", "zh")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    by_terminal = run("providers", "exmail")

    assert "sign in with: 客户端专用密码" in asked.output
    assert asked.output == by_terminal.output


def test_an_app_without_a_mailbox_is_told_so() -> None:
    result = flask_command(Flask("bare"), "ls")

    assert result.exit_code == 1
    assert "call Mailbox(app)" in result.output


def test_a_dev_server_of_an_unknown_profile_says_which_there_are(run: Run) -> None:
    result = run("dev-server", "--profile", "coremial")

    assert result.exit_code != 0
    assert "Did you mean 'coremail'?" in result.output


def test_the_dev_server_runs_until_it_is_interrupted(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n")
    command = [sys.executable, "-m", "flask", "--app", "app", "mailbox", "dev-server"]
    command += ["--user", "me@demo.test=pw", "--profile", "163"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        printed = [process.stdout.readline() for _ in range(9)]
        process.send_signal(signal.SIGINT)
        code = process.wait(10)

    assert "export FLASK_MAILBOX_ADDRESS='me@demo.test'" in "".join(printed)
    assert "export FLASK_MAIL_SUPPRESS_SEND='false'" in "".join(printed)
    assert code == 0
