"""The mailbox as a JSON API: blueprints for IMAP, POP3 and SMTP, and for setting up accounts."""

from .accounts import make_accounts_blueprint
from .authorize import ANYONE, Authorize
from .base import Blueprint
from .imap import make_imap_blueprint
from .pop3 import make_pop3_blueprint
from .smtp import make_smtp_blueprint

__all__ = [
    "ANYONE",
    "Authorize",
    "Blueprint",
    "make_accounts_blueprint",
    "make_imap_blueprint",
    "make_pop3_blueprint",
    "make_smtp_blueprint",
]
