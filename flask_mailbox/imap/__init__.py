"""Reading over IMAP: sessions, folders, pages of summaries, messages."""

from .folder import Folder
from .listing import FolderInfo
from .page import Page
from .roles import ROLES
from .session import IMAPSession
from .summary import Summary

__all__ = ["ROLES", "Folder", "FolderInfo", "IMAPSession", "Page", "Summary"]
