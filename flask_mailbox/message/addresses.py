"""E-mail addresses: one value for the whole package, and the strict reading of what shall be sent to."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from ..errors import AddressError, UnsafeValueError
from ..guard import guard, one_line

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_LOCAL = re.compile(rf'(?:{_ATOM}(?:\.{_ATOM})*|"(?:[ !#-\[\]-~]|\\[ -~])*")\Z')
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\Z")
_LITERAL = re.compile(r"\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9A-Fa-f:.]+)\]\Z")
_ANGLE = re.compile(r'(?P<name>"(?:[^"\\]|\\.)*"|[^<>]*?)\s*<(?P<address>[^<>]*)>\Z')


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


def parse_mailbox(value: str | tuple[str, str] | Address, *, field: str | None = None) -> Address:
    """Return the one mailbox that a value names (RFC 5321, 4.1.2), its domain in ASCII (RFC 5891).

    Lists, groups and comments are refused: what is shown is what is sent to.

    :param value: ``local@domain``, ``Name <local@domain>``, or a pair of name and address.
    :param field: Where the value stands, for the error.
    :raises AddressError: If it is not exactly one address, or carries a line break.
    """
    try:
        name, address = (guard(part, "address") for part in _parts(value))
    except UnsafeValueError as error:
        raise AddressError(str(error), field=field) from error
    return Address(name.strip(), _checked(address.strip(), field))


def _parts(value: str | tuple[str, str] | Address) -> tuple[str, str]:
    """Return name and address of a value in any of its forms."""
    if isinstance(value, Address):
        return value.name, value.address
    if isinstance(value, tuple):
        name, address = value
        return str(name or ""), str(address or "")
    return _split(guard(str(value), "address"))


def _split(text: str) -> tuple[str, str]:
    """Return name and address of ``Name <address>``; without angle brackets all is address."""
    found = _ANGLE.match(text.strip())
    if found is None:
        return "", text
    name = found["name"].strip()
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return name, found["address"]


@functools.lru_cache(maxsize=4096)
def _checked(address: str, field: str | None) -> str:
    """Return an address with its domain in ASCII; apps write to the same people again and again."""
    local, at, domain = address.rpartition("@")
    shown = one_line(address, 100)
    if not at or not local or not domain:
        raise AddressError(f"'{shown}' is no e-mail address: write local@domain.", field=field)
    if not _LOCAL.match(local) or len(local.encode("utf-8", "replace")) > 64:
        raise AddressError(f"'{shown}' is no e-mail address: what stands before the @ is not allowed.", field=field)
    try:
        local.encode()
    except UnicodeEncodeError:
        raise AddressError(f"'{shown}' contains characters that are no text.", field=field) from None
    return f"{local}@{_ascii_domain(domain, shown, field)}"


def _ascii_domain(domain: str, shown: str, field: str | None) -> str:
    if _LITERAL.match(domain):
        return domain
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        ascii_domain = ""
    labels = ascii_domain.split(".")
    if len(ascii_domain) > 255 or not all(_LABEL.match(label) and len(label) < 64 for label in labels):
        raise AddressError(f"'{shown}' is no e-mail address: what stands behind the @ is no host name.", field=field)
    return ascii_domain
