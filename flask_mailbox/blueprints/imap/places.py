"""Where a request's path leads: a folder by its id, a message by its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..ids import Ids

if TYPE_CHECKING:
    from ...accountmailbox import AccountMailbox
    from ...imap import Folder, IMAPSession

FOLDER = "/folders/<folder>"
MESSAGES = f"{FOLDER}/messages"
MESSAGE = f"{MESSAGES}/<message>"


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """A folder of the request's account.

    :param path: Its path on the server, or a role.
    """

    ids: Ids
    path: str

    @classmethod
    def of(cls, mailbox: AccountMailbox, folder: str) -> FolderPlace:
        """Return the folder under an id.

        :raises NotFound: If it is no id of this account.
        """
        ids = Ids.of(mailbox.account)
        return cls(ids, ids.name_of(folder))

    def open(self, imap: IMAPSession) -> Folder:
        """Return the folder itself."""
        return imap.folder(self.path)

    def message_id(self, uidvalidity: int, uid: int) -> str:
        """Return the id of a message of this folder."""
        return self.ids.message(self.path, uidvalidity, uid)


@dataclass(frozen=True, slots=True)
class MessagePlace:
    """A message of the request's account, under the uidvalidity that its id was given out with."""

    folder: FolderPlace
    uidvalidity: int
    uid: int

    @classmethod
    def of(cls, mailbox: AccountMailbox, folder: str, message: str) -> MessagePlace:
        """Return the message under the ids of a path.

        :raises NotFound: If one is no id of this account.
        """
        place = FolderPlace.of(mailbox, folder)
        return cls(place, *place.ids.message_of(place.path, message))

    def entity_tag(self, *variant: object) -> str | None:
        """Return the ETag of something made of the message; ``None`` where the server gives uids no validity."""
        if not self.uidvalidity:
            return None
        return self.folder.ids.entity_tag(self.folder.path, self.uidvalidity, self.uid, *variant)
