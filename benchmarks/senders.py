"""Senders of messages: flask-mailbox and its peers, each as one function that sends so many to one server."""

from __future__ import annotations

import asyncio
import base64
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from importlib import import_module
from pathlib import Path
from typing import Any

import flask_mail
from flask import Flask

from flask_mailbox import Mailbox, Message

ANN = "ann@example.com"
TEXT = "Hello Bob,\n\nthis is a short message of a few lines.\n\nAnn\n" * 3


@dataclass(frozen=True)
class Target:
    """A server, and who sends to whom; with a user, STARTTLS and AUTH are used."""

    port: int
    sender: str = ANN
    recipient: str = "bob@example.org"
    user: str = ""
    password: str = ""
    ca_file: Path | None = None


@dataclass(frozen=True)
class Work:
    """So many messages, each with an attachment if there are data, by so many threads."""

    count: int
    data: bytes = b""
    threads: int = 1


Send = Callable[[Target, Work], None]


# flask-mailbox


@contextmanager
def our_mailbox(to: Target, pool_size: int | None = None) -> Iterator[tuple[Flask, Mailbox]]:
    """Give an app of ours, and close its pool.

    :param pool_size: How many connections, if not as many as by default.
    """
    host = Flask("benchmark")
    scheme = "smtp+starttls" if to.user else "smtp"
    host.config.update(MAILBOX_SMTP=f"{scheme}://localhost:{to.port}", MAILBOX_SENDER=to.sender)
    if pool_size:
        host.config.update(MAILBOX_POOL_SIZE=pool_size)
    if to.user:
        host.config.update(MAILBOX_USERNAME=to.user, MAILBOX_PASSWORD=to.password, MAILBOX_CA_FILE=to.ca_file)
    mailbox = Mailbox(host)
    yield host, mailbox
    with host.app_context():
        mailbox.state.pool.close()


def ours(to: Target) -> Message:
    """A message of ours."""
    return Message("Hello", recipients=[to.recipient], body=TEXT)


def ours_send(to: Target, work: Work, pool_size: int | None = None) -> None:
    """One call a message; the pool keeps the connections."""
    with our_mailbox(to, pool_size) as (host, mailbox):

        def send(count: int) -> None:
            with host.app_context():
                for _ in range(count):
                    mailbox.send(_with_data(ours(to), work.data)).raise_for_refused()

        in_threads(send, work)


def ours_send_in_a_large_pool(to: Target, work: Work) -> None:
    """The same with as many connections as threads."""
    if work.threads == 1:
        raise ImportError("not measured")
    ours_send(to, work, work.threads)


def ours_send_many(to: Target, work: Work) -> None:
    """All messages in one call."""
    with our_mailbox(to) as (host, mailbox):

        def send(count: int) -> None:
            with host.app_context():
                for receipt in mailbox.send_many(_with_data(ours(to), work.data) for _ in range(count)):
                    receipt.raise_for_refused()

        in_threads(send, work)


# Flask-Mail


def flask_mail_app(to: Target) -> tuple[Flask, flask_mail.Mail]:
    """Return an app of Flask-Mail's."""
    host = Flask("benchmark")
    host.config.update(MAIL_SERVER="localhost", MAIL_PORT=to.port, MAIL_DEFAULT_SENDER=to.sender)
    if to.user:
        host.config.update(MAIL_USE_TLS=True, MAIL_USERNAME=to.user, MAIL_PASSWORD=to.password)
    return host, flask_mail.Mail(host)


def flask_mail_send(to: Target, work: Work) -> None:
    """One call a message."""
    host, mail = flask_mail_app(to)

    def send(count: int) -> None:
        with host.app_context():
            for _ in range(count):
                mail.send(_with_data(flask_mail.Message("Hello", recipients=[to.recipient], body=TEXT), work.data))

    in_threads(send, work)


def flask_mail_connect(to: Target, work: Work) -> None:
    """One connection held by each thread."""
    host, mail = flask_mail_app(to)

    def send(count: int) -> None:
        with host.app_context(), mail.connect() as connection:
            for _ in range(count):
                message = flask_mail.Message("Hello", recipients=[to.recipient], body=TEXT)
                connection.send(_with_data(message, work.data))

    in_threads(send, work)


# Others


def flask_mailman_held(to: Target, work: Work) -> None:
    """flask-mailman, one connection held by each thread."""
    module: Any = import_module("flask_mailman")
    host = Flask("benchmark")
    host.config.update(MAIL_SERVER="localhost", MAIL_PORT=to.port, MAIL_USE_TLS=bool(to.user), MAIL_BACKEND="smtp")
    if to.user:
        host.config.update(MAIL_USERNAME=to.user, MAIL_PASSWORD=to.password)
    mail = module.Mail(host)

    def send(count: int) -> None:
        with host.app_context(), mail.get_connection() as connection:
            for _ in range(count):
                message = module.EmailMessage("Hello", TEXT, to.sender, [to.recipient], connection=connection)
                if work.data:
                    message.attach("data.bin", work.data, "application/octet-stream")
                message.send()

    in_threads(send, work)


