"""The protocol log: what is said on the wire, line by line, without a secret.

It goes to the logger ``flask_mailbox.wire`` at level DEBUG, which is off unless the app turns it on::

    logging.getLogger("flask_mailbox.wire").setLevel(logging.DEBUG)
"""

from __future__ import annotations

import logging

from ..account import Account, Endpoint
from ..guard import one_line

logger = logging.getLogger("flask_mailbox.wire")
logger.setLevel(logging.WARNING)  # an app whose own level is DEBUG did not ask for this one

LONGEST = 500
HIDDEN = "***"


class WireLog:
    """Logs one connection; the caller says what is secret.

    :param account: Whose connection it is.
    :param endpoint: Where it leads.
    """

    def __init__(self, account: Account, endpoint: Endpoint) -> None:
        self._name = f"{account.name} {endpoint.protocol} {endpoint.where}"

    @property
    def is_on(self) -> bool:
        """Whether anybody wants to read it; ask first where composing a line costs something."""
        return logger.isEnabledFor(logging.DEBUG)

    def sent(self, line: str) -> None:
        """Log a line that was sent, without its secrets."""
        logger.debug("%s > %s", self._name, one_line(line, LONGEST))

    def received(self, line: str) -> None:
        """Log a line that came."""
        logger.debug("%s < %s", self._name, one_line(line, LONGEST))
