"""SEARCH with all keys of RFC 3501, UTF-8, and the counts of ESEARCH (RFC 4731)."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from ..mailstore import StoredMessage, canonical_flag
from ..profiles import IMAPManners
from . import wording
from .command import Command, Order
from .parser import Parser, Refusal, refusal_of
from .session import Session
from .text import header_text, whole_text

Test = Callable[[int, StoredMessage], bool]

RETURNS = ("MIN", "MAX", "ALL", "COUNT")
DEPTH_LIMIT = 100

FLAG_KEYS = {
    "ANSWERED": ("\\Answered", True),
    "DELETED": ("\\Deleted", True),
    "DRAFT": ("\\Draft", True),
    "FLAGGED": ("\\Flagged", True),
    "SEEN": ("\\Seen", True),
    "UNANSWERED": ("\\Answered", False),
    "UNDELETED": ("\\Deleted", False),
    "UNDRAFT": ("\\Draft", False),
    "UNFLAGGED": ("\\Flagged", False),
    "UNSEEN": ("\\Seen", False),
}
CONSTANT_KEYS = {"ALL": True, "OLD": True, "RECENT": False, "NEW": False}
HEADER_KEYS = ("BCC", "CC", "FROM", "SUBJECT", "TO")
DATE_KEYS = ("BEFORE", "ON", "SINCE", "SENTBEFORE", "SENTON", "SENTSINCE")


async def search(session: Session, order: Order) -> str | None:
    """SEARCH and UID SEARCH."""
    parser = order.parser
    returns = _parse_returns(parser)
    if returns is not None and not session.can("ESEARCH"):
        raise Refusal("Syntax error: RETURN is not known here", "BAD")
    parser.space()
    if parser.accept(b"CHARSET "):
        charset = parser.astring().decode("latin-1").upper()
        known = session.manners.search_charsets
        if charset not in known:
            raise Refusal(f"[BADCHARSET ({' '.join(known)})] That charset is not known here")
        parser.space()
    test = _parse_keys(session, parser, b"", 0)
    parser.end()
    found = [
        message.uid if order.uid else number
        for number, message in enumerate(session.view, 1)
        if not message.expunged and test(number, message)
    ]
    tag = order.tag.decode("ascii")
    await session.send(_plain(found) if returns is None else _extended(found, returns, tag, order.uid))
    return None


def _plain(found: list[int]) -> bytes:
    return b" ".join([b"* SEARCH", *(b"%d" % number for number in found)])


def _extended(found: list[int], returns: set[str], tag: str, uid: bool) -> bytes:
    words = [f'* ESEARCH (TAG "{tag}")'] + (["UID"] if uid else [])
    if found and "MIN" in returns:
        words.append(f"MIN {found[0]}")
    if found and "MAX" in returns:
        words.append(f"MAX {found[-1]}")
    if found and "ALL" in returns:
        words.append(f"ALL {wording.uid_set(found)}")
    if "COUNT" in returns:
        words.append(f"COUNT {len(found)}")
    return " ".join(words).encode()


def _parse_returns(parser: Parser) -> set[str] | None:
    if not parser.accept(b" RETURN ("):
        return None
    returns: set[str] = set()
    while not parser.accept(b")"):
        parser.accept(b" ")
        returns.add(parser.atom())
    if not returns <= set(RETURNS):
        raise parser.bad("MIN, MAX, ALL or COUNT")
    return returns or {"ALL"}


def _parse_keys(session: Session, parser: Parser, closing: bytes, depth: int) -> Test:
    if depth > DEPTH_LIMIT:
        raise Refusal("[TOOBIG] Too many parentheses", "BAD")
    tests = [_parse_key(session, parser, depth)]
    while not (parser.accept(closing) if closing else not parser.rest):
        parser.space()
        tests.append(_parse_key(session, parser, depth))
    if len(tests) == 1:
        return tests[0]
    return lambda number, message: all(test(number, message) for test in tests)


def _parse_key(session: Session, parser: Parser, depth: int) -> Test:
    if depth > DEPTH_LIMIT:
        raise Refusal("[TOOBIG] Too many nested keys", "BAD")
    if parser.accept(b"("):
        return _parse_keys(session, parser, b")", depth + 1)
    if parser.peek(b"*") or parser.data[parser.position : parser.position + 1].isdigit():
        chosen = set(session.numbers(parser.sequence_set(), uid=False))
        return lambda number, message: number in chosen
    key = parser.atom()
    if key in CONSTANT_KEYS:
        constant = CONSTANT_KEYS[key]
        return lambda number, message: constant
    if key in FLAG_KEYS:
        flag, wanted = FLAG_KEYS[key]
        return lambda number, message: (flag in message.flags) == wanted
    parser.space()
    if key == "NOT":
        negated = _parse_key(session, parser, depth + 1)
        return lambda number, message: not negated(number, message)
    if key == "OR":
        first = _parse_key(session, parser, depth + 1)
        parser.space()
        second = _parse_key(session, parser, depth + 1)
        return lambda number, message: first(number, message) or second(number, message)
    if key == "UID":
        uids = {session.view[number - 1].uid for number in session.numbers(parser.sequence_set(), uid=True)}
        return lambda number, message: message.uid in uids
    if key == "X-GM-RAW" and session.can("X-GM-EXT-1"):
        words = _search_text(parser).split()
        return lambda number, message: all(word in whole_text(message.structure, headers=True) for word in words)
    if key in (*HEADER_KEYS, "HEADER", "BODY", "TEXT"):
        return _parse_words_key(key, parser, session.manners)
    return _parse_value_key(key, parser)


def _parse_value_key(key: str, parser: Parser) -> Test:
    if key in ("KEYWORD", "UNKEYWORD"):
        flag, wanted = canonical_flag(parser.flag()), key == "KEYWORD"
        return lambda number, message: (flag in message.flags) == wanted
    if key in ("LARGER", "SMALLER"):
        size, sign = parser.number(), 1 if key == "LARGER" else -1
        return lambda number, message: (len(message.raw) - size) * sign > 0
    if key in DATE_KEYS:
        return _date_test(key, parser.date())
    raise parser.bad("a search key")


def _parse_words_key(key: str, parser: Parser, manners: IMAPManners) -> Test:
    name = key
    if key == "HEADER":
        name = parser.astring().decode("latin-1")
        parser.space()
        if manners.header_search_refusal and name.lower() != "message-id":
            raise refusal_of(manners.header_search_refusal)
    text = _search_text(parser)
    whole = key in ("BODY", "TEXT")
    if manners.search_words == "ignored" and not whole:
        return lambda number, message: True
    if _finds_nothing(name, text, manners):
        return lambda number, message: False
    if whole:
        return lambda number, message: text in whole_text(message.structure, headers=key == "TEXT")
    return _header_test(name, text)


def _finds_nothing(name: str, text: str, manners: IMAPManners) -> bool:
    """Whether the profile's servers never find these words."""
    if name.lower() == "message-id" and not manners.message_id_search:
        return True
    return manners.search_words == "none" or (manners.search_words == "ascii" and not text.isascii())


def _search_text(parser: Parser) -> str:
    try:
        return parser.astring().decode("utf-8").casefold()
    except UnicodeDecodeError:
        raise Refusal("[BADCHARSET (UTF-8)] That text is not UTF-8") from None


def _header_test(name: str, text: str) -> Test:
    wanted = name.lower().encode("latin-1")

    def test(number: int, message: StoredMessage) -> bool:
        values = [value for key, value in message.structure.fields if key.lower() == wanted]
        return any(text in header_text(value) for value in values)

    return test


def _date_test(key: str, wanted: datetime.date) -> Test:
    sent = key.startswith("SENT")

    def test(number: int, message: StoredMessage) -> bool:
        day = _sent_date(message) if sent else message.date.date()
        if day is None:
            return False
        if key.endswith("BEFORE"):
            return day < wanted
        return day >= wanted if key.endswith("SINCE") else day == wanted

    return test


def _sent_date(message: StoredMessage) -> datetime.date | None:
    try:
        return parsedate_to_datetime((message.structure.get(b"date") or b"").decode("latin-1")).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


COMMANDS = {"SEARCH": Command(search, "folder", uid=True)}
