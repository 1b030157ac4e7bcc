"""What a folder is for: told by the server (RFC 6154, XLIST), or guessed from its name where it tells nothing."""

from __future__ import annotations

import functools
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from importlib.resources import files

_ONE_LETTER = str.maketrans({"ё": "е", "ı": "i", "\u0307": None})
"""Letters that people write in two ways: Russian's e with dots, the i without a dot, and the dot that is too many."""

ROLES = ("sent", "drafts", "trash", "junk", "archive", "all")

_ATTRIBUTES = {
    "\\sent": "sent",
    "\\drafts": "drafts",
    "\\trash": "trash",
    "\\junk": "junk",
    "\\spam": "junk",  # XLIST
    "\\archive": "archive",
    "\\all": "all",
    "\\allmail": "all",  # XLIST
}


def told_role(attributes: Iterable[str]) -> str | None:
    """Return the role that LIST attributes name, or ``None``."""
    return next((_ATTRIBUTES[name.lower()] for name in attributes if name.lower() in _ATTRIBUTES), None)


def guessed_role(path: str, delimiter: str | None) -> str | None:
    """Return the role that a name suggests: at the top, below INBOX, or below a ``[Gmail]`` of any name."""
    name = _last_part(path, delimiter)
    return _roles_by_name().get(_plain(name)) if name else None


def own_role(path: str, delimiter: str | None, names: Mapping[str, Iterable[str]]) -> str | None:
    """Return the role for which a provider has a folder of this name.

    :param names: What the provider calls its folders, by role.
    """
    meant = {_plain(path), _plain(_last_part(path, delimiter) or path)}
    return next((role for role in ROLES if meant & set(map(_plain, names.get(role, ())))), None)


def _last_part(path: str, delimiter: str | None) -> str | None:
    """Return the name of a folder that stands where folders of a role do, else ``None``."""
    parts = path.split(delimiter) if delimiter else [path]
    if len(parts) > 2 or (len(parts) == 2 and parts[0].upper() != "INBOX" and not parts[0].startswith("[")):
        return None
    return parts[-1]


def _plain(name: str) -> str:
    """Return a name as it is compared: in one case (Turkish has two more letters i) and one form of Unicode."""
    return unicodedata.normalize("NFC", name).casefold().translate(_ONE_LETTER)


@functools.cache
def _roles_by_name() -> dict[str, str]:
    """Return the role of every name that is known in any language, read once a process."""
    languages = tomllib.loads((files(__package__) / "rolenames.toml").read_text("utf-8"))
    return {_plain(name): role for names in languages.values() for role, known in names.items() for name in known}
