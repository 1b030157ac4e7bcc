"""Where the messages that others published lie, for tests that read them; a machine without them skips."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "corpora"


def corpora_root() -> Path:
    """Return the folder, or skip the test that asks for it."""
    root = Path(os.environ.get("MAILBOX_CORPORA") or _BESIDE)
    if not root.is_dir():
        pytest.skip(f"no message corpora at {root}; MAILBOX_CORPORA names another place")
    return root


def corpus_files(*names: str) -> list[Path]:
    """Return the messages of some corpora, or of all."""
    root = corpora_root()
    folders = [root / name for name in names] if names else sorted(root.iterdir())
    return [path for folder in folders for path in sorted(folder.glob("eml/**/*")) if path.is_file()]
