"""A copy of what was sent, in the folder Sent, where the server does not file it by itself."""

from __future__ import annotations

import dataclasses
import logging

from ..account import Account, Protocol
from ..errors import MailboxError
from ..net import Pool
from ..smtp import Receipt

logger = logging.getLogger("flask_mailbox")


def file_in_sent(account: Account, pool: Pool, data: bytes, receipt: Receipt) -> Receipt:
    """Append a message to the Sent folder if the account wants that, and return the receipt.

    A failing copy never makes a sent message "failed": it becomes a warning of the receipt.

    :param data: The message as it was sent.
    """
    sent = receipt.accepted or receipt.unknown
    if not (account.save_sent and sent and account.imap) or account.quirks.sent_copy == "server_saves":
        return receipt
    try:
        with pool.lease(account, Protocol.IMAP) as imap:
            imap.folder_by_role("sent").append(data, flags=("\\Seen",))
    except MailboxError as error:
        logger.warning("No copy in Sent for account '%s': %s", account.name, error)
        return dataclasses.replace(receipt, warnings=(*receipt.warnings, f"No copy was filed in Sent: {error}"))
    return receipt
