"""Opening a TCP connection: each address of the host is tried, if it may be, within one deadline."""

from __future__ import annotations

import socket

from ..account import Account, Endpoint
from ..errors import ConnectError, ForbiddenHostError, ServiceTimeoutError
from .deadline import Deadline
from .lookup import Found, look_up


def connect(account: Account, endpoint: Endpoint, deadline: Deadline) -> socket.socket:
    """Return a socket that is connected to the host of an endpoint.

    What the account's ``reach`` says holds for the very address that is connected to.

    :raises ConnectError: If the host is unknown or refuses, or may not be connected to (``ForbiddenHostError``).
    :raises ServiceTimeoutError: If it took too long.
    """
    where = _where(account, endpoint)
    admitted = resolve(account, endpoint, deadline)
    failure: OSError | None = None
    for tried, each in enumerate(admitted):
        try:
            return _open(each, max(deadline.left() / (len(admitted) - tried), 0.001))
        except OSError as error:
            failure = error
    if isinstance(failure, TimeoutError):
        raise ServiceTimeoutError(
            f"No connection within {deadline.seconds:.0f} seconds.",
            hint="Check host and port, and whether a firewall lets this machine out.",
            **where,  # type: ignore[arg-type]
        ) from failure
    raise ConnectError(
        "The connection was refused."
        if isinstance(failure, ConnectionRefusedError)
        else f"No connection: {failure.strerror if failure else 'the host has no address'}.",
        hint=f"Check host and port: nothing may be listening on port {endpoint.port}.",
        **where,  # type: ignore[arg-type]
    ) from failure


def resolve(account: Account, endpoint: Endpoint, deadline: Deadline) -> list[Found]:
    """Return the addresses of an endpoint's host that an account may connect to.

    :raises ConnectError: If the host is unknown, or leads to no such address (``ForbiddenHostError``).
    :raises ServiceTimeoutError: If nobody tells in time.
    """
    where = _where(account, endpoint)
    found = _addresses(endpoint, deadline, where)
    admitted = [each for each in found if account.reach.admits(each[4][0], endpoint.port)]
    if found and not admitted:
        raise ForbiddenHostError(
            f"The host '{endpoint.host}' was not connected to: it is no mail server on the public Internet.",
            hint="Use the public name and a standard port of the server. If it is in your own network, the "
            "administrator of this app can name that network in MAILBOX_ALLOWED_NETWORKS.",
            **where,  # type: ignore[arg-type]
        )
    return admitted


def _where(account: Account, endpoint: Endpoint) -> dict[str, str]:
    return {"account": account.name, "protocol": str(endpoint.protocol), "host": endpoint.where}


def _addresses(endpoint: Endpoint, deadline: Deadline, where: dict[str, str]) -> list[Found]:
    try:
        return look_up(endpoint.host, endpoint.port, deadline.left())
    except TimeoutError as error:
        raise ServiceTimeoutError(
            f"The name '{endpoint.host}' was not resolved within {deadline.seconds:.0f} seconds.",
            hint="Check this machine's DNS.",
            **where,  # type: ignore[arg-type]
        ) from error
    except (OSError, UnicodeError) as error:
        raise ConnectError(
            f"The host name '{endpoint.host}' was not found.",
            transient=isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN,
            hint="Check its spelling and this machine's DNS.",
            **where,
        ) from error


def _open(found: Found, seconds: float) -> socket.socket:
    family, kind, proto, _, address = found
    sock = socket.socket(family, kind, proto)
    try:
        sock.settimeout(seconds)
        sock.connect(address)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    except BaseException:
        sock.close()
        raise
    return sock