def redmail_held(to: Target, work: Work) -> None:
    """redmail, one connection held; without TLS only."""
    if to.user:
        raise ImportError("not measured")
    module: Any = import_module("redmail")

    def send(count: int) -> None:
        mail = module.EmailSender(host="localhost", port=to.port, use_starttls=False)
        with mail:
            for _ in range(count):
                files = {"data.bin": work.data} if work.data else None
                mail.send("Hello", sender=to.sender, receivers=[to.recipient], text=TEXT, attachments=files)

    in_threads(send, work)


def aiosmtplib_held(to: Target, work: Work) -> None:
    """aiosmtplib, one connection held by each of as many tasks."""
    module: Any = import_module("aiosmtplib")
    context = ssl.create_default_context(cafile=to.ca_file) if to.user else None

    def message() -> EmailMessage:
        made = EmailMessage()
        made["Subject"], made["From"], made["To"] = "Hello", to.sender, to.recipient
        made.set_content(TEXT)
        if work.data:
            made.add_attachment(work.data, maintype="application", subtype="octet-stream", filename="data.bin")
        return made

    async def send(count: int) -> None:
        client = module.SMTP(hostname="localhost", port=to.port, start_tls=bool(to.user), tls_context=context)
        async with client:
            if to.user:
                await client.login(to.user, to.password)
            for _ in range(count):
                await client.send_message(message())

    async def all_of_them() -> None:
        await asyncio.gather(*(send(work.count // work.threads) for _ in range(work.threads)))

    asyncio.run(all_of_them())


def smtp_source(to: Target, work: Work) -> None:
    """Postfix's own source; without TLS only."""
    if to.user:
        raise ImportError("not measured")
    size = str(len(work.data) * 4 // 3 or len(TEXT))
    command = [program("smtp-source"), "-d", "-s", str(work.threads), "-l", size, "-m", str(work.count)]
    subprocess.run([*command, f"inet:127.0.0.1:{to.port}"], check=True, capture_output=True)


def raw_socket(to: Target, work: Work) -> None:
    """The limit: the same bytes through a socket, the fewest round trips, answers counted and not read; TLS only."""
    if not to.user:
        raise ImportError("not measured")
    content = f"From: <{to.sender}>\r\nSubject: Hello\r\n\r\n" + TEXT.replace("\n", "\r\n")
    message = f"MAIL FROM:<{to.sender}>\r\nRCPT TO:<{to.recipient}>\r\nBDAT {len(content)} LAST\r\n{content}"

    def send(count: int) -> None:
        with socket.create_connection(("localhost", to.port)) as plain:
            _answers(plain, "", 1)
            _answers(plain, "EHLO x\r\n", 1)
            _answers(plain, "STARTTLS\r\n", 1)
            context = ssl.create_default_context(cafile=to.ca_file)
            with context.wrap_socket(plain, server_hostname="localhost") as secure:
                token = base64.b64encode(f"\0{to.user}\0{to.password}".encode()).decode()
                _answers(secure, "EHLO x\r\n", 1)
                _answers(secure, f"AUTH PLAIN {token}\r\n", 1)
                for _ in range(count):
                    _answers(secure, message, 3)

    in_threads(send, work)


def _answers(sock: socket.socket, text: str, count: int) -> None:
    """Send a text and wait for so many answers."""
    sock.sendall(text.encode())
    received = b""
    while len(re.findall(rb"^\d{3} .*\r\n", received, re.MULTILINE)) < count:
        received += sock.recv(65536)


SENDERS: dict[str, Send] = {
    "flask-mailbox send": ours_send,
    "flask-mailbox, POOL_SIZE=8": ours_send_in_a_large_pool,
    "flask-mailbox send_many": ours_send_many,
    "Flask-Mail send": flask_mail_send,
    "Flask-Mail connect": flask_mail_connect,
    "flask-mailman held": flask_mailman_held,
    "redmail held": redmail_held,
    "aiosmtplib held": aiosmtplib_held,
    "smtp-source": smtp_source,
    "raw socket": raw_socket,
}


def program(name: str) -> str:
    """Return the path of one of Postfix's programs."""
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if found is None:
        raise SystemExit(f"{name} is missing. On Debian: apt install postfix")
    return found


def in_threads(send: Callable[[int], None], work: Work) -> None:
    """Share the messages out among the threads."""
    if work.threads == 1:
        send(work.count)
        return
    with ThreadPoolExecutor(work.threads) as threads:
        list(threads.map(send, [work.count // work.threads] * work.threads))


def _with_data(message: Any, data: bytes) -> Any:
    if data:
        message.attach("data.bin", "application/octet-stream", data)
    return message
