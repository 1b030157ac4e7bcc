"""``make demo``: what it starts, writes, prints, and leaves behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the example app alone, as a stranger's clone has it."""
    shutil.copytree(ROOT / "example_app", tmp_path / "example_app", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.fixture
def demo(checkout: Path) -> Iterator[subprocess.Popen[str]]:
    """The running demo."""
    with subprocess.Popen(
        [sys.executable, "-m", "example_app"],
        cwd=checkout,
        env=os.environ | {"PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        if process.poll() is None:
            process.kill()


def printed_until(process: subprocess.Popen[str], word: str) -> str:
    assert process.stdout is not None
    text = ""
    for _ in range(40):
        line = process.stdout.readline()
        text += line
        if word in line or not line:
            break
    return text


def doctor(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flask", "--app", "example_app", "mailbox", "doctor", *arguments]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_tells_where_to_go_and_cleans_up(
    demo: subprocess.Popen[str], checkout: Path, number: signal.Signals
) -> None:
    text = printed_until(demo, "Ctrl-C")
    file = checkout / "instance" / "demo.toml"
    mode = stat.S_IMODE(file.stat().st_mode)
    demo.send_signal(number)
    code = demo.wait(15)

    assert "http://127.0.0.1:" in text
    assert "ann@demo.test   password: ann-demo" in text
    assert mode == 0o600
    assert code == 0
    assert not file.exists()


def test_the_doctor_beside_the_demo_finds_every_leg_well(demo: subprocess.Popen[str], checkout: Path) -> None:
    printed_until(demo, "Ctrl-C")
    result = doctor(checkout, "--send", "--json")
    demo.send_signal(signal.SIGINT)
    demo.wait(15)

    report = json.loads(result.stdout)
    assert result.returncode == 0
    assert report["ok"]
    assert {step["leg"] for step in report["steps"] if step["name"] == "receive"} == {"imap", "pop3"}


def test_without_the_demo_the_doctor_says_to_run_it(checkout: Path) -> None:
    result = doctor(checkout)

    assert result.returncode == 1
    assert "make demo" in result.stderr


def test_a_file_that_a_killed_demo_left_is_not_believed(checkout: Path) -> None:
    (checkout / "instance").mkdir()
    (checkout / "instance" / "demo.toml").write_text(
        'address = "ann@demo.test"\npassword = "x"\nimap = "imaps://localhost:9"\nsmtp = "smtps://localhost:9"\n'
        'pop3 = "pop3s://localhost:9"\nca_file = "/nothing"\n'
    )

    assert "make demo" in doctor(checkout).stderr
