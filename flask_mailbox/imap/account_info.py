"""What the server says of the whole account: its limits (RFC 9208), and where whose folders are (RFC 2342)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .client import Client
from .fetch import parse_number
from .names import decode_name
from .tokens import parse_data


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit of the account.

    :param resource: ``STORAGE`` (units of 1,024 bytes), ``MESSAGE`` (messages) or another one.
    """

    root: str
    resource: str
    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class Namespace:
    """Where folders of a kind begin.

    :param kind: ``personal``, ``other`` or ``shared``.
    """

    kind: str
    prefix: str
    delimiter: str | None


def read_quotas(client: Client) -> tuple[Quota, ...]:
    """Return the limits that hold for INBOX; none where the server does not tell."""
    if not client.can("QUOTA"):
        return ()
    answer = client.run("GETQUOTAROOT", b'"INBOX"')
    quotas = []
    for response in answer.of("QUOTA"):
        values = parse_data(response.pieces)
        if len(values) < 2 or not isinstance(values[1], list):
            continue
        items = values[1]
        for name, used, limit in zip(items[::3], items[1::3], items[2::3], strict=False):
            quotas.append(Quota(_text(values[0]), _text(name).upper(), parse_number(used), parse_number(limit)))
    return tuple(quotas)


def read_namespaces(client: Client) -> tuple[Namespace, ...]:
    """Return the namespaces; none where the server does not tell."""
    if not client.can("NAMESPACE"):
        return ()
    found = []
    for response in client.run("NAMESPACE").of("NAMESPACE"):
        for kind, group in zip(("personal", "other", "shared"), parse_data(response.pieces), strict=False):
            for entry in group if isinstance(group, list) else []:
                if isinstance(entry, list) and len(entry) >= 2:
                    prefix = decode_name(entry[0]) if isinstance(entry[0], bytes) else ""
                    found.append(Namespace(kind, prefix, _text(entry[1]) or None))
    return tuple(found)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
