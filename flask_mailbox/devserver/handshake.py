"""The server's side of a TLS handshake on a connection that asyncio has accepted."""

from __future__ import annotations

import asyncio
import ssl


async def accept_tls(
    transport: asyncio.Transport, protocol: asyncio.BaseProtocol, context: ssl.SSLContext
) -> asyncio.Transport:
    """Do the handshake and return the transport that speaks through it to ``protocol``.

    :raises OSError: If the handshake fails or the connection ends.
    """
    upgraded = await asyncio.get_running_loop().start_tls(transport, protocol, context, server_side=True)
    if upgraded is None:  # asyncio says so when the connection was aborted meanwhile
        raise ConnectionResetError("The connection ended within the handshake.")
    return upgraded
