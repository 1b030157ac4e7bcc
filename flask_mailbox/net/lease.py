"""The exclusive use of one session of a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .place import Place

if TYPE_CHECKING:
    from .pool import Pool, Session


class Lease:
    """The exclusive use of one session until ``release``, or until the end of a ``with`` block.

    :param reused: Whether the session had served another lease before.
    """

    def __init__(self, pool: Pool, place: Place, session: Session, opened: float, *, reused: bool) -> None:
        self.session: Any = session
        self.reused = reused
        self._pool = pool
        self._place = place
        self._opened = opened
        self._process = pool._process
        self._held = True

    def __enter__(self) -> Any:
        return self.session

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is None:
            self.release()
        else:
            self.abandon()

    def release(self) -> None:
        """Give the session back after all went well; the second call does nothing.

        :raises ServiceError: If ending a POP3 session fails, so that its deletions may not have happened.
        """
        if self._ends():
            self._pool._give_back(self._place, self.session, self._opened)

    def abandon(self) -> None:
        """Give the session back after an error: kept if it is still good, dropped without QUIT if it is POP3."""
        if self._place.keep:
            self.release()
        else:
            self.discard()

    def discard(self) -> None:
        """Give the place back and drop the session."""
        if self._ends():
            self.session.drop()
            self._pool._free(self._place)

    def _ends(self) -> bool:
        """Tell whether it ends now: not if it has ended, nor in a forked child, which has nothing to give back."""
        held, self._held = self._held, False
        return held and self._process is self._pool._process
