"""Endpoints as they stand in a configuration: ``smtps://host``, a mapping, or ``False``."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields

from ..account import DEFAULT_PORTS, Endpoint, Protocol, Security
from .coercion import FALSE, shown

_SUFFIXES = {"s": Security.TLS, "+starttls": Security.STARTTLS, "": Security.NONE}
_SECURITY_WORDS = {"ssl": Security.TLS} | {str(word): word for word in Security}


class EndpointField(fields.Field[Endpoint | None]):
    """Where one protocol is served; ``False`` says that the account does not have it."""

    def __init__(self, protocol: Protocol, **kwargs: Any) -> None:
        super().__init__(allow_none=True, **kwargs)
        self._protocol = protocol

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Endpoint | None:
        if isinstance(value, int | str) and str(value).strip().lower() in FALSE:
            return None
        if isinstance(value, Mapping):
            return self._from_mapping({str(key).lower(): each for key, each in value.items()})
        if isinstance(value, str):
            return self._from_url(value.strip())
        raise ValidationError(f"is {shown(value)}, and takes {self._forms()}, or false.")

    def _from_url(self, url: str) -> Endpoint:
        if not url.isprintable() or " " in url:
            raise ValidationError("contains a blank or a control character: remove it.")
        scheme, separator, _ = url.partition("://")
        if "@" in url:
            raise ValidationError("contains user information: set USERNAME and PASSWORD apart from the URL.")
        if "%" in url:
            raise ValidationError("contains the character '%': write the host as it is, without user information.")
        plain = re.split(r"[?#]", url, maxsplit=1)[0]
        schemes = {f"{self._protocol}{suffix}": security for suffix, security in _SUFFIXES.items()}
        if not separator or scheme.lower() not in schemes:
            raise ValidationError(f"is '{plain}', and takes {self._forms()}.")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise ValidationError(f"is '{plain}', and its port is no number from 1 to 65535.") from None
        if not _is_host(host) or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValidationError(f"is '{plain}', and takes a scheme, a host and perhaps a port: {self._forms()}.")
        return self._make(host, port, schemes[scheme.lower()])

    def _from_mapping(self, values: Mapping[str, Any]) -> Endpoint:
        unknown = set(values) - {"host", "port", "security"}
        if unknown:
            raise ValidationError(f"has the unknown key '{min(unknown)}'; it takes host, port and security.")
        word = str(values.get("security", "tls")).lower()
        if word not in _SECURITY_WORDS:
            raise ValidationError(f"has the security '{word}'; it takes tls, starttls or none.")
        host, port = values.get("host"), values.get("port")
        if not isinstance(host, str) or not _is_host(host.strip()):
            raise ValidationError("needs in 'host' the name or the IP address of a server, and nothing else.")
        if port is not None and not (str(port).isascii() and str(port).isdigit() and int(port) < 65536):
            raise ValidationError(f"has the port {shown(port)}; it takes a number from 1 to 65535.")
        return self._make(host.strip(), None if port is None else int(port), _SECURITY_WORDS[word])

    def _make(self, host: str, port: int | None, security: Security) -> Endpoint:
        if port == 0:
            raise ValidationError("has the port 0; it takes a number from 1 to 65535.")
        return Endpoint(self._protocol, host, port or DEFAULT_PORTS[str(self._protocol), str(security)], security)

    def _forms(self) -> str:
        name = self._protocol
        return f"'{name}s://host', '{name}+starttls://host:port' or '{name}://host:port'"


def _is_host(text: str) -> bool:
    if ":" not in text:
        return bool(text) and text.isprintable() and not set(text) & set(" @/\\[]%?#")
    try:
        return bool(ipaddress.IPv6Address(text))
    except ValueError:
        return False
