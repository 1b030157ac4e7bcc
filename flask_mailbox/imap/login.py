"""From the greeting to the signed-in state: STARTTLS, capabilities, sign-in, ID (RFC 9051, 6.1 and 6.2; RFC 2971)."""

from __future__ import annotations

from ..account import Protocol, Security
from ..auth import Mechanism, credential_words, decode_server_text, mechanism_for, no_mechanism, refused_login
from ..errors import AuthenticationError, CommandError, DisconnectedError, TLSError, UsageError
from ..net.tls import port_hint
from .answer import Answer, Status
from .arguments import string
from .client import Client
from .refusals import TRANSIENT_CODES, said_goodbye

ID_ARGUMENTS = b'("name" "flask-mailbox" "version" "0.1.0")'
"""The one form that every server takes: no blanks inside the parentheses, quoted strings only."""


def enter(client: Client) -> None:
    """Check the greeting, encrypt where configured, and sign in.

    :raises TLSError: If STARTTLS is configured and the server does not do it.
    :raises AuthenticationError: If the server refuses the credential.
    """
    _check_greeting(client)
    _secure(client)
    _sign_in(client)
    client.wire.state = "AUTH"
    if client.net.account.quirks.requires_imap_id:
        identify(client)


def identify(client: Client) -> None:
    """Say who we are; a server that does not care to know is no fault."""
    try:
        client.run("ID", ID_ARGUMENTS)
    except CommandError:
        pass


def _check_greeting(client: Client) -> None:
    greeting = client.wire.greeting
    stream = client.net
    if greeting.condition == "PREAUTH" and (
        stream.account.credential is not None or stream.endpoint.security is Security.STARTTLS
    ):
        # whoever sits in the middle could sign us in as somebody else, and keep us from STARTTLS
        stream.broken = True
        raise stream.error(TLSError, "The server claims that we are signed in already; nothing was sent to it.")
    if greeting.condition not in ("OK", "PREAUTH"):
        stream.broken = True
        raise said_goodbye(stream, greeting)
    if greeting.code == "CAPABILITY":
        client.wire.take_capabilities(greeting.data)


def _secure(client: Client) -> None:
    stream = client.net
    if stream.endpoint.security is not Security.STARTTLS:
        return
    hint = port_hint(stream.endpoint.protocol, stream.endpoint.port, stream.endpoint.security)
    if not client.wire.capabilities:
        client.run("CAPABILITY")
    if not client.can("STARTTLS"):
        stream.broken = True
        raise stream.error(TLSError, "The server does not offer STARTTLS; nothing was sent to it.", hint=hint)
    answer = client.ask("STARTTLS")
    if answer.status.condition != "OK":
        stream.broken = True
        raise stream.error(TLSError, f"The server refused STARTTLS: {answer.status.text}", hint=hint)
    stream.start_tls()
    client.wire.capabilities = ()  # what was said in clear text may be forged


def _sign_in(client: Client) -> None:
    if not client.wire.capabilities:
        client.run("CAPABILITY")
    credential = client.net.account.credential
    if credential is None:
        return
    client.net.require_private()
    answer = _authenticate(client)
    if answer.status.condition != "OK":
        raise refused_login(
            client.net, _words(answer), code=answer.status.code, transient=answer.status.code in TRANSIENT_CODES
        )
    if answer.status.code != "CAPABILITY" and not any(answer.of("CAPABILITY")):
        client.run("CAPABILITY")


def _authenticate(client: Client) -> Answer:
    """Use the best mechanism that is offered, or else the LOGIN command."""
    stream = client.net
    credential = stream.account.credential_for(Protocol.IMAP)
    if credential is None:
        raise UsageError("The account has no credential.")
    offered = [capability[5:] for capability in client.wire.capabilities if capability.startswith("AUTH=")]
    mechanism = mechanism_for(offered, credential, stream.endpoint)
    if mechanism is not None:
        return _authenticate_by(client, mechanism)
    if credential.kind == "oauth2" or client.can("LOGINDISABLED"):
        error: AuthenticationError = no_mechanism(stream, offered)
        raise error
    user, password = credential_words(credential)
    return client.ask("LOGIN", string(user, "user name"), string(password, "password"))


def _authenticate_by(client: Client, mechanism: Mechanism) -> Answer:
    """Send the first message with the command where that is offered; a server that takes that for an error of syntax,
    whatever it offered (NetEase's, Exchange's), is asked once more, without. A refused login (NO) is never repeated.
    """
    initial = client.can("SASL-IR") and not client.net.account.quirks.sasl_ir_broken
    first = client.authenticate_by(mechanism, initial=initial)
    has_read = client.wire.continuation_response is not None
    if not initial or mechanism.initial is None or has_read or first.status.condition != "BAD" or first.status.code:
        return first
    try:
        return client.authenticate_by(mechanism, initial=False)
    except DisconnectedError:  # its first words say more
        return first


def _words(answer: Answer) -> str:
    """Return the server's words, an untagged alert before the final ones included."""
    alerts = [_alert(status) for status in answer.codes() if status.code in ("ALERT", "WEBALERT")]
    if answer.status.text not in alerts:
        alerts.append(answer.status.text)
    return " ".join(alerts)


def _alert(status: Status) -> str:
    """Return an alert with the address that it asks the user to open (Gmail's WEBALERT)."""
    address = decode_server_text(status.data)
    return status.text.replace(f"[{status.code}]", f"[{status.code} {address}]", 1) if address else status.text
