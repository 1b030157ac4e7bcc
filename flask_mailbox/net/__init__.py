"""Connections: verified TLS, deadlines, and a pool of sessions."""

from .deadline import Deadline
from .pool import Lease, Opener, Pool
from .stream import Stream

__all__ = ["Deadline", "Lease", "Opener", "Pool", "Stream"]
