"""The page of the configuration tells every key, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from flask_mailbox.config.schema import ACCOUNT_KEYS
from flask_mailbox.config.settings import APP_KEYS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/configuration.md").read_text("utf-8")
TERM = re.compile(r"^(`[A-Z0-9_]+`(?:, `[A-Z0-9_]+`)*) \((.+)\)\n: (.+)$", re.MULTILINE)
ROW = re.compile(r"^\| (`MAIL_[A-Z_]+`(?:, `MAIL_[A-Z_]+`)*) \|", re.MULTILINE)


def names(text: str) -> set[str]:
    return set(re.findall(r"[A-Z][A-Z0-9_]+", text))


def test_every_key_of_ours_is_told_with_its_type_and_no_other() -> None:
    told = set().union(*(names(found[1]) for found in TERM.finditer(PAGE)))

    assert told == {key.upper() for key in ACCOUNT_KEYS} | {f"MAILBOX_{key.upper()}" for key in APP_KEYS}


def test_every_key_of_flask_mail_that_is_read_is_told() -> None:
    told = set().union(*(names(found[1]) for found in ROW.finditer(PAGE)))
    sources = [ROOT / "flask_mailbox" / name for name in ("config/flaskmail.py", "smtp/flaskmail.py")]
    read = {key for source in sources for key in re.findall(r'"(MAIL_[A-Z_]+)"', source.read_text("utf-8"))}

    assert read <= told
    assert told <= read | {"MAIL_DEBUG"}
