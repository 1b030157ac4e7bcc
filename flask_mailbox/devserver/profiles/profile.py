"""What servers of some family do differently, as data: a frozen value that the sessions of each protocol look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..mailstore import DEFAULT_FOLDERS
from .imapmanners import IMAPManners

Words = Mapping[str, str]
"""A reply for each protocol that has one: IMAP's without its tag, the lines before the last one untagged."""

MECHANISMS = ("PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER")
GREETINGS = {"imap": "IMAP server ready", "pop3": "POP3 server ready", "smtp": "ESMTP flask-mailbox"}
TOKEN_PROBLEM = {"status": "401", "schemes": "bearer", "scope": "https://mail.test/"}


@dataclass(frozen=True, slots=True, kw_only=True)
class POP3Manners:
    """POP3: deviations from the standard server.

    :param lacks: Capabilities that are not listed; their commands are unknown.
    :param offers: Further capabilities.
    :param initial_response_refusal: The reply to AUTH with an access token as initial response.
    :param window: So many messages a session lists, the oldest; those that were retrieved are gone in the next one.
    :param recent_prefix: What, put before the user name, lists the messages of the last 30 days to every client.
    """

    lacks: frozenset[str] = frozenset()
    offers: tuple[str, ...] = ()
    initial_response_refusal: str = ""
    window: int | None = None
    recent_prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SMTPManners:
    """SMTP: deviations from the standard server.

    :param sender_refusal: The reply to MAIL from another address than that of the login.
    :param spam_refusal: The reply to a message that holds ``SPAM_TEXT``.
    :param quit_reply: What QUIT is answered with before the connection is closed.
    :param renames_messages: Whether a message gets a new Message-ID; its own goes to X-Microsoft-Original-Message-ID.
    :param saves_sent: Whether the server files a copy in the sender's folder for sent mail.
    :param saves_sent_after: How many seconds after it took the message it does so.
    :param session_limit: From so many signed-in connections of a user one may send; MAIL on a further one is refused.
    :param session_limit_refusal: The reply to that.
    """

    sender_refusal: str = ""
    spam_refusal: str = ""
    quit_reply: bytes = b""
    renames_messages: bool = False
    saves_sent: bool = False
    saves_sent_after: float = 0.0
    session_limit: int | None = None
    session_limit_refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Deviations from the standard server; a field at its default deviates in nothing.

    :param name: The family's name, or a provider's id where one provider differs from its family.
    :param folders: The folders of a new user: paths and roles.
    :param mechanisms: The SASL mechanisms that are offered.
    :param takes_password: Whether a right password signs in; else the user is in trouble ``oauth_required``.
    :param token_problem: What the client is told of a token that is refused (RFC 7628, 3.2.2).
    :param refusals: How a sign-in is refused: by cause (``bad_credentials``, and the troubles that
        ``MailServer.set_trouble`` takes) the reply of each protocol; IMAP's ``{command}`` is filled in.
    :param charset: Of the words of SMTP and POP3.
    :param greetings: By protocol the words of the greeting; of SMTP those behind the host's name.
    :param usernames: What a user may sign in as: ``full`` is the address, ``local`` the part before the @.
    :param jail_after: After so many sign-ins that were refused in a row, a user is in trouble ``rate_limited``.
    """

    name: str = "standard"
    folders: tuple[tuple[str, str], ...] = DEFAULT_FOLDERS
    mechanisms: tuple[str, ...] = MECHANISMS
    takes_password: bool = True
    token_problem: Mapping[str, str] = field(default_factory=lambda: TOKEN_PROBLEM, hash=False)
    refusals: Mapping[str, Words] = field(default_factory=dict, hash=False)
    charset: str = "utf-8"
    greetings: Mapping[str, str] = field(default_factory=lambda: GREETINGS, hash=False)
    usernames: tuple[str, ...] = ("full",)
    jail_after: int | None = None
    imap: IMAPManners = field(default_factory=IMAPManners)
    pop3: POP3Manners = field(default_factory=POP3Manners)
    smtp: SMTPManners = field(default_factory=SMTPManners)

    @property
    def troubles(self) -> tuple[str, ...]:
        """For which causes users can be refused, in alphabetical order; some only once they have signed in."""
        later = {"protocol_disabled": self.imap.not_connected, "id_required": self.imap.select_refusal}
        return tuple(sorted({*self.refusals, *(cause for cause, words in later.items() if words)}))

    def refusal(self, cause: str, protocol: str) -> str:
        """Return the words with which a sign-in is refused for this cause; empty if there are none."""
        return self.refusals.get(cause, {}).get(protocol, "")

    def greeting(self, protocol: str) -> str:
        """Return the words of the greeting of a protocol."""
        return self.greetings.get(protocol, GREETINGS[protocol])


STANDARD = Profile()
