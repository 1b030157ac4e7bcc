"""Guessing the charset of undeclared text, by chardet where the extra ``charset`` is installed."""

from __future__ import annotations

from ..errors import ConfigurationError

_SAMPLE = 64 * 1024


def detect_charset(data: bytes) -> str | None:
    """Guess a charset from the first 64 KiB; give it as ``parse_message(raw, detect=detect_charset)``.

    :raises ConfigurationError: If chardet is not installed.
    """
    try:
        import chardet  # with its tables it takes more memory than many a message
    except ImportError as error:
        raise ConfigurationError("Detecting charsets needs chardet: pip install 'flask-mailbox[charset]'") from error
    return chardet.detect(data[:_SAMPLE])["encoding"]
