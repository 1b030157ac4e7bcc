"""The frame in which a message's HTML is shown: attributes for the host's page, headers for the frame's own route."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import UsageError
from .html import BLOCKED_IMAGE

# Links open in tabs of their own, which are ordinary pages again. Never allow-scripts, never allow-same-origin.
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
# An image that was not loaded keeps the height that it was given; as a picture of one dot it would be a square.
_STYLE = (
    "body{margin:8px;font-family:sans-serif;overflow-wrap:anywhere}img{max-width:100%}"
    f'img:not([src="{BLOCKED_IMAGE}"]){{height:auto}}'
)


@dataclass(frozen=True, slots=True)
class FramePolicy:
    """How to show a message.

    :param attributes: Of the ``iframe`` element; set ``src`` to a route of your own, never ``srcdoc``, which would
        inherit the policy of the page around it.
    :param headers: Of the answer of that route.
    """

    attributes: Mapping[str, str]
    headers: Mapping[str, str]


def frame_policy(*, load_remote: bool = False, image_sources: Sequence[str] = ()) -> FramePolicy:
    """Return the attributes and headers for showing what ``safe_html`` gave.

    :param load_remote: As it was given to ``safe_html``.
    :param image_sources: Origins of your own from which inline images come, such as ``https://app.example``; only
        needed where images are served by signed addresses instead of ``data:``.
    :raises UsageError: If a source could end the directive.
    """
    for source in image_sources:
        if not source or any(character.isspace() or character in ";,'\"" for character in source):
            raise UsageError(f"The image source {source!r} is no origin. Give one such as 'https://app.example'.")
    images = " ".join(["data:", *image_sources, *(["https:", "http:"] if load_remote else [])])
    policy = (
        f"default-src 'none'; img-src {images}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors 'self'; sandbox {_SANDBOX}"
    )
    return FramePolicy(
        attributes={"sandbox": _SANDBOX, "referrerpolicy": "no-referrer", "loading": "lazy", "title": "Message"},
        headers={
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "X-DNS-Prefetch-Control": "off",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "private, no-store",
        },
    )


def frame_document(fragment: str) -> str:
    """Wrap what ``safe_html`` gave into the page that the frame's route answers with."""
    return (
        '<!doctype html><html><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f'<base target="_blank"><style>{_STYLE}</style></head><body>{fragment}</body></html>'
    )
