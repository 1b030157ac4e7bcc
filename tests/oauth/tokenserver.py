"""An OAuth2 token server for the tests: a real HTTP server that renews access tokens (RFC 6749, 5 and 6)."""

from __future__ import annotations

import base64
import itertools
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

Answer = tuple[int, dict[str, object] | bytes]


@dataclass
class TokenServer:
    """What the server knows and does; a test changes it as it goes.

    :param client_id: The app that it knows; another one for each server, since a process keeps tokens by it, and
        ports are given out again.
    :param mint: Makes an access token for each request that is in order.
    :param rotates: Whether each renewal hands out a new refresh token, after which the old one is worthless.
    :param answers: Takes a request's form and answers instead of the server, or returns ``None``.
    :param forms: The forms that arrived.
    """

    port: int = 0
    scheme: str = "http"
    client_id: str = field(default_factory=map("our-app-{}".format, itertools.count()).__next__)
    client_secret: str = "s3cret-of-our-app"
    refresh_token: str = "consent-0"
    lifetime: object = 3600
    rotates: bool = False
    mint: Callable[[], str] = field(default_factory=lambda: map("access-{}".format, itertools.count()).__next__)
    answers: Callable[[dict[str, str]], Answer | None] = lambda form: None
    forms: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """The token endpoint."""
        return f"{self.scheme}://localhost:{self.port}/token"

    def grant(self, **changes: object) -> dict[str, object]:
        """Return what goes into ``OAUTH2``."""
        return {
            "token_url": self.url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
        } | changes

    def answer(self, path: str, form: dict[str, str], authorization: str) -> Answer:
        """Answer one request."""
        self.forms.append(form)
        self.paths.append(path)
        said = self.answers(form)
        if said is not None:
            return said
        if self._proof(form, authorization) != (self.client_id, self.client_secret):
            return 401, {"error": "invalid_client"}
        with self._lock:
            if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != self.refresh_token:
                return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
            said_well = {"access_token": self.mint(), "token_type": "Bearer", "expires_in": self.lifetime}
            if self.rotates:
                said_well["refresh_token"] = self.refresh_token = f"consent-{len(self.forms)}"
        return 200, said_well

    @staticmethod
    def _proof(form: dict[str, str], authorization: str) -> tuple[str, str]:
        kind, _, coded = authorization.partition(" ")
        if kind == "Basic":
            name, _, secret = base64.b64decode(coded).decode().partition(":")
            return name, secret
        return form.get("client_id", ""), form.get("client_secret", "")


@contextmanager
def running_token_server(certificates: Path | None = None) -> Iterator[TokenServer]:
    """Run a token server for the length of a ``with`` block.

    :param certificates: A folder with ``fullchain.pem`` and ``privkey.pem``: serve TLS.
    """
    state = TokenServer(scheme="https" if certificates else "http")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {key: values[0] for key, values in parse_qs(body, strict_parsing=True).items()}
            status, said = state.answer(self.path, form, self.headers.get("Authorization", ""))
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *values: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificates:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificates / "fullchain.pem", certificates / "privkey.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
