"""``make demo``: a mail server with two accounts and some mail, and the example app in front of it."""

from __future__ import annotations

import logging
import os
import signal
import threading

from werkzeug.serving import make_server

from flask_mailbox.devserver import MailServer

from . import create_app, demo
from .seed import seed

HOST = "127.0.0.1"
PORT = 5000


def main() -> None:
    """Run both servers until Ctrl-C."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # a line for each request would hide where to go
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with MailServer(users=demo.ACCOUNTS) as server:
        seed(server, *demo.ACCOUNTS)
        path = demo.write_file(server.config(next(iter(demo.ACCOUNTS))))
        try:
            _serve(create_app({"PRIVATE_SERVERS": True}), server, ended)
        finally:
            path.unlink(missing_ok=True)


def _serve(app: object, server: MailServer, ended: threading.Event) -> None:
    try:
        web = make_server(HOST, int(os.environ.get("PORT", PORT)), app, threaded=True)  # type: ignore[arg-type]
    except (OSError, SystemExit):
        web = make_server(HOST, 0, app, threaded=True)  # type: ignore[arg-type]
    thread = threading.Thread(target=web.serve_forever, daemon=True)
    thread.start()
    _tell(f"http://{HOST}:{web.server_port}/", server)
    while not ended.wait(1.0):  # a signal that another thread was woken for is seen at the next look
        pass
    web.shutdown()
    thread.join(5)
    web.server_close()
    print("\nStopped.")


def _tell(url: str, server: MailServer) -> None:
    print("\n  The flask-mailbox demo is running. Nothing leaves this machine.\n")
    print(f"  Open     {url}")
    print("  Sign in  choose “Demo” and open a mailbox there; by hand, or from a mail program of yours:")
    for address, password in demo.ACCOUNTS.items():
        print(f"             {address}   password: {password}")
    print(f"\n  Mail servers on {HOST}:  SMTP {server.smtps}   IMAP {server.imaps}   POP3 {server.pop3s}  (TLS)")
    print("  Test it  .venv/bin/flask --app example_app mailbox doctor --send")
    print("  Stop     Ctrl-C\n", flush=True)


if __name__ == "__main__":
    main()
