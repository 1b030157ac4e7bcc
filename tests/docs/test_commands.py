"""Every command that the documentation shows is run, or is one that exists and takes these options."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator

import pytest
from flask import Flask

from flask_mailbox import Mailbox
from flask_mailbox.cli import mailbox_cli
from flask_mailbox.devserver import MailServer

from .blocks import ROOT, Block, blocks, pages

CONSOLES = [block for page in pages() for block in blocks(page, "console")]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]

ENDLESS = {"dev-server", "watch"}
"""Commands of ours that run until Ctrl-C; their tests are with the others of the command line."""

EXPLAINED = {
    ".venv/bin/flask --app example_app": "wants a demo that runs: tests/example_app/test_demo.py",
    "cd ": "moves into a folder",
    "celery ": "a worker that does not end: tests/docs/test_celery.py starts it",
    "flask --app app run": "a server that does not end: tests/docs/test_first_apps.py drives the app",
    "flask --app webmail run": "a server that does not end: tests/docs/test_small_webmail.py drives the app",
    "flask --app wsgi run": "a server that does not end: tests/docs/test_celery.py drives the app",
    'python -c "import worker': "tests/docs/test_process_new_mail.py runs the worker",
    "git clone ": "fetches the project",
}
"""How commands begin that are not tried here, and why."""

AS_ROOT = {
    "docs/howto/deploy.md": "sets up a Debian machine; tests/deploy runs its files without that",
    "docs/howto/own-domain.md": "sets up a Debian machine; the tests run its configuration files without root",
}
"""Pages with commands for root (``#``), which no test may run."""


def commands(block: Block) -> Iterator[str]:
    """Yield what is typed at the prompts of a block, without the comments behind it."""
    for line in block.text.replace("\\\n", "").splitlines():
        if line.startswith("$ "):
            yield line.removeprefix("$ ")
        elif line.startswith("# "):
            assert block.page in AS_ROOT, f"{block}: run {line!r} in a test."


MAILBOXES = {"docs/howto/send-with-qq.md": ("qq", "10001@qq.com")}
"""Whose mailbox the commands of a page work with; elsewhere it is one at 163."""


@pytest.mark.parametrize("block", CONSOLES, ids=str)
def test_what_is_typed_works(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in commands(block):
        words = shlex.split(command, comments=True)
        if command.startswith(tuple(EXPLAINED)):
            continue
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", MAKEFILE, re.MULTILINE), f"{block}: no target {words[1]}"
        elif words[:2] == ["pip", "install"]:
            assert set(extras(words[-1])) <= EXTRAS.keys()
        elif words[0] == "export":
            for pair in words[1:]:
                monkeypatch.setenv(*pair.split("=", 1))
        elif words[:2] == ["python", "-c"]:
            assert subprocess.run([sys.executable, *words[1:]], check=False).returncode == 0
        elif words[0] == "flask" and "mailbox" in words:
            run_ours(words[words.index("mailbox") + 1 :], block)
        else:
            pytest.fail(f"{block}: run {command!r} in a test.")


def extras(requirement: str) -> list[str]:
    """Return the extras of ``flask-mailbox[one,two]``; none of a checkout, nor of what an extra of ours brings."""
    if requirement == "." or any(each.startswith(requirement) for needed in EXTRAS.values() for each in needed):
        return []
    found = re.fullmatch(r"flask-mailbox(?:\[([a-z,]+)\])?", requirement)
    assert found, f"{requirement} is not ours"
    return found[1].split(",") if found[1] else []


def run_ours(words: list[str], block: Block) -> None:
    """Run a command of ours for the page's mailbox; the password is a mistaken one where the page shows a failure."""
    name, *arguments = words
    if name in ENDLESS:
        mailbox_cli.commands[name].make_context(name, arguments)
        return
    fails = "✗" in block.text
    provider, address = MAILBOXES.get(block.page, ("163", "me@163.com"))
    app = Flask("shown")
    with MailServer({address: "the authorization code"}, profile=provider) as server:
        app.config.update(server.config(address), MAILBOX_PROVIDER=provider)
        app.config.from_prefixed_env()
        app.config.update({"MAILBOX_PASSWORD": "the login password"} if fails else {})
        Mailbox(app)
        result = app.test_cli_runner().invoke(mailbox_cli, words)

    assert result.exit_code == fails, f"{block}: {result.output}"
    assert steps(result.output) >= steps(block.text)
    assert all(advice in result.output for advice in re.findall(r"to do: (.+) …$", block.text, re.MULTILINE))


def steps(output: str) -> set[tuple[str, ...]]:
    """Return the steps of the doctor in an output: how each went, its leg and its name."""
    return set(re.findall(r"^([✓✗]) (\w+) (\w+)", output, re.MULTILINE))
