"""What the sessions of all three protocols are handed: the store and the server's settings."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from .certificate import GOOD, Certificates
from .faults import Faults
from .mailstore import MailStore
from .profiles import Profile
from .wire import Journal


@dataclass(frozen=True, slots=True)
class Services:
    """One server's shared parts."""

    store: MailStore
    certificates: Certificates
    faults: Faults
    journal: Journal
    profile: Profile
    require_auth: bool
    speed: float = 1.0

    def seconds(self, time: float) -> float:
        """Return how long a time of the profile takes on this server, whose clock may run faster."""
        return time / self.speed

    def context(self, protocol: str) -> ssl.SSLContext:
        """Return the TLS context for a new handshake, with the certificate that a fault may ask for."""
        return self.certificates.context(self.faults.of(protocol).certificate or GOOD)
