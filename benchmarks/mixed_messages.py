"""A seeded set of mixed messages: what a busy mailbox holds, by size and shape."""

from __future__ import annotations

import base64
import quopri
import random
import textwrap

_WORDS = ("the", "report", "for", "next", "week", "is", "attached", "please", "check", "figures", "and", "answer")
_NAMES = ("Ann Miller", "Jörg Müller", "王小明", "Иван Петров", "Zoë Fàbregas", "佐藤 花子")
_CHINESE = "你好，附件是本周的报告，请查收。如有问题请随时联系我们。"


def mixed_messages(count: int, seed: int = 7) -> list[bytes]:
    """Return messages: half small texts, a third text with HTML, the rest with files; 184 KB on average."""
    chance = random.Random(seed)
    return [_message(number, chance) for number in range(count)]


def _message(number: int, chance: random.Random) -> bytes:
    kind = chance.random()
    if kind < 0.5:
        return _header(number, chance) + _text_part(chance, chance.randint(200, 6000))
    if kind < 0.82:
        return _header(number, chance) + _alternative(chance, f"alt{number}")
    size = int(chance.triangular(20_000, 1_100_000, 100_000)) if kind < 0.98 else chance.randint(2_000_000, 6_000_000)
    return _header(number, chance) + _with_files(chance, f"mixed{number}", size)


def _header(number: int, chance: random.Random) -> bytes:
    received = "".join(
        f"Received: from mx{hop}.example.net (mx{hop}.example.net [192.0.2.{hop}])\r\n"
        f"\tby in{hop}.example.org (Postfix) with ESMTPS id {chance.getrandbits(40):010X}\r\n"
        f"\tfor <ann@example.org>; Mon, 5 Oct 2026 10:0{hop}:00 +0000 (UTC)\r\n"
        for hop in range(1, 5)
    )
    signature = base64.b64encode(chance.randbytes(256)).decode()
    folded = "\r\n\t ".join(textwrap.wrap(signature, 70))
    recipients = ",\r\n ".join(
        f"{_word(chance.choice(_NAMES))} <user{n}@example.org>" for n in range(chance.randint(1, 6))
    )
    subject = chance.choice([_sentence(chance, 6), _CHINESE[:14], f"Re: Größe {number}"])
    return (
        f"Return-Path: <bounce-{number}@example.net>\r\n{received}"
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; s=k1;\r\n\t b={folded}\r\n"
        f"From: {_word(chance.choice(_NAMES))} <sender{number}@example.net>\r\nTo: {recipients}\r\n"
        f"Subject: {_word(subject)}\r\nDate: Mon, 05 Oct 2026 {number % 24:02}:{number % 60:02}:00 +0800\r\n"
        f"Message-ID: <{number}.{chance.getrandbits(64):x}@example.net>\r\nMIME-Version: 1.0\r\n"
        f"X-Mailer: Example 1.0\r\nList-Unsubscribe: <https://example.net/u/{number}>\r\n"
    ).encode()


def _word(text: str) -> str:
    if text.isascii():
        return text
    return "=?utf-8?B?" + base64.b64encode(text.encode()).decode() + "?="


def _sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choice(_WORDS) for _ in range(words))


def _text(chance: random.Random, size: int) -> str:
    lines = [_CHINESE if chance.random() < 0.1 else _sentence(chance, 12) for _ in range(max(1, size // 60))]
    return "\r\n".join(lines) + "\r\n"


def _text_part(chance: random.Random, size: int) -> bytes:
    text = _text(chance, size).encode()
    if chance.random() < 0.5:
        return b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + text
    head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head + quopri.encodestring(text.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")


def _html_part(chance: random.Random, size: int) -> bytes:
    row = '<tr><td style="color:#333;padding:4px"><a href="https://example.net/{n}">{text}</a></td></tr>\r\n'
    rows = "".join(row.format(n=n, text=_sentence(chance, 8)) for n in range(max(1, size // 130)))
    body = f"<html><body><table>{rows}</table></body></html>".encode()
    head = b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head + quopri.encodestring(body.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")


def _alternative(chance: random.Random, boundary: str) -> bytes:
    text = _text_part(chance, chance.randint(500, 4000))
    return _multipart("alternative", boundary, [text, _html_part(chance, chance.randint(2_000, 40_000))])


def _with_files(chance: random.Random, boundary: str, size: int) -> bytes:
    files = chance.randint(1, 4)
    parts = [_alternative(chance, boundary + "inner")]
    for number in range(files):
        name = chance.choice(["report.pdf", "图片.png", "Übersicht.xlsx"])
        head = (
            f'Content-Type: application/octet-stream; name="{_word(name)}"\r\nContent-Transfer-Encoding: base64\r\n'
            f'Content-Disposition: attachment; filename="{_word(name)}"\r\nContent-ID: <{number}@example.net>\r\n\r\n'
        )
        parts.append(head.encode() + base64.encodebytes(chance.randbytes(size // files)).replace(b"\n", b"\r\n"))
    return _multipart("mixed", boundary, parts)


def _multipart(kind: str, boundary: str, parts: list[bytes]) -> bytes:
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    delimiter = f"--{boundary}\r\n".encode()
    return head + b"".join(delimiter + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
