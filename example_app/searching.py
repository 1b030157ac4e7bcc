"""The search form: its fields become criteria, and stay in every link of what was found."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from flask_mailbox.imap import Criteria, Search


@dataclass(frozen=True, slots=True)
class Filters:
    """What was typed and ticked; empty texts ask for nothing."""

    q: str = ""
    from_: str = ""
    to: str = ""
    subject: str = ""
    since: str = ""
    before: str = ""
    unread: str = ""
    flagged: str = ""
    attached: str = ""

    @property
    def args(self) -> dict[str, str]:
        """The fields that are filled in, for links."""
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def is_detailed(self) -> bool:
        """Whether more than the plain words was filled in."""
        return bool(self.args.keys() - {"q"})

    @property
    def criteria(self) -> Criteria | None:
        """What to ask the server for; ``None`` for the whole folder.

        No server can be asked for attachments; a message of several parts that are no alternatives has some.
        """
        if not self.args:
            return None
        return Search(
            text=self.q or None,
            from_=self.from_ or None,
            to=self.to or None,
            subject=self.subject or None,
            since=_day(self.since),
            before=_day(self.before),
            unseen=True if self.unread else None,
            flagged=True if self.flagged else None,
            header=("Content-Type", "multipart/mixed") if self.attached else None,
        )


def read_filters(args: Mapping[str, str]) -> Filters:
    """Read the form from a URL; what is no date is left out."""
    values = {name: " ".join(args.get(name, "").split())[:200] for name in Filters.__dataclass_fields__}
    for name in ("since", "before"):
        values[name] = values[name] if _day(values[name]) else ""
    return Filters(**values)


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None
