"""Sphinx configuration; warnings are errors (make docs)."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "flask-mailbox"
author = "The flask-mailbox authors"
copyright = "2026, the flask-mailbox authors"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "provider_page"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = "flask-mailbox"
html_static_path = ["_static"]

autodoc_typehints = "description"
autodoc_member_order = "bysource"

nitpicky = True
nitpick_ignore_regex = [("py:class", ".*")]  # the types of other projects, whose pages we do not fetch
