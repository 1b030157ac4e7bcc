"""Signing with DKIM (RFC 6376), for those whose server does not; the work is dkimpy's (extra ``dkim``)."""

from __future__ import annotations

from ..errors import ConfigurationError, MessageError

HEADERS = (
    b"from", b"to", b"cc", b"reply-to", b"subject", b"date", b"message-id", b"in-reply-to", b"references",
    b"mime-version", b"content-type", b"content-transfer-encoding", b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip


def sign_dkim(data: bytes, *, domain: str, selector: str, private_key: bytes) -> bytes:
    """Return a built message with a DKIM-Signature in front.

    :param data: The message as ``build`` made it.
    :param domain: The signing domain; it should be that of From.
    :param selector: Under which name the public key stands in DNS: ``selector._domainkey.domain``.
    :param private_key: An RSA or Ed25519 key in PEM, or an Ed25519 key in base64.
    :raises ConfigurationError: If the extra is not installed, or the key cannot be used.
    :raises MessageError: If the message cannot be signed.
    """
    try:
        import dkim
    except ImportError as error:
        raise ConfigurationError("DKIM needs dkimpy. Install the extra: pip install 'flask-mailbox[dkim]'") from error
    present = {line.partition(b":")[0].strip().lower() for line in data.partition(b"\r\n\r\n")[0].split(b"\r\n")}
    try:
        signature: bytes = dkim.sign(
            data,
            selector.encode(),
            domain.encode(),
            private_key,
            include_headers=[name for name in HEADERS if name in present],
        )
    except dkim.KeyFormatError as error:
        raise ConfigurationError("The DKIM key cannot be used: give an RSA key in PEM.") from error
    except dkim.DKIMException as error:
        raise MessageError(f"The message cannot be signed: {error}") from error
    return signature + data
