"""Connections: verified TLS, deadlines, and a pool of sessions."""

from .deadline import Deadline
from .lease import Lease
from .pacer import Pacer
from .place import Place
from .pool import Opener, Pool
from .stream import Stream
from .wirelog import WireLog

__all__ = ["Deadline", "Lease", "Opener", "Pacer", "Place", "Pool", "Stream", "WireLog"]
