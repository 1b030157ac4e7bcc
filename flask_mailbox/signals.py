"""Signals that flask-mailbox sends (blinker)."""

from __future__ import annotations

from blinker import Namespace

_signals = Namespace()

message_sent = _signals.signal("message-sent")
"""Sent after a message was handed to its server. Sender: the app or ``None``; arguments: ``message``, ``receipt``,
``account``."""
