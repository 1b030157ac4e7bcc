"""How fast messages are parsed, beside the standard library and the parsers of PyPI.

Interleaved rounds over one seeded set of mixed messages; the median of each; only the ratios mean something on
another machine. Parsers that are not installed are left out. Run it with ``python -m benchmarks.parsing``.
"""

from __future__ import annotations

import argparse
import email
import email.policy
import email.utils
import gc
import statistics
import time
from collections.abc import Callable
from email.header import decode_header, make_header
from importlib import import_module
from importlib.metadata import version
from typing import Any, NamedTuple

from flask_mailbox.message import parse_message

from .mixed_messages import mixed_messages

Parser = Callable[[bytes], object]


class Row(NamedTuple):
    """One parser's median for the whole set, and how many times as fast ours is."""

    task: str
    parser: str
    seconds: float
    ratio: float


class Peak(NamedTuple):
    """The largest size of a process that did one task, and its size before it began; in megabytes."""

    task: str
    client: str
    peak: float
    before: float


def ours_everything(raw: bytes) -> object:
    message = parse_message(raw)
    fields = (
        message.subject,
        message.from_,
        message.to,
        message.cc,
        message.date,
        message.message_id,
        message.references,
    )
    return (fields, message.text, message.html, [(file.filename, file.content) for file in message.attachments])


def ours_structure(raw: bytes) -> object:
    message = parse_message(raw)
    parts = [(part.section, part.content_type) for part in message.structure.leaves()]
    return (message.subject, message.from_, message.to, message.date, message.message_id, parts)


def _compat32_fields(message: Any) -> object:
    def text(name: str) -> str:
        return str(make_header(decode_header(message.get(name, ""))))

    def addresses(name: str) -> list[tuple[str, str]]:
        found = email.utils.getaddresses(message.get_all(name, []))
        return [(str(make_header(decode_header(shown))), address) for shown, address in found]

    date = email.utils.parsedate_to_datetime(message["date"])
    return (text("subject"), addresses("from"), addresses("to"), addresses("cc"), date, message["message-id"])


def email_compat32(raw: bytes) -> object:
    message = email.message_from_bytes(raw)
    bodies = []
    for part in message.walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            if part.get_content_maintype() == "text":
                content = content.decode(part.get_content_charset("utf-8"), "replace")
            bodies.append((part.get_filename(), content))
    return (_compat32_fields(message), bodies)


def email_default(raw: bytes) -> object:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    fields = (str(message["subject"]), message["from"].addresses, message["to"].addresses, message["date"].datetime)
    parts = [(part.get_filename(), part.get_content()) for part in message.walk() if not part.is_multipart()]
    return (fields, message["message-id"], parts)


def email_structure(raw: bytes) -> object:
    message = email.message_from_bytes(raw)
    return (_compat32_fields(message), [part.get_content_type() for part in message.walk()])


def imap_tools(module: Any) -> Parser:
    def parse(raw: bytes) -> object:
        message = module.MailMessage.from_bytes(raw)
        fields = (message.subject, message.from_values, message.to_values, message.cc_values, message.date)
        return (fields, message.text, message.html, [(file.filename, file.payload) for file in message.attachments])

    return parse


def mail_parser(module: Any) -> Parser:
    def parse(raw: bytes) -> object:
        message = module.parse_from_bytes(raw)
        fields = (message.subject, message.from_, message.to, message.cc, message.date, message.message_id)
        return (fields, message.text_plain, message.text_html, message.attachments)

    return parse


def fast_mail_parser(module: Any) -> Parser:
    def parse(raw: bytes) -> object:
        message = module.parse_email(raw)
        files = [(file.filename, file.content) for file in message.attachments]
        return (message.subject, message.date, message.text_plain, message.text_html, files)

    return parse


def parsers() -> dict[str, dict[str, Parser]]:
    """Return the parsers of each task that are installed here, ours first."""
    everything: dict[str, Parser] = {
        "flask-mailbox": ours_everything,
        "email (compat32)": email_compat32,
        "email (default policy)": email_default,
    }
    others = (("imap-tools", "imap_tools", imap_tools), ("mail-parser", "mailparser", mail_parser),
              ("fast-mail-parser", "fast_mail_parser", fast_mail_parser))  # fmt: skip
    for name, module, wrap in others:
        try:
            everything[f"{name} {version(name)}"] = wrap(import_module(module))
        except ImportError:
            continue
    structure: dict[str, Parser] = {"flask-mailbox": ours_structure, "email (compat32)": email_structure}
    return {"everything decoded": everything, "envelope and structure": structure}


def measure(count: int = 200, rounds: int = 5) -> list[Row]:
    """Time every parser over ``count`` messages, in interleaved rounds."""
    messages = mixed_messages(count)
    rows = []
    for task, found in parsers().items():
        times: dict[str, list[float]] = {name: [] for name in found}
        for _ in range(rounds):
            for name, parse in found.items():
                times[name].append(_time(parse, messages))
        medians = {name: statistics.median(each) for name, each in times.items()}
        own = medians["flask-mailbox"]
        rows += [Row(task, name, seconds, seconds / own) for name, seconds in medians.items()]
    return rows


def _time(parse: Parser, messages: list[bytes]) -> float:
    gc.collect()
    started = time.perf_counter()
    for raw in messages:
        parse(raw)
    return time.perf_counter() - started


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=200, help="1000 make 184 MB")
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    size = sum(map(len, mixed_messages(chosen.messages)))
    print(f"{chosen.messages} messages, {size / 1e6:.0f} MB, {chosen.rounds} interleaved rounds")
    for row in measure(chosen.messages, chosen.rounds):
        print(f"{row.task:24} {row.parser:28} {row.seconds:8.3f} s   ours is {row.ratio:5.1f} times as fast")


if __name__ == "__main__":
    main()
