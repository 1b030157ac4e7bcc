"""What to look for: typed criteria that combine, compiled to SEARCH without a raw string (RFC 9051, 6.4.4)."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..errors import UsageError
from ..guard import guard
from .arguments import Argument, Literal, flag_list, number_sets, string

MAX_CRITERIA = 20
MAX_VALUE = 1_000
MAX_UIDS_BYTES = 7_000
"""Servers take command lines of at least 8,000 bytes (RFC 7162, 4)."""

TEXT_FIELDS = ("from_", "to", "cc", "bcc", "subject", "body", "text", "header")
"""Criteria that look at words: those that some servers answer wrongly."""

_FIELD_NAME = re.compile(r"[!-9;-~]{1,70}")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Criteria:
    """Something to look for; combine with ``&``, ``|`` and ``~``."""

    __slots__ = ()

    def __and__(self, other: Criteria) -> Criteria:
        return Both(self, _checked(other))

    def __or__(self, other: Criteria) -> Criteria:
        return Either(self, _checked(other))

    def __invert__(self) -> Criteria:
        return Not(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search(Criteria):
    """Criteria that all must hold; one without any finds everything.

    Words are looked for anywhere in the field, in any case of letters. Days are the server's.

    :param from_: Words in From; likewise ``to``, ``cc``, ``bcc``, ``subject``.
    :param body: Words in the body; ``text`` looks into the header too.
    :param header: A field's name and words in it; without words, the field must be there.
    :param since: Arrived on that day or later; ``before`` is earlier, ``on`` that very day.
    :param sent_since: Dated by its writer so; likewise ``sent_before``, ``sent_on``.
    :param larger: More bytes than that; ``smaller`` less.
    :param unseen: Unread, or read with ``False``; likewise ``answered``, ``flagged``, ``draft``, ``deleted``.
    :param keyword: A keyword (custom flag) that it carries.
    :param uids: Only among these.
    :param gmail: A search in Gmail's own language; only Gmail's servers understand it.
    """

    from_: str | None = None
    to: str | None = None
    cc: str | None = None
    bcc: str | None = None
    subject: str | None = None
    body: str | None = None
    text: str | None = None
    header: tuple[str, str] | None = None
    since: datetime.date | None = None
    before: datetime.date | None = None
    on: datetime.date | None = None
    sent_since: datetime.date | None = None
    sent_before: datetime.date | None = None
    sent_on: datetime.date | None = None
    larger: int | None = None
    smaller: int | None = None
    unseen: bool | None = None
    answered: bool | None = None
    flagged: bool | None = None
    draft: bool | None = None
    deleted: bool | None = None
    keyword: str | None = None
    uids: tuple[int, ...] | None = None
    gmail: str | None = None

    def given(self) -> Iterator[tuple[str, object]]:
        """Yield names and values of the criteria that are set."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is not None:
                yield field.name, value


@dataclass(frozen=True, slots=True)
class Both(Criteria):
    """Both must hold."""

    left: Criteria
    right: Criteria


@dataclass(frozen=True, slots=True)
class Either(Criteria):
    """At least one must hold."""

    left: Criteria
    right: Criteria


@dataclass(frozen=True, slots=True)
class Not(Criteria):
    """It must not hold."""

    inner: Criteria


def compile_criteria(criteria: Criteria) -> list[Argument]:
    """Return the keys of a SEARCH command; words outside ASCII are literals, which want ``CHARSET UTF-8``.

    :raises UsageError: If there are too many criteria, or one of the wrong type.
    :raises UnsafeValueError: If a value contains CR, LF or NUL.
    """
    if sum(1 for leaf in leaves(criteria) for _ in leaf.given()) > MAX_CRITERIA:
        raise UsageError(f"A search has at most {MAX_CRITERIA} criteria.")
    return _compile(criteria)


def leaves(criteria: Criteria) -> Iterator[Search]:
    """Yield the plain criteria that a combination is made of, at most so many that it must be refused."""
    waiting = [criteria]
    for _ in range(4 * MAX_CRITERIA):
        if not waiting:
            return
        node = _checked(waiting.pop())
        if isinstance(node, Search):
            yield node
        elif isinstance(node, Both | Either):
            waiting += [node.left, node.right]
        elif isinstance(node, Not):
            waiting.append(node.inner)
    raise UsageError(f"A search has at most {MAX_CRITERIA} criteria.")


