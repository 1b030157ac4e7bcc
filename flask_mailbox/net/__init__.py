"""Connections: verified TLS, deadlines, and a pool of sessions."""

from .deadline import Deadline
from .pool import Lease, Pool
from .stream import Stream

__all__ = ["Deadline", "Lease", "Pool", "Stream"]
