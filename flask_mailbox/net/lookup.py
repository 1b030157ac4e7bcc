"""From a host's name to its addresses, on time: the system's own resolver knows no deadline."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from typing import Any

Found = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]


def look_up(host: str, port: int, seconds: float) -> list[Found]:
    """Return what ``socket.getaddrinfo`` finds for a TCP connection.

    :param seconds: How long to wait at most; the look-up itself then ends by itself, on a thread of its own.
    :raises OSError: If there is no such name (``socket.gaierror``).
    :raises UnicodeError: If no name can look like that.
    :raises TimeoutError: If nobody answers in time.
    """
    if _is_address(host) or host == "localhost":
        return _ask(host, port)
    answers: queue.SimpleQueue[list[Found] | Exception] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put(_ask(host, port))
        except Exception as error:  # it is raised again where it is waited for
            answers.put(error)

    threading.Thread(target=work, name="flask-mailbox-lookup", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"no answer within {seconds:.0f} seconds") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _ask(host: str, port: int) -> list[Found]:
    return [*socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
