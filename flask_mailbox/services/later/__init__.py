"""Sending later: a queue in a thread, a store that survives the process, Celery for more than one machine."""

from .outcome import Failure
from .queue import LaterOptions, LaterQueue
from .ticket import Status, Ticket

__all__ = ["Failure", "LaterOptions", "LaterQueue", "Status", "Ticket"]
