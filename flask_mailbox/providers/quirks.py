"""What a server does differently: each quirk is one named flag, documented here and obeyed in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """How to treat a provider's servers; the defaults suit a server that follows the standards.

    :param requires_imap_id: Send an ID with parameters after every sign-in, before the first SELECT (RFC 2971).
    :param sasl_ir_broken: Never send an initial response with IMAP's AUTHENTICATE, though SASL-IR is offered.
    :param search_text: How far SEARCH can be trusted for FROM, TO, SUBJECT and TEXT: ``ok``, ``ascii_only``,
        ``unreliable``, ``ignored``, ``limited`` or ``unknown``.
    :param idle: Whether IDLE works: ``None`` goes by what the server offers.
    :param idle_seconds: After how many seconds IDLE is begun anew at the latest.
    :param move: Whether MOVE works: ``None`` goes by what the server offers.
    :param uidplus: Whether UIDPLUS works: ``None`` goes by what the server offers.
    :param sent_copy: Who files a copy in Sent: ``server_saves`` (never append), ``client_must_append``,
        ``account_setting`` or ``unknown``.
    :param from_must_match_login: The return path must be the login's own address.
    :param pop_recent_prefix: What, put before the user name, makes POP3 list the last 30 days for every client,
        whatever was read before.
    :param pop_token_at_once: Whether POP3's AUTH takes an access token on its own line, of any length, or never;
        ``None`` sends it there where that line has at most 255 bytes, and else after the server's prompt.
    :param expunge_archives: Expunging only takes a message out of its folder, unless that is the trash: to delete it
        for good, it is moved there first.
    """

    requires_imap_id: bool = False
    sasl_ir_broken: bool = False
    search_text: str = "unknown"
    idle: bool | None = None
    idle_seconds: int = 600
    move: bool | None = None
    uidplus: bool | None = None
    sent_copy: str = "unknown"
    from_must_match_login: bool = False
    pop_recent_prefix: str = ""
    pop_token_at_once: bool | None = None
    expunge_archives: bool = False
