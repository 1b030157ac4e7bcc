"""The settings with which an app reaches a test server."""

from __future__ import annotations

from pathlib import Path

SCHEMES = {"tls": "{}s", "starttls": "{}+starttls", "none": "{}"}
Ports = dict[str, int]


def mailbox_settings(
    address: str, password: str, *, ca_file: Path, ports: Ports, security: str = "tls"
) -> dict[str, object]:
    """Return ``MAILBOX_*`` keys for one user, as ``MailServer.config`` does.

    :param ports: The ports by ``smtp``, ``smtps``, ``imap`` …; a protocol without ports is switched off.
    :param security: ``tls``, ``starttls`` or ``none``, for all protocols.
    """
    return {
        "MAILBOX_ADDRESS": address,
        "MAILBOX_PASSWORD": password,
        "MAILBOX_SMTP": endpoint("smtp", ports, security),
        "MAILBOX_IMAP": endpoint("imap", ports, security),
        "MAILBOX_POP3": endpoint("pop3", ports, security),
        "MAILBOX_CA_FILE": str(ca_file),
        "MAIL_SUPPRESS_SEND": False,
    }


def endpoint(protocol: str, ports: Ports, security: str) -> str | bool:
    """Return the URL of one protocol, or ``False`` if the server does not speak it."""
    port = ports.get(f"{protocol}s" if security == "tls" else protocol)
    return f"{SCHEMES[security].format(protocol)}://localhost:{port}" if port else False
