"""Faults that a test switches on: each protocol can be told to drop, stall, drip, flood, refuse or lie."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

CONNECT = "CONNECT"
HANDSHAKE = "HANDSHAKE"
GREETING = "GREETING"
PROTOCOLS = ("smtp", "imap", "pop3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What one protocol does wrong.

    A *step* is a command's name (``FETCH`` is also ``UID FETCH``), ``GREETING``, ``AUTH-RESPONSE`` for what
    follows a SASL challenge, ``CONTENT`` for what follows the final dot of SMTP's DATA, or, for ``drop_before``
    and ``stall``, also ``CONNECT`` (before a byte is exchanged) and ``HANDSHAKE`` (in place of TLS).

    :param drop_before: Close the connection instead of doing this step.
    :param drop_after: Do this step, send its whole reply, then close.
    :param cut: A step and a number: close once so many bytes of its reply were sent.
    :param stall: Never do this step; the connection stays open, silent.
    :param drip: Seconds to wait after every single byte that is sent.
    :param flood: Answer this step with lines that do not end until the client closes (or ``flood_limit``).
    :param flood_limit: Bytes after which the flood ends by closing.
    :param refuse: Steps and how they are answered instead of done: the reply without an IMAP tag, such as
        ``NO [UNAVAILABLE] later``, ``550 5.7.1 no`` or ``-ERR [IN-USE] busy``.
    :param refuse_recipients: SMTP: addresses and the reply to their RCPT.
    :param certificate: ``expired``, ``self-signed``, ``other-name`` or ``unknown-ca``.
    :param no_starttls: STARTTLS (STLS) is neither offered nor known.
    :param preauth: IMAP: greet with PREAUTH, signed in as the first user.
    :param inject: Bytes sent in clear right behind the answer to STARTTLS, in the same write.
    :param times: How often the fault strikes before the server is well again; ``None`` is for ever.
        Counted are drops, cuts, stalls, floods and refusals.
    """

    drop_before: str | None = None
    drop_after: str | None = None
    cut: tuple[str, int] | None = None
    stall: str | None = None
    drip: float | None = None
    flood: str | None = None
    flood_limit: int = 64 * 1024 * 1024
    refuse: Mapping[str, str] = field(default_factory=dict)
    refuse_recipients: Mapping[str, str] = field(default_factory=dict)
    certificate: str | None = None
    no_starttls: bool = False
    preauth: bool = False
    inject: bytes = b""
    times: int | None = None


NONE = Fault()


class Faults:
    """The faults of a running server, by protocol; may be changed from any thread at any time."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._struck: dict[str, int] = {}
        self._lock = threading.Lock()

    def set(self, protocol: str, **fault: object) -> None:
        """Replace the fault of one protocol; the options are the fields of :class:`Fault`.

        :param protocol: ``smtp``, ``imap`` or ``pop3``.
        :raises ValueError: If there is no such protocol.
        :raises TypeError: If there is no such option.
        """
        if protocol not in PROTOCOLS:
            raise ValueError(f"No protocol '{protocol}'. Use one of: {', '.join(PROTOCOLS)}.")
        new = dataclasses.replace(NONE, **fault)  # type: ignore[arg-type]
        with self._lock:
            self._faults[protocol] = new
            self._struck[protocol] = 0

    def clear(self, protocol: str | None = None) -> None:
        """Make one protocol well again, or all of them."""
        with self._lock:
            for name in PROTOCOLS if protocol is None else (protocol,):
                self._faults.pop(name, None)
                self._struck.pop(name, None)

    def of(self, protocol: str) -> Fault:
        """Return the fault of one protocol; one without any if none is set."""
        return self._faults.get(protocol, NONE)

    def strikes(self, protocol: str, kind: str, step: str) -> bool:
        """Whether a fault strikes at this step, and count it.

        :param kind: ``drop_before``, ``drop_after``, ``cut``, ``stall``, ``flood`` or ``refuse``.
        """
        with self._lock:
            fault = self.of(protocol)
            value = getattr(fault, kind)
            hit = bool(step in value if kind == "refuse" else value and step == (value[0] if kind == "cut" else value))
            if not hit or (fault.times is not None and self._struck[protocol] >= fault.times):
                return False
            self._struck[protocol] += 1
            return True
