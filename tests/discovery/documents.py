"""Descriptions of mail servers, as domains publish them."""

from __future__ import annotations


def server(kind: str, host: str, port: int, security: str = "SSL", user: str = "%EMAILADDRESS%", *methods: str) -> str:
    """Return one server of a description."""
    tag = "outgoingServer" if kind == "smtp" else "incomingServer"
    listed = "".join(f"<authentication>{method}</authentication>" for method in methods or ("password-cleartext",))
    return (
        f'<{tag} type="{kind}"><hostname>{host}</hostname><port>{port}</port><socketType>{security}</socketType>'
        f"<username>{user}</username>{listed}</{tag}>"
    )


def description(*servers: str) -> str:
    """Return a whole description."""
    inner = "".join(servers)
    return (
        f'<?xml version="1.0"?><clientConfig version="1.1"><emailProvider id="x">{inner}</emailProvider></clientConfig>'
    )


GOOD = description(
    server("imap", "imap.example.test", 993),
    server("pop3", "pop.example.test", 995),
    server("smtp", "smtp.example.test", 465),
)
