"""The parts that the server can play: each profile is what one family of servers does differently."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Deviations from the standard server; a field at its default deviates in nothing.

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
COREMAIL = Profile(
    name="coremail",
    select_refusal="NO {command} Unsafe Login. Please contact kefu@188.com for help",
    id_blank_refusal="BAD Parse command error",
    initial_response_refusal="BAD Request not ending with CRLF",
    idle=False,
)
PROFILES = {profile.name: profile for profile in (STANDARD, COREMAIL)}
ALIASES = {"netease": "coremail", "163": "coremail", "126": "coremail", "yeah": "coremail"}


def profile_for(name: str | None) -> Profile:
    """Return a profile by its family or the short name of a provider; ``None`` is the standard server.

    :raises ValueError: If there is no such profile.
    """
    if name is None:
        return STANDARD
    found = PROFILES.get(ALIASES.get(name.lower(), name.lower()))
    if found is None:
        raise ValueError(f"No profile '{name}'. Use one of: {', '.join(sorted((*PROFILES, *ALIASES)))}.")
    return found
