"""Verified TLS contexts, built once a process: building one costs more than the handshake."""

from __future__ import annotations

import functools
import ssl
from pathlib import Path

from ..account import Account

_UNUSUAL = {
    # what the well-known ports speak (RFC 8314, 7; RFC 6409)
    ("smtp", 465): "smtps://",
    ("smtp", 587): "smtp+starttls://",
    ("smtp", 25): "smtp+starttls://",
    ("imap", 993): "imaps://",
    ("imap", 143): "imap+starttls://",
    ("pop3", 995): "pop3s://",
    ("pop3", 110): "pop3+starttls://",
}

_CERTIFICATE_HINTS = {
    # OpenSSL's X509_V_ERR codes
    9: "The certificate is not valid yet: check the clocks of both machines.",
    10: "The certificate has expired: its owner has to renew it.",
    18: "The certificate is self-signed: if the server is yours, name its CA in MAILBOX_CA_FILE.",
    19: "The certificate comes from a CA that this machine does not know: "
    "if the server is yours, name the CA in MAILBOX_CA_FILE.",
    20: "The certificate comes from a CA that this machine does not know: "
    "if the server is yours, name the CA in MAILBOX_CA_FILE.",
    62: "The certificate is for another host name: use the name that the certificate carries.",
    64: "The certificate is for another address: use the host name that the certificate carries.",
}


def context_for(account: Account) -> ssl.SSLContext:
    """Return the TLS context of an account: TLS 1.2 or newer, CA and host name checked unless the account opts out."""
    return _context(account.verify_tls, account.ca_file, account.client_cert)


@functools.lru_cache(maxsize=64)
def _context(verify: bool, ca_file: Path | None, client_cert: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if client_cert:
        context.load_cert_chain(client_cert)
    return context


def certificate_hint(error: ssl.SSLCertVerificationError) -> str:
    """Return what to do about a certificate that was refused."""
    return _CERTIFICATE_HINTS.get(error.verify_code, "Nothing was sent to this server.")


def port_hint(protocol: str, port: int, used: str) -> str:
    """Return the advice for a port that usually speaks another kind of security than ``used``, else an empty text."""
    usual = _UNUSUAL.get((protocol, port))
    if usual is None:
        return ""
    speaks = "STARTTLS" if "starttls" in usual else "TLS from the first byte"
    if speaks == "STARTTLS" and used == "tls":
        return f"Port {port} usually speaks STARTTLS: try {usual}"
    if speaks != "STARTTLS" and used != "tls":
        return f"Port {port} usually speaks {speaks}: try {usual}"
    return ""
