"""What a token server can answer but a token: each a named error with advice, and never a secret in it."""

from __future__ import annotations

import logging
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from flask_mailbox import (
    AuthenticationError,
    BusyError,
    CertificateError,
    ConfigurationError,
    ConnectError,
    DisconnectedError,
    ProtocolError,
    ServiceError,
    ServiceTimeoutError,
)
from flask_mailbox.account import Account, Timeouts
from flask_mailbox.devserver import MailServer
from flask_mailbox.imap import IMAPSession

from ..scripted import Client, scripted
from ..servers.certificates import write_certificates
from .conftest import ANN
from .tokenserver import Answer, TokenServer, running_token_server

MakeAccount = Callable[..., Account]

REFUSALS: list[tuple[Answer, type[ServiceError], str | None, bool]] = [
    ((400, {"error": "invalid_grant"}), AuthenticationError, "consent_required", False),
    ((200, {"error": "invalid_grant"}), AuthenticationError, "consent_required", False),
    ((400, {"error": "invalid_grant", "error_description": 7}), AuthenticationError, "consent_required", False),
    ((401, {"error": "invalid_client"}), AuthenticationError, "client_refused", False),
    ((400, {"error": "unauthorized_client"}), AuthenticationError, "client_refused", False),
    ((401, b"<h1>Unauthorized</h1>"), AuthenticationError, "client_refused", False),
    ((400, {"error": "invalid_scope"}), AuthenticationError, "scope_refused", False),
    ((400, {"error": "admin_policy_enforced"}), AuthenticationError, "admin_disabled", False),
    ((400, {"error": "invalid_request"}), AuthenticationError, "token_refused", False),
    ((400, {"error": {"code": 400}}), AuthenticationError, "token_refused", False),
    ((400, {"error": "temporarily_unavailable"}), BusyError, "temporary", True),
    ((429, {"error": "slow"}), BusyError, "rate_limited", True),
    ((500, {"error": "invalid_grant"}), BusyError, "temporary", True),
    ((503, b""), BusyError, "temporary", True),
    ((302, b""), ProtocolError, "token_url", False),
    ((404, b"<h1>Not found</h1>"), ProtocolError, "token_url", False),
    ((200, b"<html>Sign in</html>"), ProtocolError, "token_url", False),
    ((200, b"[]"), ProtocolError, "token_url", False),
    ((200, b"[" * 100_000), ProtocolError, "token_url", False),
    ((200, b"\xff\xfe"), ProtocolError, "token_url", False),
    ((200, {}), ProtocolError, None, False),
    ((200, {"access_token": ""}), ProtocolError, None, False),
    ((200, {"access_token": 12345}), ProtocolError, None, False),
    ((200, {"access_token": "a\r\nb"}), ProtocolError, None, False),
    ((200, {"access_token": "密码"}), ProtocolError, None, False),
    ((200, {"access_token": "a", "token_type": "mac"}), ProtocolError, None, False),
    ((200, {"access_token": "a" * 300_000}), ProtocolError, None, False),
]


@pytest.mark.parametrize(("answer", "kind", "category", "transient"), REFUSALS, ids=lambda value: str(value)[:50])
def test_each_refusal_has_its_name_and_its_advice(
    ann: MakeAccount,
    token_server: TokenServer,
    mail_server: MailServer,
    answer: Answer,
    kind: type[ServiceError],
    category: str | None,
    transient: bool,
) -> None:
    token_server.answers = lambda form: answer
    with pytest.raises(ServiceError) as raised:
        IMAPSession.open(ann())
    error = raised.value

    assert (type(error), error.category, error.transient) == (kind, category, transient)
    assert (error.protocol, error.host, error.account) == ("oauth2", f"localhost:{token_server.port}", "user")
    assert error.hint or category is None
    assert token_server.paths == ["/token"]
    assert not mail_server.log


def test_a_refused_consent_is_told_in_the_servers_words_and_not_asked_for_again_at_once(
    ann: MakeAccount, token_server: TokenServer
) -> None:
    token_server.answers = lambda form: (400, {"error": "invalid_grant", "error_description": "Token was\r\nrevoked."})
    for _ in range(3):
        with pytest.raises(AuthenticationError, match="invalid_grant: Token was revoked"):
            IMAPSession.open(ann())

    assert len(token_server.forms) == 1


def test_after_a_fault_that_passes_the_next_sign_in_asks_again(ann: MakeAccount, token_server: TokenServer) -> None:
    token_server.answers = lambda form: (503, b"") if len(token_server.forms) == 1 else None
    with pytest.raises(BusyError):
        IMAPSession.open(ann())
    IMAPSession.open(ann()).finish()

    assert len(token_server.forms) == 2


