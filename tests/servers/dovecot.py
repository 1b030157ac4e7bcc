"""Dovecot: IMAP, POP3, delivery over LMTP, and the sign-in service that Postfix asks."""

from __future__ import annotations

import datetime
import grp
import imaplib
import os
import pwd
import smtplib
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from imapclient import imap_utf7

from .availability import program
from .people import People, write_dovecot_users
from .place import Place, owned_folder
from .ports import free_ports
from .process import last_lines, running
from .settings import mailbox_settings
from .templates import filled, installed
from .tokens import ISSUER, mint_token, write_token_key

PROTOCOLS = ("imap", "imaps", "pop3", "pop3s")


@dataclass(frozen=True)
class Dovecot:
    """A running Dovecot: ``imap`` and ``pop3`` are the ports for STARTTLS, ``imaps`` and ``pop3s`` those for TLS."""

    folder: Path
    ca_file: Path
    people: People
    imap: int
    imaps: int
    pop3: int
    pop3s: int
    token_key: bytes = field(repr=False)
    host: str = "127.0.0.1"

    @property
    def ports(self) -> dict[str, int]:
        """The ports by protocol."""
        return {"imap": self.imap, "imaps": self.imaps, "pop3": self.pop3, "pop3s": self.pop3s}

    @property
    def lmtp(self) -> str:
        """Path of the unix socket that takes mail for delivery."""
        return str(self.folder / "run/dovecot/lmtp")

    @property
    def log(self) -> str:
        """The end of Dovecot's log."""
        return last_lines(self.folder / "dovecot.log")

    def config(self, address: str, security: str = "tls") -> dict[str, object]:
        """Return the ``MAILBOX_*`` settings of a user who only reads: SMTP is off."""
        password = self.people.passwords[address]
        return mailbox_settings(address, password, ca_file=self.ca_file, ports=self.ports, security=security)

    def new_user(self, domain: str = "mail.test") -> tuple[str, str]:
        """Return address and password of a user whose mailbox no test has touched."""
        return self.people.fresh(domain)

    def token(self, address: str, *, lifetime: int = 3600, issuer: str = ISSUER) -> str:
        """Return an access token for XOAUTH2 and OAUTHBEARER; a negative lifetime gives an expired one."""
        return mint_token(self.token_key, address, lifetime=lifetime, issuer=issuer)

    def deliver_over_lmtp(self, raw: bytes, to: str, *, sender: str = "sender@mail.test") -> None:
        """Deliver a message as Postfix does (RFC 2033); it gains Return-Path, Delivered-To and Received."""
        with smtplib.LMTP(self.lmtp, timeout=10) as client:
            refused = client.sendmail(sender, [to], raw)
        assert not refused, refused

    def deliver(
        self,
        raw: bytes,
        to: str,
        folder: str = "INBOX",
        flags: Iterable[str] = (),
        date: datetime.datetime | None = None,
    ) -> int:
        """Put exactly these bytes into a folder, which is created if it does not exist, and return the uid.

        :param raw: The message; its lines end in CRLF.
        """
        with self._signed_in(to) as client:
            if folder != "INBOX":
                client.create(quoted(folder))  # refused where it exists, which is as good
            moment = imaplib.Time2Internaldate(date) if date else ""
            kind, said = client.append(quoted(folder), f"({' '.join(flags)})", moment, raw)
            assert kind == "OK", said
            return int(client.response("APPENDUID")[1][0].split()[1])

    def messages(self, address: str, folder: str = "INBOX") -> list[bytes]:
        """Return the raw messages of a folder, oldest first, without marking them read; none if it does not exist."""
        with self._signed_in(address) as client:
            if client.select(quoted(folder), readonly=True)[0] != "OK":
                return []
            _, answer = client.uid("FETCH", "1:*", "(BODY.PEEK[])")
        return [item[1] for item in answer if isinstance(item, tuple)]

    @contextmanager
    def _signed_in(self, address: str) -> Iterator[imaplib.IMAP4]:
        context = ssl.create_default_context(cafile=self.ca_file)
        with imaplib.IMAP4_SSL("localhost", self.imaps, ssl_context=context, timeout=10) as client:
            client.authenticate("PLAIN", lambda _: f"\0{address}\0{self.people.passwords[address]}".encode())
            yield client


def quoted(folder: str) -> str:
    """Return a folder's name as IMAP wants it (RFC 3501, section 5.1.3)."""
    name: str = imap_utf7.encode(folder).decode("ascii")
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


@contextmanager
def running_dovecot(place: Place) -> Iterator[Dovecot]:
    """Run Dovecot for the length of a ``with`` block."""
    etc = place.folder / "etc/dovecot"
    etc.mkdir(parents=True)
    server = Dovecot(
        folder=place.folder,
        ca_file=place.ca_file,
        people=place.people,
        token_key=write_token_key(etc),
        **dict(zip(PROTOCOLS, free_ports(len(PROTOCOLS)), strict=True)),  # type: ignore[arg-type]
    )
    configure(server, etc)
    command = [str(program("dovecot")), "-F", "-c", str(etc / "dovecot.conf")]
    log = place.folder / "dovecot.log"
    with running(command, ports=tuple(server.ports.values()), output=place.folder / "dovecot.out", log=log):
        yield server


def configure(server: Dovecot, etc: Path) -> None:
    """Write the configuration: the production files, and what the tests add to them."""
    users = system_users()
    owned_folder(server.folder / "var/vmail", users["mail_user"])
    (server.folder / "var/lib/dovecot").mkdir(parents=True)
    (server.folder / "run/dovecot").mkdir(parents=True)
    write_dovecot_users(server.people, etc / "users")
    addition = filled("dovecot-loopback.conf", folder=server.folder, **server.ports, **users)
    (etc / "dovecot.conf").write_text(installed("dovecot.conf", server.folder) + addition)
    (etc / "dovecot-oauth2.conf.ext").write_text(installed("dovecot-oauth2.conf.ext", server.folder))


def system_users() -> dict[str, str]:
    """Return whom Dovecot's parts run as: the package's users for root, else everything as ourselves."""
    if os.geteuid() == 0:
        internal, login, mail = "dovecot", "dovenull", "mail"
    else:
        internal = login = mail = pwd.getpwuid(os.geteuid()).pw_name
    return {
        "internal_user": internal,
        "internal_group": main_group(internal),
        "login_user": login,
        "mail_user": mail,
        "mail_group": main_group(mail),
    }


def main_group(user: str) -> str:
    """Return the name of a user's own group."""
    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
