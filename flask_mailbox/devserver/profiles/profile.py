"""What a server of some family does differently, as data: one frozen value that the sessions look at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Deviations from the standard server; a field at its default deviates in nothing.

    :param name: The family's name, or a provider's id where one provider differs from its family.
    :param select_refusal: IMAP: how SELECT and EXAMINE are refused until ID came in the accepted form
        (parameters, no blanks inside the parentheses, on this connection); ``{command}`` is filled in.
    :param id_blank_refusal: IMAP: the reply to an ID with blanks inside its parentheses.
    :param initial_response_refusal: IMAP: the reply to AUTHENTICATE with an initial response.
    :param idle: IMAP: whether IDLE is offered.
    """

    name: str = "standard"
    select_refusal: str = ""
    id_blank_refusal: str = ""
    initial_response_refusal: str = ""
    idle: bool = True


STANDARD = Profile()
