"""The users of the test servers: one table, written before the servers start, handed out one by one.

Both servers read their tables when they start, as they do in production; so a fresh user is one that has
been there from the beginning and that no test has had before.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

DOMAINS = ("mail.test", "other.test")
FRESH = 1000
KNOWN = {
    "ann@mail.test": "ann's secret",
    "bob@mail.test": "bob's secret",
    "王小明@mail.test": "密码 of 小明",
    "carol@other.test": "carol's secret",
}
ALIASES = {
    "postmaster@mail.test": "ann@mail.test",
    "abuse@mail.test": "ann@mail.test",
    "info@mail.test": "ann@mail.test",
    "postmaster@other.test": "carol@other.test",
}


@dataclass(frozen=True)
class People:
    """Addresses with their passwords, and how many were handed out."""

    passwords: dict[str, str]
    _numbers: dict[str, Iterator[int]] = field(
        default_factory=lambda: {domain: itertools.count() for domain in DOMAINS}, repr=False
    )

    def fresh(self, domain: str) -> tuple[str, str]:
        """Return an address nobody has used yet, with its password.

        :raises LookupError: If all are used up.
        """
        number = next(self._numbers[domain])
        if number >= FRESH:
            raise LookupError(f"All {FRESH} users of {domain} are used up: raise FRESH.")
        address = f"user{number}@{domain}"
        return address, self.passwords[address]


def invited() -> People:
    """Return the well-known people and the fresh ones of both domains."""
    fresh = {f"user{number}@{domain}": f"secret-{number}" for domain in DOMAINS for number in range(FRESH)}
    return People(KNOWN | fresh)


def write_dovecot_users(people: People, file: Path) -> None:
    """Write Dovecot's passwd-file."""
    lines = (f"{address}:{{PLAIN}}{password}::::::\n" for address, password in people.passwords.items())
    file.write_text("".join(lines), encoding="utf-8")


def write_postfix_tables(people: People, folder: Path) -> None:
    """Write Postfix's tables: mailboxes and aliases, each address beside the login that owns it."""
    own = {address: address for address in people.passwords}
    for name, table in (("mailboxes", own), ("aliases", ALIASES)):
        lines = "".join(f"{address} {login}\n" for address, login in table.items())
        (folder / name).write_text(lines, encoding="utf-8")
