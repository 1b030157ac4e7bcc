"""Commands that need no folder: capabilities, TLS, login, ID, ENABLE, NAMESPACE, NOOP, LOGOUT."""

from __future__ import annotations

import asyncio
import base64
import re

from .. import sasl
from ..gate import SASLError
from ..mailstore import User
from . import wording
from .command import Command, Order
from .parser import Refusal, refusal_of
from .session import Session

BYE_SECONDS = 0.02

_INNER_BLANK = re.compile(rb"\(\s|\s\)")


async def capability(session: Session, order: Order) -> str | None:
    """Tell what the server can do."""
    order.parser.end()
    await session.send(f"* CAPABILITY {session.capabilities()}".encode())
    return None


async def noop(session: Session, order: Order) -> str | None:
    """Do nothing; changes are told before the tagged answer."""
    order.parser.end()
    return None


async def logout(session: Session, order: Order) -> str | None:
    """Say goodbye; the session closes after the answer."""
    await session.send(b"* BYE See you")
    while session.manners.endless_bye:  # until the client closes
        await session.flush()
        await asyncio.sleep(BYE_SECONDS)
        await session.send(b"* BYE See you")
    return None


async def starttls(session: Session, order: Order) -> str | None:
    """Agree to TLS; the session does the handshake after the answer."""
    order.parser.end()
    if session.connection.is_tls:
        raise Refusal("TLS is active already", "BAD")
    return "Begin TLS"


async def login(session: Session, order: Order) -> str | None:
    """Sign in with name and password."""
    parser = order.parser
    words = []
    for _ in range(2):
        parser.space()
        if parser.peek(b"{") and session.manners.literal_login_refusal:
            raise refusal_of(session.manners.literal_login_refusal)
        words.append(parser.astring().decode("utf-8", "replace"))
    parser.end()
    return _enter(session, session.gate.by_password(*words))


async def authenticate(session: Session, order: Order) -> str | None:
    """Sign in by SASL, with or without initial response (RFC 4959)."""
    parser = order.parser
    parser.space()
    mechanism = parser.atom()
    if mechanism not in session.services.profile.mechanisms:
        raise Refusal("Unknown mechanism")
    refusal = session.manners.initial_response_refusal
    if parser.rest and refusal:
        raise refusal_of(refusal)
    initial = sasl.decode_initial(parser.rest.strip()) if parser.rest else None

    async def ask(challenge: bytes) -> bytes:
        line = await session.ask(base64.b64encode(challenge))
        refusal = await session.connection.wire.begin("AUTH-RESPONSE")
        if refusal:
            raise refusal_of(refusal)
        return sasl.decode(line)

    return _enter(session, await sasl.authenticate(mechanism, initial, ask, session.gate))


def _enter(session: Session, user: User) -> str:
    limit = session.manners.session_limit
    if limit is not None and user.sessions["imap"] >= limit:
        raise SASLError("too_many_connections")
    session.user = user
    user.sessions["imap"] += 1
    return f"[CAPABILITY {session.capabilities()}] Logged in"


async def identify(session: Session, order: Order) -> str | None:
    """Exchange ID (RFC 2971); some profiles open folders only after one in the form that they accept."""
    parser = order.parser
    parser.space()
    manners = session.manners
    if manners.early_id_refusal and session.user is None:
        raise refusal_of(manners.early_id_refusal)
    if manners.id_blank_refusal and _INNER_BLANK.search(parser.rest):
        raise refusal_of(manners.id_blank_refusal)
    if manners.empty_id_refusal and parser.rest == b"()":
        raise refusal_of(manners.empty_id_refusal)
    if not parser.accept(b"NIL"):
        parser.expect(b"(")
        while not parser.accept(b")"):
            parser.accept(b" ")
            if parser.accept(b")"):
                break
            parser.string()
            parser.space()
            parser.nstring()
            session.identified = session.user is not None
    parser.end()
    told = " ".join(f'"{name}" "{value}"' for name, value in manners.server_id.items())
    await session.send(f"* ID ({told})".encode() if told else b"* ID NIL")
    return None


async def enable(session: Session, order: Order) -> str | None:
    """Switch on nothing, since nothing that is offered needs it (RFC 5161)."""
    order.parser.space()
    order.parser.atom()
    if not session.manners.quiet_enable:
        await session.send(b"* ENABLED")
    return None


async def namespace(session: Session, order: Order) -> str | None:
    """Tell that all folders are the user's own (RFC 2342)."""
    order.parser.end()
    manners = session.manners
    prefix, separator = wording.mailbox(manners.prefix, manners.separator), manners.separator.encode()
    await session.send(b'* NAMESPACE ((%b "%b")) NIL NIL' % (prefix, separator))
    return None


COMMANDS = {
    "CAPABILITY": Command(capability, "any"),
    "NOOP": Command(noop, "any"),
    "LOGOUT": Command(logout, "any"),
    "ID": Command(identify, "any"),
    "STARTTLS": Command(starttls, "start"),
    "LOGIN": Command(login, "start"),
    "AUTHENTICATE": Command(authenticate, "start"),
    "ENABLE": Command(enable, "user"),
    "NAMESPACE": Command(namespace, "user"),
}
