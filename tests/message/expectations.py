"""What the authors of other parsers expect of their own test messages, in our words.

Each function gives, for one message, pairs of what they say and what we read, by field.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from flask_mailbox.message import Address, ReceivedMessage, parse_message
from flask_mailbox.message.parts import Part

Pair = tuple[str, object, object]


def _plain(text: str | None) -> str:
    return " ".join((text or "").split())


def _addresses(people: tuple[Address, ...]) -> list[str]:
    return [person.address for person in people]


def imap_tools(path: Path) -> Iterator[Pair]:
    """Compare with the values that imap_tools expects."""
    said = json.loads((path.parents[1] / "expected" / _imap_tools_name(path)).read_text())
    message = parse_message(path.read_bytes())
    yield "subject", _plain(said["subject"]), _plain(message.subject)
    yield "from", [said["from_"]], _addresses(message.from_) or [""]
    for name in ("to", "cc", "bcc", "reply_to"):
        yield name, said[name], _addresses(getattr(message, name))
    yield "date", said["date"], _naive(message.date, said["date"])
    yield "text", _plain(said["text"]), _plain(message.text)
    yield "html", _plain(said["html"]), _plain(message.html)
    files = [(file["filename"], file["content_type"]) for file in said["attachments"]]
    yield "files", files, [(file.filename or "", file.content_type) for file in message.attachments]
    payloads = [base64.b64decode(file["payload"]["base64"]).split() for file in said["attachments"]]
    yield "contents", payloads, [file.content.split() for file in message.attachments]


def _imap_tools_name(path: Path) -> str:
    names = {file.stem for file in (path.parents[1] / "expected").iterdir()}
    return max((name for name in names if path.stem.endswith("_" + name)), key=len) + ".json"


def _naive(date: datetime | None, said: str) -> str:
    """Return a date in their form: without a zone where the message has none, 1900 where it cannot be read."""
    if date is None:
        return "1900-01-01T00:00:00"
    return (date if re.search(r"[+-]\d\d:\d\d$", said) else date.replace(tzinfo=None)).isoformat()


def stalwart(path: Path) -> Iterator[Pair]:
    """Compare with the JSON of Stalwart's parser."""
    folder, number = re.search(r"eml_(\w+)_(\d+)\.eml$", path.name).groups()  # type: ignore[union-attr]
    said = json.loads((path.parents[1] / "expected/resources/eml" / folder / f"{number}.json").read_text())
    message = parse_message(path.read_bytes())
    fields: dict[str, Any] = {}
    for header in said["parts"][0]["headers"]:
        if isinstance(header["name"], str):
            fields.setdefault(header["name"], header["value"])
    yield "subject", _plain(_text(fields.get("subject"))), _plain(message.subject)
    yield "message_id", _text(fields.get("message_id")), (message.message_id or "").strip("<>")
    yield "date", _stalwart_date(fields.get("date")), message.date
    for name, ours in (("from", message.from_), ("to", message.to), ("cc", message.cc), ("sender", message.sender)):
        yield name, _stalwart_people(fields.get(name)), [(_plain(each.name), each.address) for each in ours]
    theirs = [part for part in said["parts"] if "Multipart" not in part["body"]]
    leaves = message.structure.leaves()
    yield "leaves", len(theirs), len(leaves)
    yield "texts", [_plain(text) for text in map(_stalwart_text, theirs) if text is not None], _texts(message, leaves)


def _texts(message: ReceivedMessage, leaves: list[Part]) -> list[str]:
    kinds = ("text/plain", "text/html")
    raw = [parse_message(b"Content-Type: " + _type(leaf) + b"\n\n" + leaf.decode(set())) for leaf in leaves]
    return [
        _plain(each.text if each.html is None else each.html) for each in raw if each.structure.content_type in kinds
    ]


def _type(leaf: Part) -> bytes:
    charset = leaf.content.parameters.get("charset")
    return (leaf.content_type + (f'; charset="{charset}"' if charset else "")).encode()


def _stalwart_text(part: dict[str, Any]) -> str | None:
    body = part["body"]
    return next((body[kind] for kind in ("Text", "Html") if kind in body), None)


def _text(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    found = value.get("Text") or (value.get("TextList") or [""])[0]
    return str(found)


def _stalwart_date(value: Any) -> datetime | None:
    if not isinstance(value, dict):
        return None
    date = value["DateTime"]
    offset = timedelta(hours=date["tz_hour"], minutes=date["tz_minute"])
    zone = timezone(-offset if date["tz_before_gmt"] else offset) if offset else UTC
    clock = [date[name] for name in ("year", "month", "day", "hour", "minute", "second")]
    try:
        return datetime(*clock, tzinfo=zone)
    except ValueError:
        return None


def _stalwart_people(value: Any) -> list[tuple[str, str]]:
    if not isinstance(value, dict):
        return []
    lists = value["Address"]
    people = lists.get("List") or [each for group in lists.get("Group", []) for each in group["addresses"]]
    return [(_plain(each["name"]), each["address"] or "") for each in people]


def mime4j(path: Path) -> Iterator[Pair]:
    """Compare with the decoded parts that MIME4J expects."""
    name = path.name.removeprefix("mime4j__core_src_test_resources_").removesuffix(".msg.eml")
    folder, _, stem = name.partition("_")
    place = path.parents[1] / "expected/core/src/test/resources" / folder
    said = sorted(file.read_bytes().split() for file in place.glob(f"{stem}_decoded_*"))
    ours = sorted(content.split() for content in _all_leaves(parse_message(path.read_bytes())))
    yield "leaves", len(said), len(ours)
    yield "contents", said, ours


def _all_leaves(message: ReceivedMessage, depth: int = 0) -> Iterator[bytes]:
    for leaf in message.structure.leaves():
        content = leaf.decode(set())
        if leaf.content_type == "message/rfc822" and depth < 20:
            yield from _all_leaves(parse_message(content), depth + 1)
        else:
            yield content


def libetpan(path: Path) -> Iterator[Pair]:
    """Compare with the structure that MailCore, on libetpan, expects."""
    folder, number = re.search(r"input_mbox_(\w+)_(\d+)\.eml$", path.name).groups()  # type: ignore[union-attr]
    place = path.parents[1] / "expected/unittest/mime-parser/data/output/mbox" / folder / number
    said = json.loads(place.read_text(errors="replace"))
    message = parse_message(path.read_bytes())
    header = said["header"]
    yield "subject", _plain(header.get("subject")), _plain(message.subject)
    if header.get("messageID") != "MyMessageID123@mail.gmail.com":  # what MailCore invents where there is none
        yield "message_id", header.get("messageID", ""), (message.message_id or "").strip("<>")
    people = [header["from"]] if "from" in header else []
    yield "from", [each.get("mailbox", "") for each in people], _addresses(message.from_)
    yield "to", [each.get("mailbox", "") for each in header.get("to", {}).get("items", [])], _addresses(message.to)
    yield "leaves", list(_etpan_leaves(said["mainPart"])), [leaf.content_type for leaf in message.structure.leaves()]


def _etpan_leaves(part: dict[str, Any]) -> Iterator[str]:
    if "parts" in part:
        for child in part["parts"]["items"]:
            yield from _etpan_leaves(child)
    elif part["class"] == "mailcore::MessagePart":
        yield "message/rfc822"
    else:
        yield part.get("mimeType", "").lower()
