"""What the tests of the profiles share."""

from __future__ import annotations

import pytest

from flask_mailbox.services import sent


@pytest.fixture(autouse=True)
def brief_looks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for copies of sent mail as often as ever, but in a twentieth of the time, except where that is tested."""
    if not request.module.__name__.endswith("test_sent_copies"):
        brief = {name: tuple(seconds / 20 for seconds in looks) for name, looks in sent.LOOKS.items()}
        monkeypatch.setattr(sent, "LOOKS", brief)
