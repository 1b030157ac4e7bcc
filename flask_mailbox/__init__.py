"""flask-mailbox: gives a Flask app its own mailbox, both ways: SMTP sending, IMAP and POP3 receiving."""

from .account import Account, Credential, Endpoint, Protocol, Security, Timeouts
from .accountmailbox import AccountMailbox
from .blueprints import ANYONE
from .config import load_account
from .errors import (
    AddressError,
    AuthenticationError,
    BusyError,
    CertificateError,
    CommandError,
    ConfigurationError,
    ConnectError,
    DeliveryError,
    DisconnectedError,
    FolderNotFoundError,
    ForbiddenHostError,
    KeyReusedError,
    MailboxError,
    MessageError,
    MessageNotFoundError,
    MessageTooLargeError,
    PoolTimeoutError,
    ProtocolError,
    QueueFullError,
    RateError,
    ServiceError,
    ServiceTimeoutError,
    StoreError,
    TLSError,
    UIDValidityChangedError,
    UnsafeValueError,
    UsageError,
)
from .extension import Mailbox
from .message import Address, Attachment, Message, ReceivedMessage, parse_message
from .services.check import Step, check_account
from .services.events import Arrived, Changed, Event, Failed, Gone, Reset
from .services.later import Failure, Status, Ticket
from .services.watch import Watcher
from .signals import message_sent
from .smtp import Receipt, Refusal

__version__ = "0.1.0"

__all__ = [
    "ANYONE",
    "Account",
    "AccountMailbox",
    "Address",
    "AddressError",
    "Arrived",
    "Attachment",
    "AuthenticationError",
    "BusyError",
    "CertificateError",
    "Changed",
    "CommandError",
    "ConfigurationError",
    "ConnectError",
    "Credential",
    "DeliveryError",
    "DisconnectedError",
    "Endpoint",
    "Event",
    "Failed",
    "Failure",
    "FolderNotFoundError",
    "ForbiddenHostError",
    "Gone",
    "KeyReusedError",
    "Mailbox",
    "MailboxError",
    "Message",
    "MessageError",
    "MessageNotFoundError",
    "MessageTooLargeError",
    "PoolTimeoutError",
    "Protocol",
    "ProtocolError",
    "QueueFullError",
    "RateError",
    "Receipt",
    "ReceivedMessage",
    "Refusal",
    "Reset",
    "Security",
    "ServiceError",
    "ServiceTimeoutError",
    "Status",
    "Step",
    "StoreError",
    "TLSError",
    "Ticket",
    "Timeouts",
    "UIDValidityChangedError",
    "UnsafeValueError",
    "UsageError",
    "Watcher",
    "check_account",
    "load_account",
    "message_sent",
    "parse_message",
]
