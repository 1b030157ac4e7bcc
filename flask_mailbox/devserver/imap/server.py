"""Makes the protocol object of one IMAP connection out of a session and all commands."""

from __future__ import annotations

from collections.abc import Callable

from ..connection import Connection
from ..services import Services
from . import folders, login, messages, search
from .command import Command
from .session import Session

COMMANDS: dict[str, Command] = {
    **login.COMMANDS,
    **folders.COMMANDS,
    **messages.COMMANDS,
    **search.COMMANDS,
}


def make_imap(services: Services, on_close: Callable[[], None]) -> Connection:
    """Make the protocol object of one IMAP connection."""

    async def serve(connection: Connection) -> None:
        session = Session(services, connection, COMMANDS)
        try:
            await session.run()
        finally:
            session.release()

    return Connection("imap", services.faults, services.journal, serve, on_close)
