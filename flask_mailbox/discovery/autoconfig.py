"""The description of a domain's mail servers in XML (draft-ietf-mailmaint-autoconfig), read without trust."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from ..account import Endpoint, Protocol, Security
from ..reach import MAIL_PORTS
from .hosts import host_of

MOST_SERVERS = 30
MOST_DEPTH = 20
MOST_TEXT = 300
_SECURITY = {"SSL": Security.TLS, "STARTTLS": Security.STARTTLS}
_METHODS = frozenset(("password-cleartext", "plain", "password-encrypted", "secure"))
_FIELDS = frozenset(("hostname", "port", "socketType", "username", "authentication"))


@dataclass(frozen=True, slots=True)
class Described:
    """The servers of a description that may be used, the preferred one of each protocol.

    :param username: What to sign in with, except where a server has a user name of its own.
    """

    endpoints: dict[Protocol, Endpoint]
    username: str


@dataclass(slots=True)
class _Server:
    kind: str
    fields: dict[str, list[str]] = field(default_factory=dict)

    def first(self, name: str) -> str:
        return self.fields.get(name, [""])[0].strip()


class DescriptionError(ValueError):
    """A document that is no description, or more than one."""


def read_description(document: bytes, address: str) -> Described:
    """Return the servers of a description: only with TLS, on the ports of mail, signing in with a password.

    :param address: Fills the placeholders for the address and its parts.
    :raises DescriptionError: If it is not well-formed, has a DTD, or names no server that may be used.
    """
    endpoints: dict[Protocol, Endpoint] = {}
    username = ""
    for server in _servers(document):
        endpoint = _endpoint(server, address)
        if endpoint is not None and isinstance(endpoint.protocol, Protocol) and endpoint.protocol not in endpoints:
            own = _filled(server.first("username"), address)
            username = username or own
            endpoints[endpoint.protocol] = dataclasses.replace(endpoint, username=own if own != username else "")
    if not endpoints:
        raise DescriptionError("it names no server with TLS and a password")
    return Described(endpoints, username)


def _endpoint(server: _Server, address: str) -> Endpoint | None:
    host = host_of(_filled(server.first("hostname"), address))
    port = server.first("port")
    security = _SECURITY.get(server.first("socketType").upper())
    methods = {each.strip().lower() for each in server.fields.get("authentication", [])}
    if server.kind not in tuple(Protocol) or host is None or security is None:
        return None
    if not (port.isascii() and port.isdigit() and len(port) < 6 and int(port) in MAIL_PORTS):
        return None
    if methods and not methods & _METHODS:
        return None
    return Endpoint(Protocol(server.kind), host, int(port), security)


def _filled(text: str, address: str) -> str:
    local, _, domain = address.rpartition("@")
    names = {"%EMAILADDRESS%": address, "%EMAILLOCALPART%": local, "%EMAILDOMAIN%": domain}
    for name, value in names.items():
        text = text.replace(name, value)
    return text if text.isprintable() and len(text) <= MOST_TEXT else ""


def _servers(document: bytes) -> Iterable[_Server]:
    """Return every server that a document names, incoming and outgoing, in its order."""
    reader = _Reader()
    try:
        reader.parser.Parse(document, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        if isinstance(error, DescriptionError):
            raise
        raise DescriptionError("it is no XML") from None
    return reader.servers


class _Reader:
    """Collects servers from the events of expat; a document with a DTD or without an end in sight is refused."""

    def __init__(self) -> None:
        self.servers: list[_Server] = []
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.ProcessingInstructionHandler = None
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._depth = 0
        self._server: _Server | None = None
        self._field = ""

    def _refuse(self, *declaration: object) -> NoReturn:
        raise DescriptionError("it has a document type, which no description needs")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MOST_DEPTH or len(self.servers) > MOST_SERVERS:
            raise DescriptionError("it is too large")
        if name in ("incomingServer", "outgoingServer"):
            self._server = _Server(attributes.get("type", "").lower())
            self.servers.append(self._server)
        elif self._server is not None and name in _FIELDS:
            self._field = name
            self._server.fields.setdefault(name, []).append("")

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name in ("incomingServer", "outgoingServer"):
            self._server = None
        if name == self._field:
            self._field = ""

    def _text(self, text: str) -> None:
        if self._server is not None and self._field:
            values = self._server.fields[self._field]
            values[-1] = (values[-1] + text)[:MOST_TEXT]
