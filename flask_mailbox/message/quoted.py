"""A reply without the history quoted below it: English and Chinese clients."""

from __future__ import annotations

import re

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
        r"^\s*-{20,}\s*$(?=\n\s*(?:发件人|From)\s*[:：])",
    )
)
# Outlook and Foxmail repeat the header of what they quote: two of its fields in a row.
_HEADER = re.compile(
    r"^\s*\*?(?:From|发件人|寄件人|寄件者)\s*[:：]\s*\*?.*\n(?:\s*\n)?"
    r"\s*\*?(?:Sent|Date|To|Subject|发送时间|发送日期|日期|收件人|主题|寄件日期|傳送日期|时间|時間)\s*[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_RULE = re.compile(r"^\s*-{5,}\s*$|^\s*_{5,}\s*$")
_SIGNED_BY_PHONE = re.compile(
    r"^\s*(?:sent from my (?:iphone|ipad|phone|mobile|android|samsung|huawei|galaxy).{0,60}|"
    r"get outlook for (?:ios|android).{0,80}|"
    r"发自我的.{1,40}|從我的.{1,40}傳送|从我的.{1,40}发送)\s*$", re.IGNORECASE)  # fmt: skip
_WINDOW = 4  # lines that an introduction may be folded over
_LONGEST_LINE = 400


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
    for number in range(len(lines)):
        width = _introduction_width(lines, number)
        if width and not _answers_below(lines[number + width :]):
            return "\n".join(lines[:number])
    return text[:end]


def _introduction_width(lines: list[str], number: int) -> int:
    """Return how many lines an introduction that begins here takes; 0 if none does."""
    if not lines[number].strip() or len(lines[number]) > _LONGEST_LINE:
        return 0
    joined = ""
    for width, line in enumerate(lines[number : number + _WINDOW], 1):
        if width > 1 and (not line.strip() or len(line) > _LONGEST_LINE):
            return 0
        joined = f"{joined} {line.strip().lstrip('> ')}" if joined else line
        if _is_introduction(joined):
            return width
    return 0


def _is_introduction(line: str) -> bool:
    return len(line) <= 2 * _LONGEST_LINE and any(pattern.match(line) for pattern in _INTRODUCTIONS)


def _answers_below(lines: list[str]) -> bool:
    """Tell whether the writer goes on between or below the quotes: only where quotes are marked with ``>``."""
    marked = [line.lstrip().startswith(">") for line in lines if line.strip()]
    if not any(marked[:2]):
        return False
    rest = _cut_signature([line for line in lines if line.strip()])
    return any(not line.lstrip().startswith(">") and not _SIGNED_BY_PHONE.match(line) for line in rest)


def _cut_signature(lines: list[str]) -> list[str]:
    for number, line in enumerate(lines):
        if line in ("-- ", "--") and number:
            return lines[:number]
    return lines
