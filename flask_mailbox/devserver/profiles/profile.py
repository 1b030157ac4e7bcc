"""What servers of some family do differently, as data: a frozen value that the sessions of each protocol look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..mailstore import DEFAULT_FOLDERS

Words = Mapping[str, str]
"""A reply for each protocol that has one: IMAP's without its tag, the lines before the last one untagged."""

MECHANISMS = ("PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER")
TOKEN_PROBLEM = {"status": "401", "schemes": "bearer", "scope": "https://mail.test/"}


@dataclass(frozen=True, slots=True, kw_only=True)
class IMAPManners:
    """IMAP: deviations from the standard server.

    :param lacks: Capabilities that are neither offered nor understood.
    :param offers: Further capabilities; ``XLIST`` and ``X-GM-EXT-1`` are also understood.
    :param select_refusal: How SELECT and EXAMINE are refused until ID came in the accepted form
        (parameters, no blanks inside the parentheses, on this connection); ``{command}`` is filled in.
    :param trailing_blank_refusal: The reply to a command that ends in a blank.
    :param no_folder_refusal: The reply to a command that wants a selected folder; ``{command}`` is filled in.
    :param empty_id_refusal: The reply to ``ID ()``.
    :param id_blank_refusal: The reply to an ID with blanks inside its parentheses.
    :param initial_response_refusal: The reply to AUTHENTICATE with an initial response.
    :param not_connected: The reply to each command after the sign-in of a user in trouble ``protocol_disabled``.
    :param session_limit: So many connections a user may have signed in; more are in trouble ``too_many_connections``.
    :param uidnext: Whether SELECT and STATUS tell the next uid.
    :param list_roles: Whether LIST tells what a folder is for.
    :param search_words: What SEARCH does with words: ``all`` finds them, ``ascii`` finds no others than ASCII,
        ``ignored`` takes every message for a hit.
    :param search_charsets: What SEARCH takes after CHARSET.
    :param descending_set_refusal: The reply to a set with a range such as ``9:1``.
    :param envelope_bcc: Whether ENVELOPE has its field for Bcc.
    :param childless_multiparts: Whether BODYSTRUCTURE leaves out the parts of a multipart within another.
    :param archives_expunged: Whether what is expunged outside of trash and junk goes to the folder of all messages.
    :param sloppy_answers: Whether answers are written against the grammar: a blank behind STATUS, MOVE's COPYUID
        without its OK, a disposition that is a string.
    """

    lacks: frozenset[str] = frozenset()
    offers: tuple[str, ...] = ()
    select_refusal: str = ""
    trailing_blank_refusal: str = ""
    no_folder_refusal: str = "BAD Select a folder first"
    empty_id_refusal: str = ""
    id_blank_refusal: str = ""
    initial_response_refusal: str = ""
    not_connected: str = ""
    session_limit: int | None = None
    uidnext: bool = True
    list_roles: bool = True
    search_words: str = "all"
    search_charsets: tuple[str, ...] = ("US-ASCII", "UTF-8")
    descending_set_refusal: str = ""
    envelope_bcc: bool = True
    childless_multiparts: bool = False
    archives_expunged: bool = False
    sloppy_answers: bool = False


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
    """

    name: str = "standard"
    folders: tuple[tuple[str, str], ...] = DEFAULT_FOLDERS
    mechanisms: tuple[str, ...] = MECHANISMS
    takes_password: bool = True
    token_problem: Mapping[str, str] = field(default_factory=lambda: TOKEN_PROBLEM, hash=False)
    refusals: Mapping[str, Words] = field(default_factory=dict, hash=False)
    charset: str = "utf-8"
    imap: IMAPManners = field(default_factory=IMAPManners)
    pop3: POP3Manners = field(default_factory=POP3Manners)
    smtp: SMTPManners = field(default_factory=SMTPManners)

    @property
    def troubles(self) -> tuple[str, ...]:
        """For which causes sign-ins can be refused, in alphabetical order."""
        return tuple(sorted({*self.refusals, *(("protocol_disabled",) if self.imap.not_connected else ())}))

    def refusal(self, cause: str, protocol: str) -> str:
        """Return the words with which a sign-in is refused for this cause; empty if there are none."""
        return self.refusals.get(cause, {}).get(protocol, "")


STANDARD = Profile()
