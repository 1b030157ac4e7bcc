"""Which way each feature takes on a server: told by what the client and the server said while it was used."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from flask_mailbox import AccountMailbox
from flask_mailbox.imap import IMAPSession, Search
from flask_mailbox.pop3 import POP3Session
from flask_mailbox.services.watch import Watcher

from ..apps import mailbox_of
from .server import ReadingServer

MAIL = b"From: a@mail.test\r\nSubject: %d\r\nMessage-ID: <%d@mail.test>\r\n\r\nx\r\n"


class Feature(NamedTuple):
    """Something that a session can do.

    :param act: Does it.
    :param ways: Patterns of what is said then, ``>`` by the client and ``<`` by the server, and what that way is
        called; the first that fits.
    """

    act: Callable[..., object]
    ways: tuple[tuple[str, str], ...]

    def way(self, said: list[str]) -> str:
        """Return the way that was taken."""
        text = "\n".join(said) + "\n"
        return next(name for pattern, name in self.ways if re.search(pattern, text))


def _feature(act: Callable[..., object], *ways: tuple[str, str]) -> Feature:
    return Feature(act, ways)


IMAP_FEATURES: dict[str, Feature] = {
    "folders with their counts": _feature(
        lambda imap: imap.folders(counts=True),
        (r"> \S+ LIST .* RETURN .*STATUS \(", "LIST … RETURN (STATUS …)"),
        (r"> \S+ STATUS ", "LIST, then STATUS of each"),
    ),
    "roles of folders": _feature(
        lambda imap: _told(next(info for info in imap.folders() if info.path == "Sent"), "sent"),
        (r"< \* LIST \([^)]*\\Sent", "SPECIAL-USE"),
        (r"< \* LIST ", "names, in forty languages"),
    ),
    "newest page": _feature(
        lambda imap: imap.folder("INBOX").page(limit=2),
        (r"> \S+ SEARCH |> \S+ UID ", "EXAMINE and searches"),
        (r"> \S+ EXAMINE (?s:.)*> \S+ FETCH ", "EXAMINE, then FETCH by number"),
    ),
    "pages that follow": _feature(
        lambda imap: imap.folder("INBOX").page(limit=1, cursor=imap.folder("INBOX").page(limit=1).next),
        (r"> \S+ EXAMINE .*\n> \S+ FETCH ", "EXAMINE and FETCH by number, in one round trip"),
        (r"> \S+ UID ", "EXAMINE and searches"),
    ),
    "previews": _feature(
        lambda imap: imap.folder("INBOX").page(limit=2), (r"> .*PREVIEW \(LAZY\)", "PREVIEW (LAZY)"), ("", "none")
    ),
    "search": _feature(
        lambda imap: imap.folder("INBOX").search(Search(subject="1")),
        (r"> \S+ UID SEARCH RETURN \(ALL\)", "UID SEARCH RETURN (ALL)"),
        (r"> \S+ UID SEARCH ", "UID SEARCH"),
    ),
    "sort": _feature(
        lambda imap: imap.folder("INBOX").sort("subject"),
        (r"> \S+ UID SORT ", "UID SORT"),
        (r"> \S+ UID FETCH ", "here, of the newest messages"),
    ),
    "threads": _feature(
        lambda imap: imap.folder("INBOX").threads(),
        (r"> \S+ UID THREAD REFERENCES ", "UID THREAD REFERENCES"),
        (r"> \S+ UID FETCH ", "here, by References"),
    ),
    "move": _feature(
        lambda imap: imap.folder("INBOX").move([imap.folder("INBOX").page()[0].uid], "Other"),
        (r"> \S+ UID MOVE ", "UID MOVE"),
        (r"> \S+ UID COPY (?s:.)*> \S+ UID EXPUNGE ", "UID COPY, UID STORE, UID EXPUNGE"),
        (r"> \S+ UID COPY (?s:.)*> \S+ EXPUNGE", "UID COPY and UID STORE; EXPUNGE only if nothing else is marked"),
    ),
    "new uids of what was copied": _feature(
        lambda imap: imap.folder("INBOX").copy([imap.folder("INBOX").page()[0].uid], "Other"),
        (r"< \S+ OK \[COPYUID", "COPYUID"),
        (r"> \S+ UID COPY ", "not told"),
    ),
    "new uid of what was filed": _feature(
        lambda imap: imap.folder("Other").append(MAIL % (9, 9)),
        (r"< \S+ OK \[APPENDUID", "APPENDUID"),
        (r"> \S+ APPEND (?s:.)*> \S+ UID SEARCH", "UID SEARCH by Message-ID"),
        (r"> \S+ APPEND ", "not told"),
    ),
    "changes": _feature(
        lambda imap: imap.folder("INBOX").changes(imap.folder("INBOX").cursor()),
        (r"> \S+ EXAMINE .*\(QRESYNC \(", "EXAMINE (QRESYNC …)"),
        (r"> \S+ UID FETCH .*CHANGEDSINCE", "UID FETCH … (CHANGEDSINCE …)"),
        (r"> \S+ (UID )?FETCH .*FLAGS", "flags of all messages, compared here"),
    ),
    "quota": _feature(
        lambda imap: imap.quotas(), (r"< \* QUOTA ", "GETQUOTAROOT"), (r"> \S+ GETQUOTAROOT", "none set"), ("", "none")
    ),
    "namespaces": _feature(lambda imap: imap.namespaces(), (r"< \* NAMESPACE ", "NAMESPACE"), ("", "none")),
    "text that is not ASCII": _feature(
        lambda imap: imap.folder("INBOX").search(Search(subject="é")),
        (r"> .*\{2\}.*\n< \+", "literals"),
        (r"> .*\{2\}", "literals without waiting"),
    ),
}
POP3_FEATURES: dict[str, Feature] = {
    "names of messages": _feature(
        lambda pop3: pop3.entries(), (r"> TOP ", "made here from headers and size"), (r"> UIDL\n", "UIDL")
    ),
    "headers and a few lines": _feature(
        lambda pop3: pop3.top(pop3.entries()[0].uidl), (r"> RETR ", "the whole message"), (r"> TOP ", "TOP")
    ),
    "many messages": _feature(
        lambda pop3: list(pop3.raws([entry.uidl for entry in pop3.entries()])),
        (r"> RETR .*\n> RETR ", "32 asked for at once"),
        (r"> RETR ", "one after the other"),
    ),
}
SIGN_IN = (
    (r"> (?:\S+ )?AUTH(?:ENTICATE)? PLAIN", "PLAIN"),
    (r"> (?:\S+ )?LOGIN ", "LOGIN"),
    (r"> APOP ", "APOP"),
    (r"> USER .*\n(?:<.*\n)?> PASS ", "USER and PASS"),
)
WATCHING = ((r"> \S+ IDLE\n", "IDLE"), (r"> \S+ EXAMINE ", "a look every 55 seconds"))


class _Listener(logging.Handler):
    """Takes the lines of the protocol log."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        _, direction, line = record.getMessage().partition("> " if " > " in str(record.msg) else "< ")
        self.said.append(direction + line)


