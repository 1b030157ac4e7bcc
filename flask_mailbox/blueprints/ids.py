"""Ids that go into a URL: folders and uidls by their name in base64url, messages by uidvalidity and uid."""

from __future__ import annotations

import base64
import binascii
import re

from werkzeug.exceptions import NotFound

_MESSAGE = re.compile(r"([0-9]{1,10})-([0-9]{1,10})", re.ASCII)


def name_id(name: str) -> str:
    """Return the id of a folder's path or a uidl, safe in any URL."""
    return base64.urlsafe_b64encode(name.encode("utf-8", "surrogateescape")).decode().rstrip("=")


def name_of(identifier: str) -> str:
    """Return the name behind an id.

    :raises NotFound: If it is no id of ours.
    """
    try:
        padded = identifier + "=" * (-len(identifier) % 4)
        name = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        name = ""
    if not name or name_id(name) != identifier or re.search(r"[\r\n\0]", name):
        raise NotFound("There is nothing under this id.")
    return name


def message_id(uidvalidity: int, uid: int) -> str:
    """Return the id of a message in its folder."""
    return f"{uidvalidity}-{uid}"


def message_of(identifier: str) -> tuple[int, int]:
    """Return uidvalidity and uid of a message's id.

    :raises NotFound: If it is no id of ours.
    """
    found = _MESSAGE.fullmatch(identifier)
    if found is None:
        raise NotFound("There is nothing under this id.")
    return int(found[1]), int(found[2])
