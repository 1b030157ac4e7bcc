"""One e-mail address with its display name, as the whole package passes it around."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox of RFC 5322, 3.4: a display name and an address.

    :param name: The display name, decoded, one line; empty if there is none.
    :param address: ``local@domain`` as written in the message; empty if the header held a name alone.
    """

    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address
