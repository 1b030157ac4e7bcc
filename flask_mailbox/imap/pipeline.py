"""One command for many uids: in sets that fit on a line, several of them on the way at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .answer import Answer
from .arguments import number_sets
from .client import SMALL, Client
from .connection import Budget
from .refusals import refused

SET_NUMBERS = 20_000
"""Uids of one window: a server may say a few things about each of them, within the lines of a budget."""

WINDOW = 16
"""Commands on the way at a time: as much as waits in the buffers below, whether the server reads or writes."""

Numbers = tuple[bytes, tuple[int, ...]]


def run_sets(
    client: Client, command: str, uids: Iterable[int], *arguments: bytes, budget: Budget = SMALL
) -> Iterator[tuple[Answer, tuple[int, ...]]]:
    """Carry out a command and yield the answers with the uids that each is about.

    :raises CommandError: If one is refused; some behind it may have been carried out.
    """
    for answer, held in ask_sets(client, command, uids, *arguments, budget=budget):
        if answer.status.condition != "OK":
            raise refused(client.net, command, answer.status)
        yield answer, held


def ask_sets(
    client: Client, command: str, uids: Iterable[int], *arguments: bytes, budget: Budget = SMALL
) -> Iterator[tuple[Answer, tuple[int, ...]]]:
    """Carry out a command and yield the answers, refusals too; after a window with one, nothing more is asked.

    The first goes alone, since what refuses it (a folder that is missing, a full account) refuses all. Each window has
    the time of one read, whatever those before it took.

    :param budget: How much may come for one window.
    """
    for window in _windows(number_sets(uids, most=SET_NUMBERS)):
        with client.net.operation(at_least=client.net.account.timeouts.read):
            answers = client.ask_all([(command, (numbers, *arguments)) for numbers, _ in window], budget=budget)
        for answer, (_, held) in zip(answers, window, strict=True):
            yield answer, held
        if any(answer.status.condition != "OK" for answer in answers):
            return


def _windows(sets: Iterable[Numbers]) -> Iterator[list[Numbers]]:
    window: list[Numbers] = []
    most, total = 1, 0
    for numbers, held in sets:
        if window and (len(window) == most or total + len(held) > SET_NUMBERS):
            yield window
            window, most, total = [], WINDOW, 0
        window.append((numbers, held))
        total += len(held)
    if window:
        yield window
