"""Sending over HTTP: now or later, from JSON or a form, as an answer to a message of the mailbox."""

from .blueprint import make_smtp_blueprint

__all__ = ["make_smtp_blueprint"]
