"""All measurements: prints the ratios and writes them to ``docs/reference/benchmarks.md`` (``make bench``)."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from . import building, catchup, http, imap, parsing, pop3, sending, webmail
from .parsing import Row

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "benchmarks.md"
PEERS = (
    "Flask-Mail", "flask-mailman", "redmail", "aiosmtplib", "imapclient", "imap-tools",
    "mail-parser", "fast-mail-parser",
)  # fmt: skip
SECTIONS: dict[str, tuple[Callable[[], list[Row]], str]] = {
    "Parsing": (parsing.measure, "A seeded set of 200 mixed messages; no network."),
    "Building": (building.measure, "One message."),
    "Sending": (
        sending.measure,
        "Into Postfix's smtp-sink without TLS, and through a Postfix that asks for TLS and sign-in; the ratios are "
        "those of `send`, one call a message. The raw socket is the limit: the same bytes, read by nobody.",
    ),
    "Reading over IMAP": (imap.measure, "From Dovecot on loopback, without TLS."),
    "Catching up over IMAP": (catchup.measure, "After 100 changes of flags, 100 new messages and 50 that went."),
    "Reading over POP3": (pop3.measure, "From Dovecot on loopback, without TLS."),
    "The JSON API": (
        http.measure,
        "CPU time in one process, Dovecot behind it: a page through the API, and what of it is the library's.",
    ),
    "The example app": (
        webmail.measure,
        "On the embedded server, in one process and without a network; how many times as fast the JSON API is alone "
        "shows what the page, and then the browser, add to it.",
    ),
}


def main() -> None:
    """Measure everything, or the sections that are named."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("sections", nargs="*", help=f"some of: {', '.join(SECTIONS)}")
    wanted = arguments.parse_args().sections or list(SECTIONS)
    pages = [_head()]
    for name in wanted:
        measure, about = SECTIONS[name]
        print(f"\n{name}: {about}")
        rows = measure()
        for row in rows:
            print(f"  {row.task:<28} {row.parser:<24} {_shown(row.seconds):>11}   ours is {row.ratio:5.1f} x as fast")
        pages.append(_table(name, about, rows))
    if wanted == list(SECTIONS):
        PAGE.write_text("\n".join(pages), "utf-8")


def _head() -> str:
    return f"""# Benchmarks

Measured with `make bench`: interleaved rounds, medians, on one machine with two cores.
Absolute times move from machine to machine and from run to run; only the ratios within a table count.

Python {platform.python_version()}, {_versions()}.
"""


def _versions() -> str:
    found = []
    for name in PEERS:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def _table(name: str, about: str, rows: list[Row]) -> str:
    lines = [f"## {name}\n", f"{about}\n", "| task | with | median | flask-mailbox is |", "|---|---|---:|---:|"]
    lines += [f"| {row.task} | {row.parser} | {_shown(row.seconds)} | {_ratio(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _ratio(row: Row) -> str:
    return "" if row.parser.startswith("flask-mailbox") else f"{row.ratio:.1f} times as fast"


def _shown(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"


if __name__ == "__main__":
    main()
