"""What the authors of other parsers expect of their messages: equal, or listed in differences.toml with the reason."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flask_mailbox.message import Bounce, parse_message

from . import expectations
from .corpora import corpora_root, corpus_files

_LISTED = tomllib.loads((Path(__file__).parent / "differences.toml").read_text(encoding="utf-8"))
_CORPORA: dict[str, Callable[[Path], Iterator[expectations.Pair]]] = {
    "imap-tools": expectations.imap_tools,
    "stalwart-mail-parser": expectations.stalwart,
    "mime4j": expectations.mime4j,
    "libetpan": expectations.libetpan,
}


@pytest.mark.parametrize("corpus", _CORPORA)
def test_messages_read_as_their_authors_expect_but_for_the_listed_differences(corpus: str):
    files = [path for path in corpus_files(corpus) if corpus != "libetpan" or "_mbox_" in path.name]
    found = {
        f"{path.stem.split('__', 1)[1]}.{field}"
        for path in files
        for field, theirs, ours in _CORPORA[corpus](path)
        if theirs != ours
    }

    assert found == set(_LISTED[corpus])


def _status_is_right(expected: dict[str, str], bounces: tuple[Bounce, ...]) -> bool:
    """Compare with a status that the authors read, or with the class of one that they made up (x.0.9nn)."""
    status = expected["status"]
    made_up = status[1:4] == ".0." and len(status) == 7 and status[4] == "9"
    return any(bounce.status[0] == status[0] if made_up else bounce.status == status for bounce in bounces)


def test_bounces_have_the_right_status_in_nine_of_ten():
    root = corpora_root() / "sisimai"
    right, wrong = 0, []
    for name, entries in json.loads((root / "expected.json").read_text()).items():
        message = parse_message((root / "eml" / name).read_bytes())
        for expected in entries:
            if expected["reason"] == "feedback":
                assert message.complaint, name
            elif _status_is_right(expected, message.bounces):
                right += 1
            else:
                wrong.append(name.removeprefix("sisimai__maildir_bsd_").removesuffix(".eml"))

    assert set(wrong) == set(_LISTED["sisimai"])
    assert right / (right + len(wrong)) >= 0.9


def test_no_ordinary_message_of_the_corpora_is_called_a_bounce():
    reports = tuple(_LISTED["reports"]["files"])
    ordinary = [path for path in corpus_files() if "sisimai" not in path.parts and not path.stem.endswith(reports)]
    called = [path.name for path in ordinary if parse_message(path.read_bytes()).is_bounce]

    assert len(ordinary) > 400
    assert called == []


def test_every_report_of_the_corpora_is_called_a_bounce():
    reports = tuple(_LISTED["reports"]["files"])
    found = [path for path in corpus_files() if path.stem.endswith(reports)]

    assert len(found) >= len(reports)
    assert [path.name for path in found if not parse_message(path.read_bytes()).is_bounce] == []
