"""Conversations: by the server (THREAD=REFERENCES, RFC 5256), or here from References where it cannot."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .client import Client
from .fetch import parse_number
from .found import MAX_HEADERS, distrusted, find
from .hits import hits_budget
from .ordering import headers_of
from .search import Criteria, compile_criteria
from .tokens import parse_data


@dataclass(frozen=True, slots=True)
class Reply:
    """One message of a conversation.

    :param depth: How many messages it stands below; 0 begins the conversation.
    """

    uid: int
    depth: int


@dataclass(frozen=True, slots=True)
class Threads:
    """Conversations, the one with the newest message first; each in the order of reading.

    :param complete: Whether all messages were looked at: here only so many of the newest are.
    """

    threads: tuple[tuple[Reply, ...], ...]
    complete: bool = True

    def __iter__(self) -> Iterator[tuple[Reply, ...]]:
        return iter(self.threads)

    def __len__(self) -> int:
        return len(self.threads)


def find_threads(client: Client, criteria: Criteria) -> Threads:
    """Return the conversations of the messages that a search finds."""
    if client.can("THREAD=REFERENCES") and not distrusted(client, criteria):
        keys = compile_criteria(criteria)
        answer = client.run("UID THREAD", b"REFERENCES UTF-8", *keys, budget=hits_budget(client))
        trees = [tree for response in answer.of("THREAD") for tree in parse_data(response.pieces)]
        return _newest_first([tuple(_read(tree)) for tree in trees if isinstance(tree, list)], complete=True)
    found = find(client, criteria)
    complete = found.complete and len(found) <= MAX_HEADERS
    return _newest_first(_link(client, found.uids[-MAX_HEADERS:]), complete=complete)


def _newest_first(threads: list[tuple[Reply, ...]], *, complete: bool) -> Threads:
    threads = [thread for thread in threads if thread]
    threads.sort(key=lambda thread: max(reply.uid for reply in thread), reverse=True)
    return Threads(tuple(threads), complete)


def _read(tree: list[Any]) -> Iterator[Reply]:
    """Read ``(3 6 (4 23)(44 7))``: each number is below the one before, each list below the last number."""
    waiting: list[tuple[Any, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if not isinstance(node, list):
            continue
        branches = []
        for value in node:
            if isinstance(value, list):
                branches.append((value, depth))
            elif uid := parse_number(value):
                yield Reply(uid, depth)
                depth += 1
        waiting += reversed(branches)


@dataclass(slots=True)
class _Node:
    """A message, or the place of one that is only referred to."""

    uid: int = 0
    parent: _Node | None = None
    children: list[_Node] = field(default_factory=list)

    def is_below(self, other: _Node) -> bool:
        node: _Node | None = self
        while node is not None and node is not other:
            node = node.parent
        return node is other


def _link(client: Client, uids: tuple[int, ...]) -> list[tuple[Reply, ...]]:
    """Join messages by what they refer to; ids that are claimed twice and circles join nothing."""
    nodes: dict[str, _Node] = {}
    every: list[_Node] = []
    for uid, message, _ in headers_of(client, uids):
        node = nodes.setdefault(message.message_id, _Node()) if message.message_id else _Node()
        if node.uid:
            node = _Node()
        node.uid = uid
        every.append(node)
        chain = list(message.references) or ([message.in_reply_to] if message.in_reply_to else [])
        _join([nodes.setdefault(reference, _Node()) for reference in chain] + [node])
    roots = {id(root): root for root in map(_root, every)}
    return [tuple(_flatten(root)) for root in roots.values()]


def _join(chain: list[_Node]) -> None:
    for parent, child in itertools.pairwise(chain):
        if child.parent is None and not parent.is_below(child):
            child.parent = parent
            parent.children.append(child)


def _root(node: _Node) -> _Node:
    while node.parent is not None:
        node = node.parent
    return node


def _flatten(root: _Node) -> Iterator[Reply]:
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        if node.uid:
            yield Reply(node.uid, depth)
        below = depth + 1 if node.uid else depth
        waiting += [(child, below) for child in sorted(node.children, key=_first_uid, reverse=True)]


def _first_uid(node: _Node) -> int:
    """Return the uid that tells where a branch stands, without going far into it."""
    while not node.uid and node.children:
        node = node.children[0]
    return node.uid