@contextmanager
def overheard() -> Iterator[list[str]]:
    """Return what is said on the wire in a block: ``> A1 NOOP``, ``< A1 OK``."""
    logger, listener = logging.getLogger("flask_mailbox.wire"), _Listener()
    level = logger.level
    logger.addHandler(listener)
    logger.setLevel(logging.DEBUG)
    try:
        yield listener.said
    finally:
        logger.setLevel(level)
        logger.removeHandler(listener)


def _told(info: object, role: str) -> None:
    assert getattr(info, "role", None) == role, info


def _way_of(feature: Feature, session: IMAPSession | POP3Session) -> str:
    with overheard() as said:
        feature.act(session)
    return feature.way(said)


def ways(server: ReadingServer) -> dict[str, str]:
    """Return the way that each feature takes on a server, by the feature's name."""
    address, _ = server.new_user()
    for number in range(3):
        server.deliver(MAIL % (number, number), address)
    with mailbox_of(server.config(address) | {"MAILBOX_SMTP": False}) as mailbox:
        return _imap_ways(mailbox) | _pop3_ways(mailbox)


def _imap_ways(mailbox: AccountMailbox) -> dict[str, str]:
    with overheard() as said, mailbox.imap() as imap:
        imap.noop()
        found = {"IMAP: sign-in": Feature(imap.noop, SIGN_IN).way(said)}
        for folder in {"Sent", "Other"} - {info.path for info in imap.folders()}:
            imap.create_folder(folder)
        found |= {f"IMAP: {name}": _way_of(feature, imap) for name, feature in IMAP_FEATURES.items()}
    with overheard() as said, Watcher() as watcher:
        watcher.add(mailbox.account)
        assert watcher.wait_ready(10)
    return found | {"IMAP: watching": Feature(imap.noop, WATCHING).way(said)}


def _pop3_ways(mailbox: AccountMailbox) -> dict[str, str]:
    if mailbox.account.pop3 is None:
        return {f"POP3: {name}": "no POP3" for name in ("sign-in", *POP3_FEATURES)}
    with overheard() as said, mailbox.pop3() as pop3:
        pop3.noop()
        found = {"POP3: sign-in": Feature(pop3.noop, SIGN_IN).way(said)}
        return found | {f"POP3: {name}": _way_of(feature, pop3) for name, feature in POP3_FEATURES.items()}


def page(found: dict[str, dict[str, str]], differences: list[tuple[str, str, str, str]]) -> str:
    """Return the page of the docs.

    :param found: By server, the way of each feature.
    :param differences: Server, what was tried, the server's reply, what it means.
    """
    names = list(found)
    lines = [
        "# Servers and features\n",
        "<!-- Generated by the contract tests: UPDATE_DOCS=1 pytest tests/contract/test_features.py -->\n",
        "Which way each feature takes depends on the server.",
        "This is what the client and these servers said to each other when the tests used each feature; the same tests "
        "pass on each, but for the differences below.\n",
        f"| feature | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
    ]
    for feature in next(iter(found.values())):
        lines.append(f"| {feature} | {' | '.join(found[name][feature] for name in names)} |")
    lines += [
        "\nCyrus, Courier, Exchange, Gmail, iCloud, Yahoo, Yandex, Zoho, Domino and others are replayed from recorded "
        "conversations: every answer of theirs is understood, or refused by an error that says why.\n",
        "## Differences\n",
        "| server | what was tried | its own words | what that means |",
        "|---|---|---|---|",
    ]
    lines += [f"| {server} | {tried} | `{reply}` | {why} |" for server, tried, reply, why in differences]
    return "\n".join(lines) + "\n"
