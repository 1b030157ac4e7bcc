"""The configuration files of ``config/``, with folders, ports and domain of one test run filled in.

The files read as an administrator would install them. Here their paths move below the temporary folder.
"""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

CONFIG = Path(__file__).parent / "config"
DOMAIN = "mail.test"
SYSTEM_PATH = re.compile(r"(?<![\w.])/(?=(?:etc|var|run)/)")
LISTENER = re.compile(r"^(smtp|submission|submissions)(?=\s+inet\b)", re.MULTILINE)


def installed(name: str, folder: Path, *, domain: str = DOMAIN) -> str:
    """Return a production file whose paths lie below the folder, for the given domain."""
    text = (CONFIG / name).read_text(encoding="utf-8")
    return SYSTEM_PATH.sub(f"{folder}/", text).replace(DOMAIN, domain)


def filled(name: str, /, **values: object) -> str:
    """Return an addition of the tests with its ``${names}`` filled in."""
    return Template((CONFIG / name).read_text(encoding="utf-8")).substitute(values)


def with_ports(services: str, ports: dict[str, int]) -> str:
    """Return a ``master.cf`` whose listeners stand on loopback ports instead of the well-known ones."""
    return LISTENER.sub(lambda match: f"127.0.0.1:{ports[match[1]]}", services)
