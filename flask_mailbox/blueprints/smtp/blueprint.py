"""The blueprint over SMTP, put together from its groups of routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..authorize import Authorize
from ..base import Blueprint
from ..limiter import Limiter
from .answering import add_answering
from .queueing import add_queueing
from .sending import add_sending

if TYPE_CHECKING:
    from ...extension import Mailbox


def make_smtp_blueprint(
    mailbox: Mailbox, *, authorize: Authorize | None, account: str | None, name: str, most: int
) -> Blueprint:
    """Return the blueprint; see ``Mailbox.smtp_blueprint``."""
    blueprint = Blueprint(
        name, mailbox, authorize=authorize, account=account, title="Sending over SMTP", factory="smtp_blueprint"
    )
    limiter = Limiter(most)
    for add in (add_sending, add_answering, add_queueing):
        add(blueprint, limiter)
    blueprint.close()
    return blueprint
