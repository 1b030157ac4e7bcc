"""Values as people write them: ``from_prefixed_env`` makes numbers, booleans and nulls of strings."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields

from ..account import RATE_UNITS, Rate
from ..reach import Network

TRUE = {"true", "1", "yes", "on"}
FALSE = {"false", "0", "no", "off"}
_RATE = re.compile(rf"(?P<count>[1-9]\d{{0,6}})\s*(?:/|per)\s*(?P<unit>{'|'.join(RATE_UNITS)})")
_USER_INFORMATION = re.compile(r"[^/\s]*:[^/\s]*@|(?<=://)[^/\s]*@")


def is_true(value: Any) -> bool:
    """Say whether a value means true that is read without being checked: ``"False"`` does not."""
    return bool(value) and str(value).strip().lower() not in FALSE


def shown(value: Any) -> str:
    """Return a value as an error may show it: user information is masked, and of a container only the kind is told."""
    if isinstance(value, str):
        return repr(_USER_INFORMATION.sub("***@", value))
    return repr(value) if value is None or isinstance(value, int | float) else f"a {type(value).__name__}"


class Text(fields.Field[str]):
    """A text; an integer becomes its digits (``163``)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            raise ValidationError(f"is {shown(value)}, and takes a text.")
        if not value.isprintable():
            raise ValidationError("contains a control character: remove it.")
        if "://" in value:
            raise ValidationError(f"is {shown(value)}, and takes no URL: servers go into SMTP, IMAP and POP3.")
        return value.strip()


class SecretText(fields.Field[Any]):
    """A password or token: a text, an integer that stands for its digits, or a callable; never shown."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if callable(value):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            kind = "null" if value is None else type(value).__name__
            raise ValidationError(
                f"arrived as {kind}, so what was written is lost. Quote it: in an environment variable write "
                f"""'"…"' with double quotes inside, in Python a string."""
            )
        if any(character in value for character in "\r\n\0"):
            raise ValidationError("contains a line break or a NUL, which no server takes: remove it.")
        if not value:
            raise ValidationError("is empty: set it, or leave it out.")
        return value


class Flag(fields.Field[bool]):
    """True or false, in the words that people use."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        word = str(value).strip().lower()
        if word in TRUE | FALSE:
            return word in TRUE
        raise ValidationError(f"is {shown(value)}, and takes true or false.")


class Positive(fields.Field[float]):
    """A number above zero."""

    def __init__(self, *, whole: bool = False, most: float = 1e9, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._whole = whole
        self._most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        try:
            number = float(value) if not isinstance(value, bool) else 0.0
        except (TypeError, ValueError):
            number = 0.0
        if not 0 < number <= self._most or (self._whole and number != int(number)):
            kind = "a whole number" if self._whole else "a number"
            raise ValidationError(f"is {shown(value)}, and takes {kind} above 0 and up to {self._most:,.0f}.")
        return int(number) if self._whole else number


class RateText(fields.Field[Rate]):
    """How many messages in which time, such as ``30/minute``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Rate:
        found = _RATE.fullmatch(value.strip().lower()) if isinstance(value, str) else None
        if found is None:
            units = ", ".join(RATE_UNITS)
            raise ValidationError(f"is {shown(value)}, and takes messages per time such as '30/minute' ({units}).")
        return Rate(int(found["count"]), RATE_UNITS[found["unit"]])


class Names(fields.Field[tuple[str, ...]]):
    """A list of texts, or one text with commas."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
            raise ValidationError(f"is {shown(value)}, and takes a list of texts.")
        return tuple(item.strip() for item in items if item.strip())


class Networks(fields.Field[tuple[Network, ...]]):
    """IP addresses and networks such as ``10.0.0.0/8``: a list, or one text with commas."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[Network, ...]:
        names = Names().deserialize(value)
        try:
            return tuple(ipaddress.ip_network(item) for item in names)
        except ValueError as error:
            raise ValidationError(f"takes networks such as '10.0.0.0/8': {error}.") from None


class File(fields.Field[Path]):
    """The path of a file that exists."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Path:
        if not isinstance(value, str | Path):
            raise ValidationError(f"is {shown(value)}, and takes the path of a file.")
        if not Path(value).is_file():
            raise ValidationError(f"is {shown(str(value))}, and there is no such file.")
        return Path(value)
