"""Scripts of SMTP servers: each answers by command, and fails where a test wants it to."""

from __future__ import annotations

from collections.abc import Mapping

from ..scripted import Client, Script

PIPELINING = ("SIZE 10000", "PIPELINING")
CHUNKING = ("PIPELINING", "CHUNKING")
THANKS = b"250 2.0.0 Ok: queued as 4711\r\n"
CLOSE = b""
"""As an answer: close the connection instead."""


def smtp_script(
    answers: Mapping[str, bytes] | None = None,
    *,
    offers: tuple[str, ...] = PIPELINING,
    content: bytes = THANKS,
    contents: list[bytes] | None = None,
) -> Script:
    """Return a script that says yes, but for some commands.

    :param answers: By whole line or by first word; ``CLOSE`` closes the connection. What is changed in it later counts.
    :param offers: What EHLO lists.
    :param content: The answer to the content, by DATA or by BDAT.
    :param contents: Where each content that came is noted.
    """
    said = {} if answers is None else answers
    noted = contents if contents is not None else []

    def script(client: Client) -> None:
        greeting = said.get("greeting", b"220 scripted.test ESMTP\r\n")
        if greeting == CLOSE:
            return
        client.send(greeting)
        while line := client.line().decode():
            word = line.split(" ")[0]
            answer = said.get(line, said.get(word, b"250 ok\r\n"))
            if word == "EHLO" and word not in said:
                answer = b"".join(f"250-{keyword}\r\n".encode() for keyword in ("scripted.test", *offers))
                answer += b"250 HELP\r\n"
            if word == "DATA" and word not in said:
                client.send(b"354 go on\r\n")
                noted.append(client.content())
                answer = content
            if word == "BDAT":
                noted.append(client.exactly(int(line.split(" ")[1])))
                answer = said.get("BDAT", content)
            if not answer:
                return
            client.send(answer)

    return script
