"""The example app as it is deployed: gunicorn behind nginx, with the very files that the documentation shows."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flask_mailbox.devserver import MailServer

from ..servers.availability import program, require
from ..servers.place import Place
from ..servers.ports import free_ports
from ..servers.process import last_lines, running

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "example_app" / "deploy"
MAIN = """daemon off;
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/webmail.conf;
}}
"""
"""What Debian's own nginx.conf is to the file of a site."""


@dataclass(frozen=True)
class Site:
    """Where the webmail is, and whose mail it can read."""

    plain: int
    secure: int
    ca_file: Path
    mailserver: MailServer
    folder: Path

    @property
    def base(self) -> str:
        """The address as a browser shows it."""
        return f"https://localhost:{self.secure}"

    @property
    def gunicorn(self) -> int:
        """The process that all of gunicorn ends with."""
        return int((self.folder / "gunicorn.pid").read_text("ascii"))

    @property
    def context(self) -> ssl.SSLContext:
        """What verifies the site's certificate."""
        return ssl.create_default_context(cafile=str(self.ca_file))

    @property
    def servers(self) -> dict[str, str]:
        """What one types in the form of an own domain."""
        config = self.mailserver.config("ann@demo.test")
        return {leg: str(config[f"MAILBOX_{leg.upper()}"]) for leg in ("smtp", "imap", "pop3")}


def environment(mailserver: MailServer, **more: str) -> dict[str, str]:
    """Return the environment of the service, as the page tells to set it."""
    kept: Mapping[str, str] = {name: value for name, value in os.environ.items() if not name.startswith("FLASK_")}
    ca_file: Any = mailserver.config("ann@demo.test")["MAILBOX_CA_FILE"]
    own = {"FLASK_PROXIES": "1", "FLASK_PRIVATE_SERVERS": "true", "FLASK_MAILBOX_CA_FILE": str(ca_file)}
    return {**kept, **own, "PYTHONPATH": str(ROOT), **more}


def checked_out(folder: Path) -> Path:
    """Put the example app alone into a folder, in which no demo ran."""
    shutil.copytree(ROOT / "example_app", folder / "example_app", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@contextmanager
def running_site(place: Place) -> Iterator[Site]:
    """Run the webmail behind nginx, with a mail server of its own."""
    require(
        None if program("nginx") else "nginx is not installed: run 'make servers' as root, or: apt-get install nginx"
    )
    plain, secure, inner = free_ports(3)
    folder = place.folder / f"nginx-{secure}"
    folder.mkdir()
    _write_nginx(folder, place, plain, secure, inner)
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", str(_gunicorn_settings(folder, inner))]
    gunicorn += ["--pid", str(folder / "gunicorn.pid"), "example_app:create_app()"]
    nginx = [str(program("nginx")), "-c", str(folder / "nginx.conf")]
    log, out = folder / "gunicorn.out", folder / "nginx.out"
    with MailServer() as mailserver, ExitStack() as stack:
        service = {
            "cwd": checked_out(folder),
            "environment": environment(mailserver, FLASK_SECRET_KEY="c4f1e1" * 8),
        }
        stack.enter_context(running(gunicorn, ports=[inner], output=log, log=log, **service))
        stack.enter_context(running(nginx, ports=[plain, secure], output=out, log=folder / "error.log"))
        yield Site(plain, secure, place.ca_file, mailserver, folder)
    assert "Traceback" not in last_lines(log), last_lines(log)


@pytest.fixture(scope="module")
def site(server_place: Place) -> Iterator[Site]:
    """One for the module."""
    with running_site(server_place) as made:
        yield made


@pytest.fixture
def own_site(server_place: Place) -> Iterator[Site]:
    """One that a test may stop."""
    with running_site(server_place) as made:
        yield made


def _write_nginx(folder: Path, place: Place, plain: int, secure: int, inner: int) -> None:
    """Write the file of the site with other ports, names and certificate than it is shown with."""
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    certificates = place.ca_file.parent
    changes = (
        (r"127\.0\.0\.1:8000", f"127.0.0.1:{inner}"),
        (r"listen 80;", f"listen 127.0.0.1:{plain};"),
        (r"listen 443 ", f"listen 127.0.0.1:{secure} "),
        (r"server_name webmail\.example\.com", "server_name localhost"),
        (r"/etc/letsencrypt/live/webmail\.example\.com", str(certificates)),
    )
    for pattern, new in changes:
        text, count = re.subn(pattern, new, text)
        assert count, pattern
    (folder / "webmail.conf").write_text(text, "utf-8")
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder), "utf-8")


def _gunicorn_settings(folder: Path, port: int) -> Path:
    """Write gunicorn's settings with another port."""
    text = (DEPLOY / "gunicorn.conf.py").read_text("utf-8")
    assert "127.0.0.1:8000" in text
    file = folder / "gunicorn.conf.py"
    file.write_text(text.replace("127.0.0.1:8000", f"127.0.0.1:{port}"), "utf-8")
    return file
