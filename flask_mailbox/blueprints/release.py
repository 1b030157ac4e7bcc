"""Which software makes the answers: told by the OpenAPI documents, and part of every ETag."""

from __future__ import annotations

from importlib.metadata import version

VERSION = "0.1.0"

MADE_BY = f"{VERSION} nh3 {version('nh3')}"
"""What was made of a message by other software than this may look another way: it is not kept."""
