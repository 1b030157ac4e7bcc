"""Reading over IMAP: sessions, folders, pages of summaries, messages."""

from .account_info import Namespace, Quota
from .changes import Changes
from .folder import Folder
from .found import Found
from .listing import FolderInfo
from .page import Page
from .roles import ROLES
from .search import Criteria, Search
from .session import IMAPSession
from .structure import PartInfo
from .summary import Summary
from .threads import Reply, Threads
from .uidset import UidSet

__all__ = [
    "ROLES",
    "Changes",
    "Criteria",
    "Folder",
    "FolderInfo",
    "Found",
    "IMAPSession",
    "Namespace",
    "Page",
    "PartInfo",
    "Quota",
    "Reply",
    "Search",
    "Summary",
    "Threads",
    "UidSet",
]
