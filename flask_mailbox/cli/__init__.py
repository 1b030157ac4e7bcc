"""``flask mailbox``: look at, test and use the app's mailbox from the command line."""

from .commands import mailbox_cli

__all__ = ["mailbox_cli"]
