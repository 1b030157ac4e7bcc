"""What the server can do, and how it refuses a sign-in, in the manner of the profile that it plays."""

from __future__ import annotations

from ..profiles import IMAPManners, Profile

CAPABILITIES = (
    "IMAP4rev1", "SASL-IR", "LITERAL+", "ENABLE", "ID", "NAMESPACE", "CHILDREN", "UNSELECT", "UIDPLUS", "MOVE",
    "ESEARCH", "LIST-EXTENDED", "LIST-STATUS", "SPECIAL-USE", "IDLE", "PREVIEW",
)  # fmt: skip
OPTIONAL_COMMANDS = frozenset((*CAPABILITIES, "XLIST"))
"""Capabilities whose command has the same name, among others."""

_REFUSED = "NO [AUTHENTICATIONFAILED] Authentication failed"
_REFUSALS = {"cancelled": "BAD Authentication cancelled", "syntax": "BAD That is no proper response"}


def can(manners: IMAPManners, capability: str) -> bool:
    """Whether the profile leaves the server this capability, or gives it one of its own."""
    return capability in manners.offers or (capability in CAPABILITIES and capability not in manners.lacks)


def lacks_command(manners: IMAPManners, name: str, *, uid: bool) -> bool:
    """Whether a command belongs to a capability that the profile takes away."""
    if uid and name == "EXPUNGE":
        return not can(manners, "UIDPLUS")
    return name in OPTIONAL_COMMANDS and not can(manners, name)


def sign_in_refusal(profile: Profile, cause: str, command: str) -> tuple[list[str], str, str]:
    """Return how LOGIN or AUTHENTICATE is refused: the lines before, then status and text of the tagged answer."""
    words = profile.refusal(cause, "imap") or _REFUSALS.get(cause, _REFUSED)
    *before, last = words.replace("{command}", command).split("\r\n")
    status, _, text = last.partition(" ")
    return before, status, text
