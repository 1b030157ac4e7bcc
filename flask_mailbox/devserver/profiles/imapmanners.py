"""What IMAP servers of some family do differently, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

STANDARD_ID = {"name": "flask-mailbox", "vendor": "flask-mailbox"}


@dataclass(frozen=True, slots=True, kw_only=True)
class IMAPManners:
    """Deviations from the standard server; those about commands come first, those about answers last.

    A *refusal* is a whole reply without its tag; one that begins with ``BYE`` closes the connection, without a
    word if nothing follows. An empty one refuses nothing.

    :param lacks: Capabilities that are neither offered nor understood.
    :param offers: Further capabilities; ``XLIST`` and ``X-GM-EXT-1`` are also understood.
    :param session_limit: So many connections a user may have signed in; more are in trouble ``too_many_connections``.
    :param silence_limit: Seconds without a command other than NOOP after which the connection is closed.
    :param idle_limit: Seconds after which it is closed within IDLE.
    :param line_limit: Octets of a command's first line; a longer one is an error.
    :param select_refusal: How SELECT and EXAMINE are refused until ID came in the accepted form
        (parameters, no blanks inside the parentheses, on this connection), and whatever came if the user is in
        trouble ``id_required``; ``{command}`` is filled in.
    :param not_connected: The reply to each command after the sign-in of a user in trouble ``protocol_disabled``.
    :param leftover_refusal: The reply where something stands behind the end of a command: a blank, or the second
        word of a name that was not quoted.
    :param no_folder_refusal: The reply to a command that wants a selected folder; ``{command}`` is filled in.
    :param early_id_refusal: The reply to an ID before the sign-in.
    :param empty_id_refusal: The reply to ``ID ()``.
    :param id_blank_refusal: The reply to an ID with blanks inside its parentheses.
    :param literal_login_refusal: The reply to LOGIN with a literal.
    :param initial_response_refusal: The reply to AUTHENTICATE with an initial response.
    :param extended_list_refusal: The reply to LIST with options, though they are offered.
    :param header_search_refusal: The reply to a search in any header field but Message-ID.
    :param descending_set_refusal: The reply to a set with a range such as ``9:1``.
    :param move_refusal: The reply to MOVE, though it is offered.
    :param folder_limit: So many folders a user may have.
    :param search_words: What SEARCH does with words: ``all`` finds them, ``ascii`` finds no others than ASCII,
        ``none`` finds no words at all, ``ignored`` takes every message for a hit.
    :param search_charsets: What SEARCH takes after CHARSET.
    :param message_id_search: Whether SEARCH finds a Message-ID.
    :param visible_messages: So many messages a folder shows, the newest.
    :param archives_expunged: Whether what is expunged outside of trash and junk goes to the folder of all messages.
    :param server_id: What ID tells of the server.
    :param separator: What parts the levels of a folder's name.
    :param prefix: Where the user's own folders begin, as NAMESPACE tells.
    :param inbox_name: How LIST spells INBOX.
    :param list_roles: Whether LIST tells what a folder is for.
    :param doubled_attributes: Whether it tells so twice.
    :param uidnext: Whether SELECT and STATUS tell the next uid.
    :param noop_tells: Whether NOOP tells what changed.
    :param quiet_enable: Whether ENABLE is answered without saying what is enabled.
    :param endless_bye: Whether LOGOUT is answered with BYE after BYE, and nothing else, until the client closes.
    :param unordered_fetch: Whether FETCH begins with the last message.
    :param zero_fetch: Whether FETCH also tells of a message number 0.
    :param rfc822_item: Whether FETCH RFC822 brings the message.
    :param float_sizes: Whether large sizes are written as ``9.3736e+06``.
    :param stray_modseq: What stands behind MODSEQ in each answer to FETCH.
    :param valueless_parts: Whether an empty part is told without a value.
    :param envelope_bcc: Whether ENVELOPE has its field for Bcc.
    :param envelope_addresses: Whether ENVELOPE tells addresses at all.
    :param empty_addresses: What stands where there are none.
    :param childless_multiparts: Whether BODYSTRUCTURE leaves out the parts of a multipart within another.
    :param sloppy_answers: Whether answers are written against the grammar: a blank behind STATUS, MOVE's COPYUID
        without its OK, a disposition that is a string.
    """

    lacks: frozenset[str] = frozenset()
    offers: tuple[str, ...] = ()
    session_limit: int | None = None
    silence_limit: float | None = None
    idle_limit: float | None = None
    line_limit: int | None = None
    select_refusal: str = ""
    not_connected: str = ""
    leftover_refusal: str = ""
    no_folder_refusal: str = "BAD Select a folder first"
    early_id_refusal: str = ""
    empty_id_refusal: str = ""
    id_blank_refusal: str = ""
    literal_login_refusal: str = ""
    initial_response_refusal: str = ""
    extended_list_refusal: str = ""
    header_search_refusal: str = ""
    descending_set_refusal: str = ""
    move_refusal: str = ""
    folder_limit: int | None = None
    search_words: str = "all"
    search_charsets: tuple[str, ...] = ("US-ASCII", "UTF-8")
    message_id_search: bool = True
    visible_messages: int | None = None
    archives_expunged: bool = False
    server_id: Mapping[str, str] = field(default_factory=lambda: STANDARD_ID, hash=False)
    separator: str = "/"
    prefix: str = ""
    inbox_name: str = "INBOX"
    list_roles: bool = True
    doubled_attributes: bool = False
    uidnext: bool = True
    noop_tells: bool = True
    quiet_enable: bool = False
    endless_bye: bool = False
    unordered_fetch: bool = False
    zero_fetch: bool = False
    rfc822_item: bool = True
    float_sizes: bool = False
    stray_modseq: str = ""
    valueless_parts: bool = False
    envelope_bcc: bool = True
    envelope_addresses: bool = True
    empty_addresses: str = "NIL"
    childless_multiparts: bool = False
    sloppy_answers: bool = False