@pytest.mark.parametrize("answer", [answer for answer, *_ in REFUSALS], ids=lambda value: str(value)[:50])
def test_no_secret_is_in_an_error_or_a_log(
    ann: MakeAccount, token_server: TokenServer, answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client_secret, refresh_token = "canary-of-the-app", "canary-of-the-user"
    status, said = answer
    if isinstance(said, dict):
        said = said | {
            "error_description": f"{refresh_token} of {client_secret} is bad",
            "refresh_token": refresh_token,
        }
    token_server.answers = lambda form: (status, said)
    account = ann(client_secret=client_secret, refresh_token=refresh_token)
    with pytest.raises(ServiceError) as raised:
        IMAPSession.open(account)
    error = raised.value
    logging.getLogger("test").error("%s", error, exc_info=error)
    shown = [repr(account), str(error), repr(error), *traceback.format_exception(error), caplog.text]

    assert "canary" in token_server.forms[0]["refresh_token"]
    assert not any("canary" in text for text in shown)


def take_request(client: Client) -> None:
    """Read a whole request: a connection that is closed with some of it unread takes the answer with it."""
    size = 0
    while line := client.line():
        name, _, value = line.lower().partition(b":")
        size = int(value) if name == b"content-length" else size
    client.read(size)


@pytest.mark.parametrize(
    ("bytes_sent", "kind"),
    [
        (b"", DisconnectedError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", DisconnectedError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", DisconnectedError),
        (b"* OK IMAP4rev1 ready\r\n", ProtocolError),
        (b"HTTP/1.1 ok\r\n\r\n", ProtocolError),
        (b"HTTP/1.1 200 OK\r\n" + b"X-Flood: x\r\n" * 1_000 + b"\r\n{}", ProtocolError),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n{}", ProtocolError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n", DisconnectedError),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 1_000_000, ProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n" + b" " * 1_000_000, ProtocolError),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_server_that_breaks_http_is_no_token_server(
    ann: MakeAccount, bytes_sent: bytes, kind: type[ServiceError]
) -> None:
    def script(client: Client) -> None:
        take_request(client)
        client.send(bytes_sent)
        client.socket.shutdown(socket.SHUT_WR)
        client.until_closed()

    with scripted(script) as running, pytest.raises(ServiceError) as raised:
        IMAPSession.open(ann(token_url=f"http://localhost:{running.port}/token"))

    assert type(raised.value) is kind
    assert running.connections == 1


@pytest.mark.parametrize(
    "begun", [b"", b"HTTP/1.1 200 OK\r\nX-Drip: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"]
)
def test_a_server_that_drips_is_left_in_time(ann: MakeAccount, begun: bytes) -> None:
    gone = threading.Event()

    def script(client: Client) -> None:
        take_request(client)
        client.send(begun)
        for _ in range(100):
            client.send(b"x")
            if gone.wait(0.05):
                return

    with scripted(script) as running:
        account = ann(token_url=f"http://localhost:{running.port}/token")
        with pytest.raises(ServiceTimeoutError):
            IMAPSession.open(account.replace(timeouts=Timeouts(connect=1, read=0.3, operation=0.5)))
        gone.set()


def test_a_server_that_is_not_there_is_a_passing_fault(ann: MakeAccount, mail_server: MailServer) -> None:
    with pytest.raises(ConnectError) as raised:
        IMAPSession.open(ann(token_url="http://localhost:9/token"))

    assert raised.value.transient
    assert raised.value.host == "localhost:9"
    assert not mail_server.log


def test_a_token_server_must_prove_who_it_is_even_if_the_mail_server_need_not(ann: MakeAccount, tmp_path: Path) -> None:
    write_certificates(tmp_path)
    with running_token_server(tmp_path) as server, pytest.raises(CertificateError):
        IMAPSession.open(ann(token_url=server.url).replace(verify_tls=False))

    assert server.forms == []


def test_a_token_comes_over_tls_from_an_authority_that_the_account_trusts(
    tmp_path: Path, mail_server: MailServer, ann: MakeAccount
) -> None:
    ca_file = write_certificates(tmp_path)
    both = tmp_path / "both.pem"
    both.write_text(ca_file.read_text() + mail_server.ca_file.read_text())
    with running_token_server(tmp_path) as server:
        server.mint = lambda: mail_server.add_user(ANN, "ann's password", "over-tls") or "over-tls"
        IMAPSession.open(ann(**server.grant()).replace(ca_file=both)).finish()

    assert len(server.forms) == 1


def test_the_environments_proxies_are_not_asked(ann: MakeAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    IMAPSession.open(ann()).finish()


def test_without_authlib_the_error_names_the_extra(ann: MakeAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "authlib.oauth2", None)

    with pytest.raises(ConfigurationError, match=r"flask-mailbox\[oauth\]"):
        IMAPSession.open(ann())
