"""Guessing the charset of undeclared text, by chardet where the extra ``charset`` is installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import ConfigurationError

chardet: Any
try:
    chardet = import_module("chardet")
except ImportError:
    chardet = None

_SAMPLE = 64 * 1024


def detect_charset(data: bytes) -> str | None:
    """Guess a charset from the first 64 KiB; give it as ``parse_message(raw, detect=detect_charset)``.

    :raises ConfigurationError: If chardet is not installed.
    """
    if chardet is None:
        raise ConfigurationError("Detecting charsets needs chardet: pip install 'flask-mailbox[charset]'")
    guess: str | None = chardet.detect(data[:_SAMPLE])["encoding"]
    return guess
