"""All measurements: prints the ratios and writes them to ``docs/reference/benchmarks.md`` (``make bench``)."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from . import building, catchup, http, imap, memory, parsing, pop3, sending, webmail
from .aims import aim_of
from .parsing import Peak, Row

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "benchmarks.md"
PEERS = (
    "Flask-Mail", "flask-mailman", "redmail", "aiosmtplib", "imapclient", "imap-tools", "aioimaplib",
    "mail-parser", "fast-mail-parser",
)  # fmt: skip
SECTIONS: dict[str, tuple[Callable[[], list[Row]] | Callable[[], list[Peak]], str]] = {
    "Parsing": (parsing.measure, "A seeded set of 200 mixed messages; no network."),
    "Building": (building.measure, "One message."),
    "Sending": (
        partial(sending.measure, full=True),
        "Into Postfix's smtp-sink without TLS, and through a Postfix that asks for TLS and sign-in; the ratios are "
        "those of `send`, one call a message. The raw socket is the limit: the same bytes, read by nobody.",
    ),
    "Reading over IMAP": (imap.measure, "From Dovecot on loopback, without TLS."),
    "Catching up over IMAP": (catchup.measure, "After 100 changes of flags, 100 new messages and 50 that went."),
    "Reading over POP3": (pop3.measure, "From Dovecot on loopback, without TLS."),
    "Memory": (
        memory.measure,
        "Reading over IMAP, each client in a process of its own: the largest size it ever had, in megabytes, and of it "
        "what Python and the imports took. Flask alone takes 31.",
    ),
    "The JSON API": (
        http.measure,
        "In one process, Dovecot behind it: the CPU time of a page through the API, and what of it is the library's; "
        "and how soon the first byte of a large attachment comes.",
    ),
    "The JSON API's memory": (
        http.measure_memory,
        "The largest size of a process that sends a large attachment, and what Python and the imports took of it.",
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
            print(f"  {' | '.join(f'{cell:<26}' for cell in _cells(row))}".rstrip())
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


def _table(name: str, about: str, rows: Sequence[Row | Peak]) -> str:
    titles = ("task", "with", "median", "flask-mailbox is", "aim")
    if rows and isinstance(rows[0], Peak):
        titles = ("task", "with", "peak", "before it began", "growth")
    lines = [f"## {name}\n", f"{about}\n", f"| {' | '.join(titles)} |", "|---|---|---:|---:|---:|"]
    lines += [f"| {' | '.join(_cells(row))} |" for row in rows]
    return "\n".join(lines) + "\n"


def _cells(row: Row | Peak) -> tuple[str, ...]:
    if isinstance(row, Peak):
        growth = row.peak - row.before
        return (row.task, row.client, f"{row.peak:.0f} MB", f"{row.before:.0f} MB", f"{growth:.0f} MB")
    ours = row.parser.startswith("flask-mailbox")
    ratio = "" if ours else f"{row.ratio:.1f} times as fast"
    aim = aim_of(row.task, row.parser)
    return (row.task, row.parser, _shown(row.seconds), ratio, _aim(row, aim) if aim else "")


def _aim(row: Row, aim: float) -> str:
    """Return the aim, and whether it was met."""
    return f"{aim:.1f}: {'met' if row.ratio >= aim else 'missed'}"


def _shown(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"


if __name__ == "__main__":
    main()
