"""One command of IMAP: what the client asks for, and the function that does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .parser import Parser

if TYPE_CHECKING:
    from .session import Session


@dataclass(frozen=True, slots=True)
class Order:
    """One command to be run: the parser stands behind its name."""

    name: str
    parser: Parser
    tag: bytes
    uid: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A command's function and when it is allowed.

    :param run: Returns the text of the tagged OK, or ``None`` for the usual one; raises ``Refusal``.
    :param state: ``any``, ``start`` (before login), ``user`` (after it) or ``folder`` (one is selected).
    :param uid: Whether it also exists as ``UID`` command.
    """

    run: Callable[[Session, Order], Awaitable[str | None]]
    state: str
    uid: bool = False
