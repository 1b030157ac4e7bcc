"""A copy of what was sent, in the folder Sent, where the server does not file it by itself."""

from __future__ import annotations

import dataclasses
import logging
import time

from ..account import Account, Protocol
from ..errors import MailboxError
from ..imap import Folder
from ..net import Pool
from ..smtp import Receipt

NEWEST = 10
LOOKS = {"account_setting": 3, "client_must_append": 0}
"""How often a copy is looked for: QQ's servers file one a moment later, if the user chose so on the web."""

LOOK_INTERVAL = 0.5

logger = logging.getLogger("flask_mailbox")


def file_in_sent(account: Account, pool: Pool, data: bytes, receipt: Receipt) -> Receipt:
    """Append a message to the Sent folder if the account wants that, and return the receipt.

    Where nobody knows whether the server files one, it is looked for first, so that there are never two.
    A failing copy never makes a sent message "failed": it becomes a warning of the receipt.

    :param data: The message as it was sent.
    """
    sent = receipt.accepted or receipt.unknown
    if not (account.save_sent and sent and account.imap) or account.quirks.sent_copy == "server_saves":
        return receipt
    try:
        with pool.lease(account, Protocol.IMAP) as imap:
            folder = imap.folder_by_role("sent")
            if not _is_filed(folder, receipt.message_id, LOOKS.get(account.quirks.sent_copy, 1)):
                folder.append(data, flags=("\\Seen",))
    except MailboxError as error:
        logger.warning("No copy in Sent for account '%s': %s", account.name, error)
        return dataclasses.replace(receipt, warnings=(*receipt.warnings, f"No copy was filed in Sent: {error}"))
    return receipt


def _is_filed(folder: Folder, message_id: str, looks: int) -> bool:
    """Whether the message is among the newest of the folder, looked for so often."""
    for number in range(looks):
        if number:
            time.sleep(LOOK_INTERVAL)
        if any(row.message_id == message_id for row in folder.page(limit=NEWEST)):
            return True
    return False
