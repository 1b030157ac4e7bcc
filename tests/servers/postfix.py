"""Postfix: users submit here with TLS and a password, servers deliver here, mail goes to Dovecot over LMTP."""

from __future__ import annotations

import datetime
import os
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .availability import program
from .dovecot import Dovecot
from .people import write_postfix_tables
from .place import Place, owned_folder
from .process import last_lines, running, wait_for
from .settings import mailbox_settings
from .templates import filled, installed, with_ports

# Postfix waits until its files are two seconds old before it trusts them.
AN_HOUR_AGO = time.time() - 3600


@dataclass(frozen=True)
class Postfix:
    """A running Postfix for one domain, with the Dovecot that keeps its mailboxes.

    ``smtp`` takes mail from other servers without sign-in, ``submission`` demands STARTTLS, ``submissions`` speaks TLS
    at once.
    """

    domain: str
    folder: Path
    dovecot: Dovecot
    smtp: int
    submission: int
    submissions: int
    host: str = "127.0.0.1"

    @property
    def ports(self) -> dict[str, int]:
        """The ports of a user of this host by protocol: submission here, reading from Dovecot."""
        return {"smtp": self.submission, "smtps": self.submissions, **self.dovecot.ports}

    @property
    def ca_file(self) -> Path:
        """The certificate authority that a client must trust."""
        return self.dovecot.ca_file

    @property
    def log(self) -> str:
        """The end of Postfix's log."""
        return last_lines(self.folder.with_suffix(".log"))

    def config(self, address: str, security: str = "tls") -> dict[str, object]:
        """Return the ``MAILBOX_*`` settings of a user: SMTP to Postfix, IMAP and POP3 to Dovecot."""
        password = self.dovecot.people.passwords[address]
        return mailbox_settings(address, password, ca_file=self.ca_file, ports=self.ports, security=security)

    def new_user(self) -> tuple[str, str]:
        """Return address and password of a user of this domain whose mailbox no test has touched."""
        return self.dovecot.new_user(self.domain)

    def token(self, address: str) -> str:
        """Return an access token for XOAUTH2 and OAUTHBEARER."""
        return self.dovecot.token(address)

    def deliver(
        self,
        raw: bytes,
        to: str,
        folder: str = "INBOX",
        flags: Iterable[str] = (),
        date: datetime.datetime | None = None,
    ) -> int:
        """Put exactly these bytes into a user's folder, past SMTP, and return the uid."""
        return self.dovecot.deliver(raw, to, folder, flags, date)

    def messages(self, address: str, folder: str = "INBOX") -> list[bytes]:
        """Return the raw messages of a folder, oldest first, without marking them read."""
        return self.dovecot.messages(address, folder)

    def arrived(self, address: str, count: int = 1, *, seconds: float = 20.0) -> list[bytes]:
        """Wait until an inbox holds so many messages and return them, fewer if the time is over."""
        wait_for(lambda: len(self.messages(address)) >= count, seconds)
        return self.messages(address)


@contextmanager
def running_postfix(place: Place, dovecot: Dovecot, domain: str, *, other_domain: str) -> Iterator[Postfix]:
    """Run a Postfix for one domain that knows the way to one other, for the length of a ``with`` block."""
    name = "postfix-" + domain.partition(".")[0]
    ports = place.postfix_ports[domain]
    server = Postfix(domain=domain, folder=place.folder / name, dovecot=dovecot, **ports)  # type: ignore[arg-type]
    etc = server.folder / "etc"
    etc.mkdir(parents=True)
    owned_folder(server.folder / "spool", "root")
    owned_folder(server.folder / "data", "postfix")
    other_port = place.postfix_ports[other_domain]["smtp"]
    configure(server, etc, ports=ports, other_domain=other_domain, other_port=other_port)
    log, output = server.folder.with_suffix(".log"), server.folder.with_suffix(".out")
    prepare_queue(etc)
    command = [f"{compiled_in('daemon_directory')}/master", "-c", str(etc), "-s"]
    with running(command, ports=tuple(ports.values()), output=output, log=log):
        yield server


def configure(server: Postfix, etc: Path, *, ports: dict[str, int], other_domain: str, other_port: int) -> None:
    """Write the configuration: the production files, and what the tests add to them."""
    base = server.dovecot.folder
    main = installed("main.cf", base, domain=server.domain).replace(f"{base}/etc/postfix", str(etc))
    addition = filled(
        "main-loopback.cf",
        folder=base,
        name=server.folder.name,
        ca_file=server.ca_file,
        other_domain=other_domain,
        other_port=other_port,
        command_directory=compiled_in("command_directory"),
        daemon_directory=compiled_in("daemon_directory"),
    )
    (etc / "main.cf").write_text(main + addition)
    (etc / "master.cf").write_text(with_ports(installed("master.cf", base), ports))
    write_postfix_tables(server.dovecot.people, etc)
    for file in etc.iterdir():
        os.utime(file, (AN_HOUR_AGO, AN_HOUR_AGO))


def prepare_queue(etc: Path) -> None:
    """Let Postfix make the folders of its queue, as ``postfix start`` does, and check the configuration."""
    command = [str(program("postfix")), "-c", str(etc), "check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    if done.returncode:
        raise RuntimeError(f"Postfix does not accept its configuration:\n{done.stderr}")


def compiled_in(parameter: str) -> str:
    """Ask Postfix for a folder that its package decided."""
    command = [str(program("postconf")), "-d", "-h", parameter]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
