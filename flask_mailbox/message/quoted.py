"""A reply without the history quoted below it: English and Chinese clients."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

# The line, or the lines joined, with which a client introduces what it quotes.
_INTRODUCTIONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^\s*>?\s*On\b.{4,300}\bwrote\s*:\s*$",  # Gmail, Apple, Thunderbird
        r"^\s*>?\s*.{1,200}\s(?:于|於|在).{4,100}(?:写道|寫道|写|寫)\s*[:：]\s*$",  # Gmail, Apple, QQ mobile in Chinese
        r"^\s*>?\s*(?:在|於|于)\s*.{4,300}(?:写道|寫道|写|寫)\s*[:：]\s*$",  # 163, Thunderbird
        r"^\s*>?\s*\d{4}[-/年].{4,200}(?:写道|寫道|写|寫|<[^<>]{3,200}>)\s*[:：]\s*$",  # Gmail
        r"^\s*.{0,120}<[^<>\s]{3,200}>\s*(?:wrote|writes|写道|寫道)\s*[:：]\s*$",
        r"^\s*At \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, .{1,200} wrote\s*:\s*$",  # 163 in English
        r"^\s*-{2,}\s*(?:Original(?: Message| Appointment)?|(?:Reply|Replied|Forwarded) message)\s*-{2,}\s*$",
        r"^\s*-{2,}\s*(?:原始邮件|原始郵件|回复的原邮件|转发的邮件|原邮件|原始信件|轉寄郵件|转发邮件信息)\s*-{2,}\s*$",
        r"^\s*_{20,}\s*$",  # Outlook's line above its header
    )
)
# Outlook and Foxmail repeat the header of what they quote: two of its fields in a row.
_HEADER = re.compile(
    r"^[ \t>]*\*?(?:From|发件人|寄件人|寄件者)[ \t]*[:：].*\n(?:[ \t>]*\n)?"
    r"[ \t>]*\*?(?:Sent|Date|To|Subject|发送时间|发送日期|日期|收件人|主题|寄件日期|傳送日期|时间|時間)[ \t]*[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_RULE = re.compile(r"^\s*-{5,}\s*$|^\s*_{5,}\s*$")
_SIGNED_BY_PHONE = re.compile(
    r"^\s*(?:sent from my (?:iphone|ipad|phone|mobile|android|samsung|huawei|galaxy).{0,60}|"
    r"get outlook for (?:ios|android).{0,80}|"
    r"发自我的.{1,40}|從我的.{1,40}傳送|从我的.{1,40}发送)\s*$", re.IGNORECASE)  # fmt: skip
_WINDOW = 4  # lines that an introduction may be folded over
_LONGEST_LINE = 400
_MOST_CANDIDATES = 2000  # lines that are looked at
_MOST_INTRODUCTIONS = 50


def strip_quoted(text: str) -> str:
    """Return what the writer of a reply wrote: without quoted history, introduction, signature.

    Quotes between the writer's own lines stay: they are what the lines answer to. A text that is all quote, such as
    a forwarded message without a comment, gives an empty string.
    """
    lines = _cut_history(text.replace("\r\n", "\n")).split("\n")
    lines = _cut_signature(lines)
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith(">")):
        lines.pop()
    while lines and (_is_introduction(lines[-1]) or _RULE.match(lines[-1]) or _SIGNED_BY_PHONE.match(lines[-1])):
        lines.pop()
        while lines and not lines[-1].strip():
            lines.pop()
    return "\n".join(lines).strip("\n")


def _cut_history(text: str) -> str:
    """Cut at the first introduction behind which nothing of the writer's own stands."""
    header = _HEADER.search(text)
    end = header.start() if header else len(text)
    lines = text[:end].split("\n")
    last_own = _last_own_line(lines)
    for number, width in islice(_introductions(lines), _MOST_INTRODUCTIONS):
        if last_own < number + width or not _is_marked(lines, number + width):
            return "\n".join(lines[:number])
    return text[:end]


def _introductions(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Yield where introductions begin and how many lines each takes; all end in a colon or a rule."""
    ends = (number for number, line in enumerate(lines) if line.rstrip().endswith((":", "：", "-", "_")))
    for last in islice(ends, _MOST_CANDIDATES):
        for first in range(max(0, last - _WINDOW + 1), last + 1):
            folded = lines[first : last + 1]
            if all(line.strip() and len(line) <= _LONGEST_LINE for line in folded):
                joined = " ".join([folded[0], *(line.strip().lstrip("> ") for line in folded[1:])])
                if _is_introduction(joined):
                    yield first, last - first + 1
                    break


def _is_introduction(line: str) -> bool:
    return len(line) <= 2 * _LONGEST_LINE and any(pattern.match(line) for pattern in _INTRODUCTIONS)


def _last_own_line(lines: list[str]) -> int:
    """Return the number of the last line that is not quoted by ``>``, the signature left out; -1 if there is none."""
    kept = _cut_signature(lines)
    for number in range(len(kept) - 1, -1, -1):
        line = kept[number]
        if line.strip() and not line.lstrip().startswith(">") and not _SIGNED_BY_PHONE.match(line):
            return number
    return -1


def _is_marked(lines: list[str], number: int) -> bool:
    """Tell whether the quote that begins here is marked with ``>``: only then can answers be told from it."""
    filled = [line for line in lines[number : number + 10] if line.strip()]
    return any(line.lstrip().startswith(">") for line in filled[:2])


def _cut_signature(lines: list[str]) -> list[str]:
    for number, line in enumerate(lines):
        if line in ("-- ", "--") and number:
            return lines[:number]
    return lines
