"""Ids that go into a URL, bound to their account: used with another account's mailbox they lead to nothing."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import NoReturn

from werkzeug.exceptions import NotFound

from ..account import Account
from .release import MADE_BY

_SEAL_BYTES = 6
_MESSAGE = re.compile(r"([0-9]{1,10})-([0-9]{1,10})-([0-9a-f]{12})", re.ASCII)
_LARGEST = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Ids:
    """Makes and reads the ids of one account.

    A seal in each id says whose it is. It keeps accounts apart; it is no secret, and no proof of anything.

    :param owner: What tells the account from others.
    """

    owner: str

    @classmethod
    def of(cls, account: Account) -> Ids:
        """Return the ids of an account: of its address on its servers."""
        endpoints = (account.imap, account.pop3)
        hosts = sorted({endpoint.host.lower() for endpoint in endpoints if endpoint is not None})
        return cls(" ".join((account.address.lower(), *hosts)))

    def name(self, name: str) -> str:
        """Return the id of a folder's path or a uidl, safe in any URL."""
        text = name.encode("utf-8", "surrogateescape")
        return base64.urlsafe_b64encode(self._seal("name") + text).decode().rstrip("=")

    def name_of(self, identifier: str) -> str:
        """Return the name behind an id.

        :raises NotFound: If it is no id of this account.
        """
        try:
            padded = identifier + "=" * (-len(identifier) % 4)
            data = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
            name = data[_SEAL_BYTES:].decode("utf-8", "surrogateescape")
        except (binascii.Error, UnicodeError):
            _nothing()
        if not name or self.name(name) != identifier or re.search(r"[\r\n\0]", name):
            _nothing()
        return name

    def message(self, path: str, uidvalidity: int, uid: int) -> str:
        """Return the id of a message in its folder."""
        return f"{uidvalidity}-{uid}-{self._seal(path).hex()}"

    def message_of(self, path: str, identifier: str) -> tuple[int, int]:
        """Return uidvalidity and uid of a message's id.

        :raises NotFound: If it is no id of this account's folder.
        """
        found = _MESSAGE.fullmatch(identifier)
        if found is None or found[3] != self._seal(path).hex():
            _nothing()
        uidvalidity, uid = int(found[1]), int(found[2])
        if uidvalidity > _LARGEST or not 0 < uid <= _LARGEST:
            _nothing()
        return uidvalidity, uid

    def entity_tag(self, *parts: object) -> str:
        """Return an ETag for something of this account that never changes, but for the software that makes it."""
        text = "\0".join(map(str, (MADE_BY, self.owner, *parts)))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]

    def _seal(self, purpose: str) -> bytes:
        text = f"{self.owner}\0{purpose}".encode("utf-8", "surrogateescape")
        return hashlib.sha256(text).digest()[:_SEAL_BYTES]


def _nothing() -> NoReturn:
    raise NotFound("There is nothing under this id.")
