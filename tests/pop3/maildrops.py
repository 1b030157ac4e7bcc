"""Scripted maildrops: what a server answers, command by command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask_mailbox.account import Account, Credential, Endpoint, Protocol, Secret, Security
from flask_mailbox.pop3 import POP3Session

from ..scripted import Client, Script
from ..smtp.accounts import smtp_account

MESSAGE = b"Subject: hello\r\n\r\ntext\r\n"
TWO = {"LIST": b"+OK\r\n1 24\r\n2 24\r\n.\r\n", "UIDL": b"+OK\r\n1 a\r\n2 b\r\n.\r\n"}


def account(port: int, **credential: str) -> Account:
    """Return the account of a scripted maildrop; impatient."""
    return smtp_account(port).replace(
        pop3=Endpoint(Protocol.POP3, "localhost", port, Security.NONE),
        credential=Credential(
            "ann@demo.test", Secret(credential.get("secret", "secret")), credential.get("kind", "password")
        ),
    )


def server(
    answers: dict[str, bytes] | None = None,
    *,
    greeting: bytes = b"+OK ready\r\n",
    **dynamic: Callable[[Client, str], bytes],
) -> Script:
    """Return a script that answers by command; an empty answer closes the connection.

    :param dynamic: Answers that depend on the line, by the command in lower case.
    """
    known = {
        "CAPA": b"+OK\r\nUIDL\r\nTOP\r\nUSER\r\n.\r\n",
        "LIST": b"+OK\r\n1 24\r\n.\r\n",
        "UIDL": b"+OK\r\n1 abc\r\n.\r\n",
        "TOP": b"+OK\r\nSubject: hello\r\n\r\n.\r\n",
        "RETR": b"+OK\r\n" + MESSAGE + b".\r\n",
    } | (answers or {})

    def script(client: Client) -> None:
        client.send(greeting)
        while line := client.line().decode():
            word = line.split(" ")[0]
            act = dynamic.get(word.lower())
            answer = act(client, line) if act else known.get(word, b"+OK\r\n")
            if not answer:
                return
            client.send(answer)

    return script


@contextmanager
def opened(port: int) -> Iterator[POP3Session]:
    """Open a session for a block; nothing is carried out at its end."""
    session = POP3Session.open(account(port))
    try:
        yield session
    finally:
        session.drop()


def read(port: int) -> bytes:
    """Return the first message, and end the session properly."""
    with opened(port) as session:
        raw = session.raw(session.entries()[0].uidl)
        session.finish()
    return raw
