"""One POST of a form to a token endpoint."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from urllib.parse import urlsplit

from ..account import Account, Endpoint, Security, Service
from ..net.http import Answer, exchange
from ..net.stream import Stream


def token_endpoint(url: str) -> Endpoint:
    """Return where a token URL leads."""
    parts = urlsplit(url)
    port, security = (443, Security.TLS) if parts.scheme == "https" else (80, Security.NONE)
    return Endpoint(Service.OAUTH2, parts.hostname or "", parts.port or port, security)


def post(account: Account, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send a form and return the answer, whatever its status.

    The certificate is always verified, against the account's ``ca_file`` where it has one.

    :raises ServiceError: If the server cannot be reached, is too slow, or does not speak HTTP.
    """
    endpoint = token_endpoint(url)
    reach = dataclasses.replace(account.reach, ports=frozenset((endpoint.port,)))  # no mail server, and no stranger's
    careful = account.replace(verify_tls=True, client_cert=None, reach=reach)
    stream = Stream.connect(careful, endpoint)
    try:
        with stream.operation():
            return exchange(stream, "POST", url, who="token server", body=body, headers=headers)
    finally:
        stream.close()
