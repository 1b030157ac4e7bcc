"""Further servers that only read mail out: GNU mailutils (IMAP in clear text, POP3 over TLS) and pymap (IMAP)."""

from __future__ import annotations

import datetime
import imaplib
import os
import pwd
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from .availability import program
from .dovecot import quoted
from .place import Place
from .ports import free_ports
from .process import last_lines, running
from .settings import endpoint, mailbox_settings

PASSWORD = "open-sesame"
FRESH = 300
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class OtherServer:
    """A running server whose users all have one password.

    :param name: ``mailutils`` or ``pymap``.
    """

    name: str
    ca_file: Path
    ports: dict[str, int]
    output: Path
    host: str = "127.0.0.1"
    _numbers: Iterator[int] = field(default_factory=count, repr=False)

    @property
    def log(self) -> str:
        """The end of what it said."""
        return last_lines(self.output)

    def config(self, address: str, security: str = "none") -> dict[str, object]:
        """Return the ``MAILBOX_*`` settings of a user; IMAP is in clear text here, POP3 over TLS."""
        settings = mailbox_settings(address, PASSWORD, ca_file=self.ca_file, ports=self.ports, security="none")
        return settings | {"MAILBOX_POP3": endpoint("pop3", self.ports, "tls")}

    def new_user(self) -> tuple[str, str]:
        """Return address and password of a user whose mailbox no test has touched."""
        number = next(self._numbers)
        assert number < FRESH, "All users are used up: raise FRESH."
        return address_of(number), PASSWORD

    def token(self, address: str) -> str:
        """Return an access token, which nobody here knows."""
        return "unknown"

    def deliver(
        self,
        raw: bytes,
        to: str,
        folder: str = "INBOX",
        flags: Iterable[str] = (),
        date: datetime.datetime | None = None,
    ) -> int:
        """Put these bytes into a folder, which is created if need be, and return the uid."""
        with self._signed_in(to) as client:
            client.create(quoted(folder)) if folder != "INBOX" else client.select(folder)  # mailutils makes it then
            moment = imaplib.Time2Internaldate(date) if date else ""
            kind, said = client.append(quoted(folder), f"({' '.join(flags)})", moment, raw)
            assert kind == "OK", said
            client.select(quoted(folder), readonly=True)
            _, answer = client.uid("SEARCH", "ALL")
        return max(map(int, answer[0].split()))

    def messages(self, address: str, folder: str = "INBOX") -> list[bytes]:
        """Return the raw messages of a folder, oldest first, without marking them read; none if it does not exist."""
        with self._signed_in(address) as client:
            if client.select(quoted(folder), readonly=True)[0] != "OK":
                return []
            _, answer = client.uid("FETCH", "1:*", "(BODY.PEEK[])")
        return [item[1] for item in answer if isinstance(item, tuple)]

    @contextmanager
    def _signed_in(self, address: str) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4(self.host, self.ports["imap"], timeout=10) as client:
            client.login(address, PASSWORD)
            yield client


def address_of(number: int) -> str:
    """Return the address of a user."""
    return f"user{number}@mail.test"


@contextmanager
def running_mailutils(place: Place) -> Iterator[OtherServer]:
    """Run GNU mailutils' imap4d and pop3d over one store, for the length of a ``with`` block."""
    base = place.folder / "mailutils"
    store = base / "mail"
    store.mkdir(parents=True)
    base.chmod(0o755)
    owner = pwd.getpwnam("mail" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name)
    write_users(base / "passwd", store, owner)
    imap, pop3 = free_ports(2)
    outputs = {"imap4d": base / "imap4d.out", "pop3d": base / "pop3d.out"}
    with (
        _daemon("imap4d", base, imap, _folders(store), outputs["imap4d"]),
        _daemon("pop3d", base, pop3, "", outputs["pop3d"], _tls(place)),
    ):
        yield OtherServer("mailutils", place.ca_file, {"imap": imap, "pop3s": pop3}, outputs["imap4d"])


def write_users(folder: Path, store: Path, owner: pwd.struct_passwd) -> None:
    """Write the users of the domain and make their homes."""
    folder.mkdir()
    command = ["openssl", "passwd", "-5", PASSWORD]
    hashed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    lines = []
    for number in range(FRESH):
        home = store / f"user{number}"
        (home / "folders").mkdir(parents=True)
        for each in (home, home / "folders"):
            os.chown(each, owner.pw_uid, owner.pw_gid)
        lines.append(f"user{number}:{hashed}:{owner.pw_uid}:{owner.pw_gid}::{home}:/bin/sh\n")
    (folder / "mail.test").write_text("".join(lines))


def _tls(place: Place) -> str:
    """Return the settings for TLS from the first byte: its pop3d greets for APOP, which its hashed passwords forbid."""
    files = place.folder / "etc/ssl/mail"
    chain, key = files / "fullchain.pem", files / "privkey.pem"
    return f'tls-mode connection; tls {{ ssl-certificate-file "{chain}"; ssl-key-file "{key}"; }};'


def _folders(store: Path) -> str:
    directory = f'directory "{store}/${{user}}/folders"; delimiter "/"; mailbox-type mbox;'
    return f'namespace personal {{ prefix "" {{ {directory} }}; }};'


@contextmanager
def _daemon(name: str, base: Path, port: int, addition: str, output: Path, tls: str = "") -> Iterator[None]:
    settings = base / f"{name}.conf"
    settings.write_text(
        f"""mode daemon; foreground yes; pidfile "{base}/{name}.pid"; max-children 50;
logging {{ syslog no; }};
server 127.0.0.1:{port} {{ transcript no; {tls} }};
auth {{ authentication generic; authorization virtdomain; }};
virtdomain {{ passwd-dir "{base}/passwd"; }};
mailbox {{ mailbox-pattern "mbox://{base}/mail/${{user}}/INBOX"; mailbox-type mbox; }};
{addition}
"""
    )
    command = [str(program(name)), "--no-site-config", f"--config-file={settings}"]
    with running(command, ports=(port,), output=output, log=output):
        yield


@contextmanager
def running_pymap(place: Place) -> Iterator[OtherServer]:
    """Run pymap with its mailboxes in memory, for the length of a ``with`` block."""
    (port,) = free_ports(1)
    output = place.folder / "pymap.out"
    command = [sys.executable, str(Path(__file__).with_name("pymap_users.py")), PASSWORD, str(FRESH)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--no-tls", "dict"]
    with running(command, ports=(port,), output=output, log=output):
        yield OtherServer("pymap", place.ca_file, {"imap": port}, output)
