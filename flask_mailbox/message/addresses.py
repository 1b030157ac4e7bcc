"""E-mail addresses: one value for the whole package, and the strict reading of what shall be sent to."""

from __future__ import annotations

import functools
import ipaddress
import re
from dataclasses import dataclass
from encodings.idna import nameprep

from ..errors import AddressError, UnsafeValueError
from ..guard import guard, one_line

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_LOCAL = re.compile(rf'(?:{_ATOM}(?:\.{_ATOM})*|"(?:[ !#-\[\]-~]|\\[ -~])*")\Z')
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\Z")
_ANGLE = re.compile(r'(?P<name>"(?:[^"\\]|\\.)*"\s*|[^<>]*)<(?P<address>[^<>]*)>\Z')
_DOTS = re.compile("[.\u3002\uff0e\uff61]")  # those that RFC 3490, 3.1 takes for a dot
_LATER_LETTERS = re.compile("([ßς])")  # letters of their own since RFC 5892; the older rules make ss and σ of them

_REMEMBERED = 320  # characters: longer texts are read anew each time


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox of RFC 5322, 3.4: a display name and an address.

    :param name: The display name, decoded, one line; empty if there is none.
    :param address: ``local@domain`` as written in the message; empty if the header held a name alone.
    """

    name: str
    address: str

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only servers with SMTPUTF8 take it: there are other letters than ASCII before the @ (RFC 6531)."""
        return not self.address.isascii()

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


def parse_mailbox(value: str | tuple[str, str] | Address, *, field: str | None = None) -> Address:
    """Return the one mailbox that a value names (RFC 5321, 4.1.2), its domain in ASCII (RFC 5891).

    Lists, groups and comments are refused: what is shown is what is sent to.

    :param value: ``local@domain``, ``Name <local@domain>``, or a pair of name and address.
    :param field: Where the value stands, for the error.
    :raises AddressError: If it is not exactly one address, or carries a line break.
    """
    if isinstance(value, Address):
        return _checked_parts(value.name, value.address, field)
    if isinstance(value, tuple):
        if len(value) != 2:
            raise AddressError("A recipient given as a tuple is a pair of name and address.", field=field)
        name, address = value
        return _checked_parts(str(name or ""), str(address or ""), field)
    text = str(value)
    return _read(text, field) if len(text) <= _REMEMBERED else _read.__wrapped__(text, field)


@functools.lru_cache(maxsize=4096)
def _read(text: str, field: str | None) -> Address:
    """Return the mailbox that a text names; apps write to the same people again and again."""
    return _checked_parts(*_split(_guarded(text, field)), field)


def _checked_parts(name: str, address: str, field: str | None) -> Address:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise AddressError("The name of an address contains characters that are no text.", field=field) from None
    return Address(_guarded(name, field).strip(), _checked(_guarded(address, field).strip(), field))


def _guarded(value: str, field: str | None) -> str:
    try:
        return guard(value, "address")
    except UnsafeValueError as error:
        raise AddressError(str(error), field=field) from error


def _split(text: str) -> tuple[str, str]:
    """Return name and address of ``Name <address>``; without angle brackets all is address."""
    found = _ANGLE.match(text.strip())
    if found is None:
        return "", text
    name = found["name"].strip()
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return name, found["address"]


def _checked(address: str, field: str | None) -> str:
    """Return an address with its domain in ASCII."""
    local, at, domain = address.rpartition("@")
    shown = one_line(address, 100)
    if not at or not local or not domain:
        raise AddressError(f"'{shown}' is no e-mail address: write local@domain.", field=field)
    if not address.isprintable():
        raise AddressError(f"'{shown}' contains characters that cannot be seen, or are no text.", field=field)
    if not _LOCAL.match(local) or len(local.encode()) > 64:
        raise AddressError(f"'{shown}' is no e-mail address: what stands before the @ is not allowed.", field=field)
    ascii_domain = _ascii_domain(domain)
    if ascii_domain is None:
        raise AddressError(f"'{shown}' is no e-mail address: what stands behind the @ is no host name.", field=field)
    return f"{local}@{ascii_domain}"


def _ascii_domain(domain: str) -> str | None:
    """Return a domain in ASCII, or ``None`` if it is none."""
    if domain.startswith("["):
        return domain if _is_literal(domain) else None
    if len(domain) > 255:
        return None
    try:
        labels = [label if label.isascii() else _ascii_label(label) for label in _DOTS.split(domain)]
    except UnicodeError:
        return None
    if not all(_LABEL.match(label) and len(label) < 64 for label in labels):
        return None
    ascii_domain = ".".join(labels)
    return ascii_domain if len(ascii_domain) <= 255 else None


def _ascii_label(label: str) -> str:
    lowered = label.lower()
    if not _LATER_LETTERS.search(lowered):
        return label.encode("idna").decode()
    pieces = _LATER_LETTERS.split(lowered)
    prepared = "".join(piece if number % 2 else nameprep(piece) for number, piece in enumerate(pieces))
    return f"xn--{prepared.encode('punycode').decode()}"


def _is_literal(domain: str) -> bool:
    """Tell whether a domain is the number of a host in brackets (RFC 5321, 4.1.3)."""
    number = domain.removeprefix("[").removesuffix("]")
    if len(number) != len(domain) - 2 or "%" in number:
        return False
    try:
        if number.lower().startswith("ipv6:"):
            ipaddress.IPv6Address(number[5:])
        else:
            ipaddress.IPv4Address(number)
    except ValueError:
        return False
    return True
