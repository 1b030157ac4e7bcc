"""The demo's mail server: its accounts, its first messages, and the file by which the app finds it."""

from __future__ import annotations

import os
import socket
import tomllib
from pathlib import Path
from typing import Any

from flask import Flask

ACCOUNTS = {"ann@demo.test": "ann-demo", "bob@demo.test": "bob-demo"}
FILE = "demo.toml"


def write_file(config: dict[str, Any]) -> Path:
    """Write the settings of the running server where ``create_app`` looks for them, readable by its owner only."""
    path = Path(Flask(__package__ or "").instance_path) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    keys = ("ADDRESS", "PASSWORD", "SMTP", "IMAP", "POP3", "CA_FILE")
    lines = [f"{key.lower()} = {_quoted(str(config[f'MAILBOX_{key}']))}" for key in keys]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path


def load_account_into(app: Flask) -> bool:
    """Configure the account ``demo`` if the demo's server runs, and say whether it does.

    It is the default account unless the app has another.
    """
    values = _read(Path(app.instance_path) / FILE)
    if values is None or not _answers(values):
        return False
    accounts = dict(app.config.get("MAILBOX_ACCOUNTS") or {})
    app.config["MAILBOX_ACCOUNTS"] = accounts | {"demo": values}
    if not any(app.config.get(key) for key in ("MAILBOX_ADDRESS", "MAILBOX_PROVIDER", "MAILBOX_DEFAULT_ACCOUNT")):
        app.config["MAILBOX_DEFAULT_ACCOUNT"] = "demo"
    return True


def _read(path: Path) -> dict[str, str] | None:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _answers(values: dict[str, str]) -> bool:
    """Say whether the server of the file is still there."""
    port = int(values["imap"].rpartition(":")[2])
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return True
    except OSError:
        return False


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
