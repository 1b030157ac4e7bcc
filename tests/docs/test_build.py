"""The documentation is built without a warning."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_sphinx_has_nothing_to_say(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)

    assert built.returncode == 0, built.stderr
    assert (tmp_path / "index.html").exists()


def test_the_readme_is_short_and_shows_the_two_commands_first() -> None:
    text = (ROOT / "README.md").read_text("utf-8")

    assert len(text.split()) <= 500
    assert text.index("make demo") < text.index("make test") < text.index("## ")
