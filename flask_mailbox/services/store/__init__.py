"""What is remembered of mail that is sent later: in memory, or in a database that outlives the process."""

from .entry import FINAL, Entry, State
from .memory import MemoryStore
from .outbox import Outbox
from .owner import new_owner
from .table import Store, open_store

__all__ = ["FINAL", "Entry", "MemoryStore", "Outbox", "State", "Store", "new_owner", "open_store"]
