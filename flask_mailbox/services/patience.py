"""Sending again what was refused for the time being, a few times and not for ever."""

from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import ServiceError
from ..smtp import Parcel, Receipt


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long to try again.

    :param retries: Further tries after the first.
    :param first: Seconds before the first of them; each further one waits twice as long.
    :param longest: Seconds that one wait lasts at most.
    :param within: Seconds after which no further try begins.
    """

    retries: int = 0
    first: float = 1.0
    longest: float = 30.0
    within: float = 120.0

    def wait_before(self, retry: int) -> float:
        """Return the seconds to wait before a retry, the first being 0: half of them are left to chance."""
        longest = min(self.longest, self.first * 2.0**retry)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing


ONE_TRY = Patience()


def send_patiently(send: Callable[[Parcel], Receipt], parcel: Parcel, patience: Patience) -> Receipt:
    """Send a message, and once more to those recipients who were refused for the time being.

    Nobody is sent to again who accepted, was refused for good, or whose fate is unknown; the Message-ID stays the same.

    :raises ServiceError: If the last try ended so, and no try before it reached any recipient.
    """
    if not patience.retries:
        return send(parcel)
    until = time.monotonic() + patience.within
    so_far: Receipt | None = None
    for retry in range(patience.retries + 1):
        try:
            receipt = merged(so_far, send(parcel))
        except ServiceError as error:
            if not error.transient and so_far is None:
                raise
            if not error.transient or retry == patience.retries or not _slept(patience, retry, until):
                if so_far is None:
                    raise
                return dataclasses.replace(so_far, warnings=(*so_far.warnings, f"The last try failed: {error}"))
            continue
        again = to_try_again(receipt, all_or_nothing=parcel.all_or_nothing)
        if not again or retry == patience.retries or not _slept(patience, retry, until):
            return receipt
        so_far, parcel = receipt, parcel.to(again)
    raise AssertionError("the last round returns or raises")


def to_try_again(receipt: Receipt, *, all_or_nothing: bool) -> tuple[str, ...]:
    """Return the recipients who were refused for the time being, if it makes sense to ask them again."""
    refused = receipt.refused
    if all_or_nothing and any(refusal.permanent for refusal in refused.values()):
        return ()
    return tuple(recipient for recipient, refusal in refused.items() if not refusal.permanent)


def _slept(patience: Patience, retry: int, until: float) -> bool:
    """Wait before the next try, unless that would end too late."""
    wait = patience.wait_before(retry)
    if time.monotonic() + wait >= until:
        return False
    time.sleep(wait)
    return True


def merged(before: Receipt | None, now: Receipt) -> Receipt:
    """Return one receipt for all tries: of each recipient the last word counts."""
    if before is None:
        return now
    return dataclasses.replace(
        now,
        accepted=(*before.accepted, *now.accepted),
        unknown=(*before.unknown, *now.unknown),
        refused={
            recipient: refusal
            for recipient, refusal in {**before.refused, **now.refused}.items()
            if recipient not in now.accepted and recipient not in now.unknown
        },
        seconds=before.seconds + now.seconds,
    )
