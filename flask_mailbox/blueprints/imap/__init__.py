"""The mailbox over IMAP as JSON."""

from .blueprint import make_imap_blueprint

__all__ = ["make_imap_blueprint"]
