"""The dots that POP3 doubles at line starts, made single again while a message streams by (RFC 1939, 3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_STUFFED = b"\r\n.."


def single_dots(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a message's bytes with single dots, whatever the pieces are that it comes in."""
    held = b"\r\n"  # as if a line had ended before the first; it is taken off again
    begun = False
    for piece in pieces:
        data = held + piece
        keep = next((size for size in (3, 2, 1) if data.endswith(_STUFFED[:size])), 0)
        ready, held = data[: len(data) - keep], data[len(data) - keep :]
        ready = ready.replace(_STUFFED, _STUFFED[:3])
        if not begun and len(ready) >= 2:
            ready, begun = ready[2:], True
        elif not begun:
            ready, held = b"", ready + held
        if ready:
            yield ready
    yield held if begun else held[2:]
