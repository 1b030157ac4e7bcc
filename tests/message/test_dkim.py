"""What is signed with DKIM can be verified, and no longer once it was changed."""

from __future__ import annotations

import base64

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from flask_mailbox import ConfigurationError, Message
from flask_mailbox.message import sign_dkim


def message() -> Message:
    return Message("签名", recipients=["bob@example.org"], sender="ann@example.com", body="text")


def test_a_dkim_signature_is_good_and_breaks_with_the_content() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
                            serialization.NoEncryption())  # fmt: skip
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    signed = sign_dkim(message().build(), domain="example.com", selector="s1", private_key=pem)

    assert dkim.verify(signed, dnsfunc=lambda name, timeout=5: record)
    assert not dkim.verify(signed.replace(b"text\r\n", b"test\r\n") + b"x", dnsfunc=lambda name, timeout=5: record)
    with pytest.raises(ConfigurationError, match="DKIM key"):
        sign_dkim(message().build(), domain="example.com", selector="s1", private_key=b"no key")
