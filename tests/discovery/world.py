"""A small Internet on loopback: a DNS server, and an HTTPS server that answers for every name in it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path

import dns.flags
import dns.message
import dns.rdatatype
import dns.resolver
import dns.rrset

from flask_mailbox.devserver.certificate import Certificates
from flask_mailbox.discovery import DiscoveryNetwork

Page = tuple[int, dict[str, str], bytes]
Served = Page | Callable[[BaseHTTPRequestHandler], None]
NAMES = (
    "*.example.test",
    "example.test",
    "ispdb.test",
    "*.hoster.test",
    "hoster.test",
    "*.evil.test",
    "autoconfig.test",
)


@dataclass
class World:
    """What is in it.

    :param records: By name and type, such as ``("example.test", "MX")``, each a record's text; several in a list.
    :param pages: By host and path.
    :param visits: Every URL that was asked for, and every header of those requests.
    :param questions: Every name that DNS was asked for.
    :param slow: Seconds that DNS takes for an answer, by the type of record.
    """

    ca_file: Path
    https_port: int = 0
    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    pages: dict[tuple[str, str], Served] = field(default_factory=dict)
    visits: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    questions: list[tuple[str, str]] = field(default_factory=list)
    slow: dict[str, float] = field(default_factory=dict)

    def network(self, *allowed: str, seconds: float = 8.0) -> DiscoveryNetwork:
        """Return how discovery reaches this world; 127.0.0.1 counts as public unless told otherwise."""
        return DiscoveryNetwork(
            ispdb=f"https://ispdb.test:{self.https_port}/v1.1/",
            allowed=tuple(ip_network(each) for each in (allowed or ("127.0.0.1",))),
            ca_file=self.ca_file,
            https_port=self.https_port,
            seconds=seconds,
        )

    def host(self, *names: str, address: str = "127.0.0.1") -> None:
        """Let names lead to an address."""
        for name in names:
            self.records[name, "AAAA" if ":" in address else "A"] = [address]

    def publish(self, url: str, document: bytes | str, status: int = 200, **headers: str) -> None:
        """Let the web server answer for a URL without its scheme, such as ``autoconfig.example.test/mail/x``."""
        host, _, path = url.partition("/")
        content = document.encode() if isinstance(document, str) else document
        self.pages[host, f"/{path}"] = (status, headers, content)


@contextmanager
def running_world(folder: Path) -> Iterator[World]:
    """Run both servers, and let this process resolve names by them, for the length of a ``with`` block."""
    certificates = Certificates(folder)
    world = World(certificates.ca_file)
    with _https(world, certificates.context_for(*NAMES)), _names(world) as port:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], port
        resolver.lifetime = 2.0
        before = dns.resolver.default_resolver
        dns.resolver.override_system_resolver(resolver)
        dns.resolver.default_resolver = resolver
        try:
            yield world
        finally:
            dns.resolver.default_resolver = before
            dns.resolver.restore_system_resolver()


@contextmanager
def _names(world: World) -> Iterator[int]:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            packet, sender = sock.recvfrom(4096)
            if not packet:
                return
            answer = _answer(world, packet)
            wait = world.slow.get(world.questions[-1][1], 0.0)
            later.append(threading.Timer(wait, sock.sendto, (answer, sender)))
            later[-1].start()

    later: list[threading.Timer] = []
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield sock.getsockname()[1]
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", sock.getsockname())
        thread.join(5)
        for timer in later:
            timer.join(5)
        sock.close()


def _answer(world: World, packet: bytes) -> bytes:
    query = dns.message.from_wire(packet)
    question = query.question[0]
    name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
    world.questions.append((name, kind))
    response = dns.message.make_response(query)
    response.flags |= dns.flags.RA
    found = world.records.get((name, kind))
    if found:
        values = found if kind in ("MX", "SRV") or len(found) == 1 else [found.pop(0)]
        response.answer.append(dns.rrset.from_text(question.name, 0, "IN", kind, *values))
    elif not any(known == name for known, _ in world.records):
        response.set_rcode(dns.rcode.NXDOMAIN)
    return response.to_wire()


@contextmanager
def _https(world: World, context: ssl.SSLContext) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            host = self.headers["Host"].partition(":")[0]
            world.visits.append(f"{host}{self.path}")
            world.headers += [f"{name}: {value}" for name, value in self.headers.items()]
            served = world.pages.get((host, self.path), (404, {}, b""))
            if not isinstance(served, tuple):
                served(self)
                return
            status, headers, content = served
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *values: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def finish_request(self, request: object, client_address: object) -> None:
            try:
                with context.wrap_socket(request, server_side=True) as secure:  # type: ignore[arg-type]
                    super().finish_request(secure, client_address)
            except OSError:
                pass  # a client that left, or that did not like the certificate

        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing."""

    server = Server(("127.0.0.1", 0), Handler)
    world.https_port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
