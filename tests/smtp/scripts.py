"""Scripts of SMTP servers: each answers by command, and fails where a test wants it to."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from ..scripted import Client, Script

PIPELINING = ("SIZE 10000", "PIPELINING")
CHUNKING = ("PIPELINING", "CHUNKING")
THANKS = b"250 2.0.0 Ok: queued as 4711\r\n"
CLOSE = b""
"""As an answer: close the connection instead."""

SILENT = b"(silence)"
"""As an answer: say nothing more, and leave the connection open; so does an answer without an end of line after it."""


class _OverError(Exception):
    """The script has come to its end."""


def smtp_script(
    answers: Mapping[str, bytes] | None = None,
    *,
    offers: tuple[str, ...] = PIPELINING,
    content: bytes = THANKS,
    contents: list[bytes] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Script:
    """Return a script that says yes, but for some commands.

    :param answers: By whole line or by first word; also for ``greeting``, ``354``, ``content``. What stands under a
        word with a plus before it is said behind the usual answer. What is changed in it later counts.
    :param offers: What EHLO lists.
    :param content: The answer to the content, by DATA or by BDAT.
    :param contents: Where each content that came is noted.
    :param tls: What STARTTLS leads to.
    """
    said = {} if answers is None else answers
    noted = contents if contents is not None else []

    def say(client: Client, answer: bytes) -> None:
        if answer not in (SILENT, CLOSE):
            client.send(answer)
        if answer != CLOSE and not answer.endswith(b"\n"):
            client.until_closed()
        if not answer.endswith(b"\n"):
            raise _OverError

    def usual(client: Client, word: str, line: str) -> bytes:
        if word == "EHLO":
            listed = b"".join(f"250-{keyword}\r\n".encode() for keyword in ("scripted.test", *offers))
            return listed + b"250 HELP\r\n"
        if word == "DATA":
            say(client, said.get("354", b"354 go on\r\n") + said.get("+DATA", b""))
            noted.append(client.content())
            return said.get("content", content)
        if word == "BDAT":
            noted.append(client.exactly(int(line.split(" ")[1])))
            return said.get("BDAT", said.get("content", content))
        return {"STARTTLS": b"220 go on\r\n", "AUTH": b"235 welcome\r\n"}.get(word, b"250 ok\r\n")

    def talk(client: Client) -> None:
        say(client, said.get("greeting", b"220 scripted.test ESMTP\r\n"))
        while line := client.line().decode():
            word = line.split(" ")[0]
            given = said.get(line, said.get(word)) if word != "BDAT" else None
            answer = usual(client, word, line) if given is None else given
            say(client, answer + (said.get(f"+{word}", b"") if word != "DATA" else b""))
            if word == "STARTTLS" and tls is not None and answer.startswith(b"220"):
                if "handshake" in said:
                    say(client, said["handshake"])
                client.wrap(tls)

    def script(client: Client) -> None:
        try:
            talk(client)
        except _OverError:
            pass

    return script
