"""Reading over IMAP: sessions, folders, pages of summaries, messages."""

from .folder import Folder
from .found import Found
from .listing import FolderInfo
from .page import Page
from .roles import ROLES
from .search import Criteria, Search
from .session import IMAPSession
from .structure import PartInfo
from .summary import Summary

__all__ = ["ROLES", "Criteria", "Folder", "FolderInfo", "Found", "IMAPSession", "Page", "PartInfo", "Search", "Summary"]
