"""The page on the architecture draws the packages as import-linter holds them."""

from __future__ import annotations

import re
import tomllib

from .blocks import ROOT, blocks


def test_the_drawing_has_the_layers_that_are_held() -> None:
    (drawing,) = blocks("docs/explanation/architecture.md", "text")
    drawn = [re.split(r"\s{2,}", line)[0].split(", ") for line in drawing.text.splitlines()]
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (held,) = [each for each in configuration["tool"]["importlinter"]["contracts"] if each["type"] == "layers"]

    assert drawn == [layer.split(" | ") for layer in held["layers"]]
