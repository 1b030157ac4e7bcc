"""The configuration that makes a user of the server an app's default account."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .mailstore import User

SECURITIES = ("tls", "starttls", "none")


def flask_settings(user: User, host: str, ports: Mapping[str, int], ca_file: Path, security: str) -> dict[str, Any]:
    """Return the keys for Flask's ``app.config``; sending is switched on, also under ``TESTING``.

    :raises ValueError: If there is no such security.
    """
    if security not in SECURITIES:
        raise ValueError(f"No security '{security}'. Use one of: {', '.join(SECURITIES)}.")
    settings: dict[str, Any] = {
        "MAILBOX_ADDRESS": user.address,
        "MAILBOX_PASSWORD": user.password,
        "MAILBOX_CA_FILE": str(ca_file),
        "MAIL_SUPPRESS_SEND": False,
    }
    name_of_host = "localhost" if host == "127.0.0.1" else f"[{host}]" if ":" in host else host
    for name in ("smtp", "imap", "pop3"):
        scheme = {"tls": f"{name}s", "starttls": f"{name}+starttls", "none": name}[security]
        port = ports[f"{name}s" if security == "tls" else name]
        settings[f"MAILBOX_{name.upper()}"] = f"{scheme}://{name_of_host}:{port}"
    return settings
