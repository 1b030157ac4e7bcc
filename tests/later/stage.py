"""An SMTP server that stops where a test wants it to, so that a sender can be killed at that moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..scripted import Client, ScriptedServer, scripted
from ..servers.process import wait_for

CONTENT = "CONTENT"
"""The step at which the whole content came and is kept, and the answer is not sent yet."""


class Stage:
    """Accepts everything, and notes each content.

    :param contents: What was taken, each content once its final dot came.
    """

    def __init__(self) -> None:
        self.contents: list[bytes] = []
        self.server: ScriptedServer
        self._hold = ""
        self._reached = threading.Event()
        self._go = threading.Event()
        self._refuse: list[bytes] = []

    @property
    def subjects(self) -> list[str]:
        """The subjects of what was taken."""
        lines = [line for content in self.contents for line in content.splitlines()]
        return [line[9:].decode() for line in lines if line.startswith(b"Subject: ")]

    def hold(self, step: str) -> None:
        """Stop at the next such step: a command, or ``CONTENT``."""
        self._reached.clear()
        self._go.clear()
        self._hold = step

    def wait_for_hold(self) -> bool:
        """Wait until a client stands at the step."""
        return self._reached.wait(20)

    def go_on(self) -> None:
        """Let the client that stands go on, and hold nobody any more."""
        self._hold = ""
        self._go.set()

    def wait_for_contents(self, count: int) -> None:
        """Wait until so many contents were taken."""
        wait_for(lambda: len(self.contents) >= count, 20, interval=0.001)

    def refuse_once(self, reply: bytes) -> None:
        """Answer the next RCPT so."""
        self._refuse.append(reply)

    def script(self, client: Client) -> None:
        """Play the server on one connection."""
        client.send(b"220 stage.test ESMTP\r\n")
        while line := client.line().decode():
            word = line.split(" ")[0]
            self._stop_at(word)
            if word == "RCPT" and self._refuse:
                client.send(self._refuse.pop())
            elif word == "DATA":
                client.send(b"354 go on\r\n")
                content = client.content()
                if not content:
                    return
                self.contents.append(content)
                self._stop_at(CONTENT)
                client.send(b"250 2.0.0 Ok: queued as 4711\r\n")
            else:
                client.send(b"250 ok\r\n")

    def _stop_at(self, step: str) -> None:
        if self._hold == step:
            self._hold = ""
            self._reached.set()
            self._go.wait(20)


@contextmanager
def staged() -> Iterator[Stage]:
    """Run a stage for a block."""
    stage = Stage()
    with scripted(stage.script) as stage.server:
        try:
            yield stage
        finally:
            stage.go_on()
