"""Access tokens that Dovecot accepts: JSON Web Tokens signed with a key of the tests' own (RFC 7519)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from pathlib import Path

ISSUER = "https://login.mail.test"


def write_token_key(dovecot_folder: Path) -> bytes:
    """Make a key, store it where Dovecot looks for HS256 keys, and return it."""
    key = secrets.token_bytes(32)
    file = dovecot_folder / "jwt" / "default" / "HS256" / "default"
    file.parent.mkdir(parents=True)
    file.write_text(base64.b64encode(key).decode())
    return key


def mint_token(key: bytes, address: str, *, lifetime: int = 3600, issuer: str = ISSUER) -> str:
    """Return an access token for an address; a negative lifetime gives an expired one."""
    now = int(time.time())
    claims = {"iss": issuer, "sub": address, "email": address, "iat": now - 10, "exp": now + lifetime}
    signed = f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{encoded(claims)}"
    return f"{signed}.{base64url(hmac.digest(key, signed.encode(), hashlib.sha256))}"


def encoded(claims: dict[str, object]) -> str:
    """Return a JSON object as it stands in a token."""
    return base64url(json.dumps(claims).encode())


def base64url(data: bytes) -> str:
    """Encode without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
