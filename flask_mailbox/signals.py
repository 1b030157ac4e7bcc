"""Signals that flask-mailbox sends (blinker)."""

from __future__ import annotations

from blinker import Namespace

_signals = Namespace()

message_sending = _signals.signal("message-sending")
"""Sent before a message is built. Sender: the app; arguments: ``message``, ``account``. A receiver may change the
message, or return ``False``: then it is not sent, its receipt says ``suppressed``, and its ticket, if it was to be sent
later, ``cancelled``."""

message_sent = _signals.signal("message-sent")
"""Sent after a message was handed to its server. Sender: the app or ``None``; arguments: ``message``, ``receipt``,
``account``. What a receiver raises is logged, and changes nothing."""
