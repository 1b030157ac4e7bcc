"""Who has a message in hand, so that others can tell whether he still lives."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

_process = secrets.token_hex(8)


def new_owner() -> str:
    """Return a name for one taking of one message by this process."""
    return f"{socket.gethostname()}|{os.getpid()}|{_process}|{secrets.token_hex(8)}"


def is_gone(owner: str) -> bool:
    """Whether an owner's process has certainly ended: one of this machine that is not there any more.

    Where machines share a name, this may err; the owner then finds that the message is not his any more.
    """
    host, _, rest = owner.partition("|")
    pid, _, rest = rest.partition("|")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return rest.partition("|")[0] != _process
    if os.name != "posix":  # elsewhere there is no harmless way to ask
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:  # it lives, and belongs to somebody else
        return False
    return _is_zombie(int(pid))


def _is_zombie(pid: int) -> bool:
    """Whether a process has ended and is only not buried yet, as happens in containers without an init process."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[:1] in (["Z"], ["X"])


def _after_fork_in_child() -> None:
    global _process
    _process = secrets.token_hex(8)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
