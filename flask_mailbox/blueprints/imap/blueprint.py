"""The blueprint over IMAP, put together from its groups of routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..authorize import Authorize
from ..base import Blueprint
from .changes import add_changes
from .events import add_events
from .folders import add_folders
from .messages import add_messages
from .organising import add_organising
from .pages import add_pages
from .parts import add_parts
from .storing import add_storing

if TYPE_CHECKING:
    from ...extension import Mailbox


def make_imap_blueprint(
    mailbox: Mailbox,
    *,
    authorize: Authorize | None,
    account: str | None,
    name: str,
    streams: int,
    streams_per_account: int,
) -> Blueprint:
    """Return the blueprint; see ``Mailbox.imap_blueprint``."""
    blueprint = Blueprint(
        name, mailbox, authorize=authorize, account=account, title="Mailbox over IMAP", factory="imap_blueprint"
    )
    for add in (add_folders, add_pages, add_messages, add_parts, add_organising, add_storing, add_changes):
        add(blueprint)
    add_events(blueprint, streams, streams_per_account)
    blueprint.close()
    return blueprint
