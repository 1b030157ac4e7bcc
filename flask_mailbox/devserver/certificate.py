"""The server's own certificate authority: a good certificate for loopback, and bad ones for tests."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

GOOD = "good"
BAD = ("expired", "self-signed", "other-name", "unknown-ca")
NAMES = ("localhost", "127.0.0.1", "::1")

_Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


class Certificates:
    """Makes certificates in one folder; the bad ones only when they are asked for.

    :param folder: A private folder; its owner removes it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._authority = _make_authority("flask-mailbox dev server CA")
        self._contexts: dict[str, ssl.SSLContext] = {}
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(_pem(self._authority[0]))

    def context(self, kind: str = GOOD) -> ssl.SSLContext:
        """Return the server context for one kind of certificate: ``good`` or one of ``BAD``."""
        if kind not in self._contexts:
            self._contexts[kind] = self._make_context(kind)
        return self._contexts[kind]

    def context_for(self, *names: str) -> ssl.SSLContext:
        """Return a server context with a good certificate for hosts of other names."""
        return self._written(f"for-{names[0]}", *_make_server(self._authority, names))

    def _make_context(self, kind: str) -> ssl.SSLContext:
        return self._written(kind, *self._make_pair(kind))

    def _written(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
        path = self._folder / f"{name}.pem"
        path.touch(mode=0o600)
        path.write_bytes(_key_pem(key) + _pem(certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(path)
        return context

    def _make_pair(self, kind: str) -> _Pair:
        if kind == GOOD:
            return _make_server(self._authority, NAMES)
        if kind == "expired":
            return _make_server(self._authority, NAMES, expired=True)
        if kind == "self-signed":
            return _make_server(None, NAMES)
        if kind == "other-name":
            return _make_server(self._authority, ("mail.other.test",))
        if kind == "unknown-ca":
            return _make_server(_make_authority("Somebody else's CA"), NAMES)
        raise ValueError(f"No certificate '{kind}'. Use one of: {', '.join((GOOD, *BAD))}.")


def _make_authority(name: str) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        _builder(subject, subject, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
    )
    return builder.sign(key, hashes.SHA256()), key


def _make_server(authority: _Pair | None, names: tuple[str, ...], *, expired: bool = False) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    issuer, signer = (authority[0].subject, authority[1]) if authority else (subject, key)
    builder = (
        _builder(subject, issuer, key, expired=expired)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    return builder.sign(signer, hashes.SHA256()), key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, expired: bool = False
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * day)
        .not_valid_after(now - day if expired else now + 30 * day)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
