"""The page of the configuration tells every key, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from flask_mailbox.config.schema import ACCOUNT_KEYS, DEFAULTS_FOR_ALL
from flask_mailbox.config.settings import APP_KEYS

PAGE = (Path(__file__).parents[2] / "docs/reference/configuration.md").read_text("utf-8")
ROW = re.compile(r"^\| `([A-Z0-9_]+)` \|(.*)\|$", re.MULTILINE)
TOLD = {found[1]: found[2].split(" | ") for found in ROW.finditer(PAGE)}


def test_every_key_of_an_account_is_told_and_no_other() -> None:
    told = {key for key in TOLD if not key.startswith("MAIL")}

    assert told == {key.upper() for key in ACCOUNT_KEYS}


def test_every_key_of_the_app_is_told_and_no_other() -> None:
    told = {key for key in TOLD if key.startswith("MAILBOX_")}

    assert told == {f"MAILBOX_{key.upper()}" for key in APP_KEYS}


def test_every_key_of_ours_has_type_default_meaning_and_example() -> None:
    rows = {key: cells for key, cells in TOLD.items() if not key.startswith("MAIL_")}

    assert [key for key, cells in rows.items() if len(cells) != 4 or not all(cell.strip() for cell in cells)] == []


def test_the_keys_that_count_for_all_accounts_are_told() -> None:
    (sentence,) = re.findall(r"^(.*) count for every account", PAGE, re.MULTILINE)

    assert set(re.findall(r"`MAILBOX_([A-Z0-9_]+)`", sentence)) == {key.upper() for key in DEFAULTS_FOR_ALL}


def test_every_key_of_flask_mail_that_is_read_is_told() -> None:
    sources = Path(__file__).parents[2] / "flask_mailbox"
    read = {
        key
        for name in ("config/flaskmail.py", "smtp/flaskmail.py")
        for key in re.findall(r'"(MAIL_[A-Z_]+)"', (sources / name).read_text("utf-8"))
    }

    assert read <= {key for key in TOLD if key.startswith("MAIL_")}