def relaxed(criteria: Criteria, trusted: Callable[[str, object], bool]) -> Criteria:
    """Return criteria that find at least the same, and use only what ``trusted`` says of name and value."""
    if isinstance(criteria, Search):
        doubted = {name: None for name, value in criteria.given() if not trusted(name, value)}
        return dataclasses.replace(criteria, **doubted) if doubted else criteria
    if isinstance(criteria, Both):
        return Both(relaxed(criteria.left, trusted), relaxed(criteria.right, trusted))
    if isinstance(criteria, Either):
        return Either(relaxed(criteria.left, trusted), relaxed(criteria.right, trusted))
    sure = all(trusted(name, value) for leaf in leaves(criteria) for name, value in leaf.given())
    return criteria if sure else Search()


def _compile(criteria: Criteria) -> list[Argument]:
    if isinstance(criteria, Search):
        keys = [argument for name, value in criteria.given() for argument in _KEYS[name](name, value)]
        return keys or [b"ALL"]
    if isinstance(criteria, Both):
        return _compile(criteria.left) + _compile(criteria.right)
    if isinstance(criteria, Either):
        return [b"OR", *_grouped(criteria.left), *_grouped(criteria.right)]
    if isinstance(criteria, Not):
        return [b"NOT", *_grouped(criteria.inner)]
    raise UsageError("Search for a Search, or a combination of them.")


def _grouped(criteria: Criteria) -> list[Argument]:
    """Return one key: several go into parentheses."""
    keys = _compile(criteria)
    if (isinstance(criteria, Search) and len(list(criteria.given())) <= 1) or isinstance(criteria, Not | Either):
        return keys
    keys[0] = _around(keys[0], before=b"(")
    keys[-1] = _around(keys[-1], after=b")")
    return keys


def _around(argument: Argument, *, before: bytes = b"", after: bytes = b"") -> Argument:
    if isinstance(argument, Literal):
        return Literal(argument.data, before + argument.before, argument.after + after)
    return before + argument + after


def _checked(criteria: object) -> Criteria:
    if not isinstance(criteria, Criteria):
        raise UsageError("Search for a Search, or a combination of them.")
    return criteria


# One converter for each kind of key


def _words(name: str, value: object) -> list[Argument]:
    return [name.rstrip("_").upper().encode(), _text(value, name)]


def _header(name: str, value: object) -> list[Argument]:
    field, words = value if isinstance(value, tuple) and len(value) == 2 else ("", "")
    if not isinstance(field, str) or not _FIELD_NAME.fullmatch(field):
        raise UsageError("Search for a header by its name and words: header=('List-Id', 'flask').")
    return [b"HEADER", string(field, "header name"), _text(words, name, empty=True)]


def _day(name: str, value: object) -> list[Argument]:
    if not isinstance(value, datetime.date):
        raise UsageError(f"'{name}' wants a date.")
    return [name.replace("_", "").upper().encode(), f"{value.day}-{_MONTHS[value.month - 1]}-{value.year:04d}".encode()]


def _size(name: str, value: object) -> list[Argument]:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**32:
        raise UsageError(f"'{name}' wants a number of bytes.")
    return [name.upper().encode(), b"%d" % value]


def _flag(name: str, value: object) -> list[Argument]:
    if not isinstance(value, bool):
        raise UsageError(f"'{name}' wants True or False.")
    if name == "unseen":
        return [b"UNSEEN" if value else b"SEEN"]
    return [(name if value else f"un{name}").upper().encode()]


def _keyword(name: str, value: object) -> list[Argument]:
    if not isinstance(value, str) or value.startswith("\\"):
        raise UsageError("'keyword' wants a keyword without a backslash; for \\Flagged and friends use 'flagged=True'.")
    return [b"KEYWORD", flag_list([value])[1:-1]]


def _uids(name: str, value: object) -> list[Argument]:
    sets = list(number_sets(value if isinstance(value, Iterable) else (), MAX_UIDS_BYTES))
    if len(sets) != 1:
        raise UsageError("'uids' wants some uids, not none and not too many to name on one line.")
    return [b"UID", sets[0][0]]


def _gmail(name: str, value: object) -> list[Argument]:
    return [b"X-GM-RAW", _text(value, name)]


def _text(value: object, name: str, *, empty: bool = False) -> Argument:
    if not isinstance(value, str) or len(value) > MAX_VALUE or not (value or empty):
        raise UsageError(f"'{name}' wants a text of 1 to {MAX_VALUE} characters.")
    return string(guard(value, f"search for '{name}'"), f"search for '{name}'")


_KEYS: dict[str, Callable[[str, object], list[Argument]]] = {
    **dict.fromkeys(("from_", "to", "cc", "bcc", "subject", "body", "text"), _words),
    "header": _header,
    **dict.fromkeys(("since", "before", "on", "sent_since", "sent_before", "sent_on"), _day),
    **dict.fromkeys(("larger", "smaller"), _size),
    **dict.fromkeys(("unseen", "answered", "flagged", "draft", "deleted"), _flag),
    "keyword": _keyword,
    "uids": _uids,
    "gmail": _gmail,
}
