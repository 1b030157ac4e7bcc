"""Takes messages to an account's server: a leased session, the account's rate, and one more try where that is safe."""

from __future__ import annotations

from collections.abc import Callable

from ..account import Account, Protocol
from ..errors import CommandError, RateError, ServiceError
from ..net import Deadline, Lease, Pool
from ..smtp import Parcel, Receipt

Following = Callable[[], Parcel | None]


class Courier:
    """Sends through the account's pool.

    :param holds: Keep one connection from message to message, until ``give_back``.
    :param wait: Seconds to wait for a session of the pool, if less than the account allows.
    """

    def __init__(self, account: Account, pool: Pool, *, holds: bool = False, wait: float | None = None) -> None:
        self._account = account
        self._pool = pool
        self._holds = holds
        self._wait = wait
        self._lease: Lease | None = None

    def send(self, parcel: Parcel, *, following: Following | None = None) -> Receipt:
        """Send one message.

        A session that served before, and now dies or falls silent before any content of this message went out, is
        replaced once. Both attempts share the time of one operation.

        :param following: Gives the message of the next call, to be announced where the server allows that.
        :raises RateError: If the account's rate leaves no room in time.
        :raises ServiceError: If the server cannot be reached, refuses the sign-in or the sender.
        """
        self._keep_the_rate()
        lease = self._take(parcel)
        within = Deadline(self._account.timeouts.operation)
        try:
            receipt, came_to_nothing = self._send_over(lease, parcel, following, within)
        except ServiceError as error:
            if not (lease.reused and _came_to_nothing(lease, error) and _has_time(within)):
                raise
        else:
            if not (lease.reused and came_to_nothing and _has_time(within)):
                return receipt
        receipt, _ = self._send_over(self._take(parcel, fresh=True), parcel, following, within)
        return receipt

    def give_back(self) -> None:
        """Give a held connection back to the pool."""
        if self._lease is not None:
            self._lease.release()
            self._lease = None

    def _send_over(
        self, lease: Lease, parcel: Parcel, following: Following | None, within: Deadline
    ) -> tuple[Receipt, bool]:
        """Return the receipt, and whether the session broke before any content went out."""
        session = lease.session
        try:
            receipt = session.send(parcel, following=following, within=within)
            came_to_nothing = session.came_to_nothing  # asked now: once it is given back, it may serve somebody else
        except BaseException:
            lease.abandon()
            self._lease = None
            raise
        if not self._holds:
            lease.release()
        return receipt, came_to_nothing

    def _take(self, parcel: Parcel, *, fresh: bool = False) -> Lease:
        """Return the held lease while it is good, else a new one."""
        if self._lease is not None and (self._lease.session.expects(parcel) or self._lease.session.is_reusable):
            self._lease.reused = True
            return self._lease
        self.give_back()
        lease = self._pool.lease(self._account, Protocol.SMTP, fresh=fresh, wait=self._wait)
        if self._holds:
            self._lease = lease
        return lease

    def _keep_the_rate(self) -> None:
        account = self._account
        if account.rate is None:
            return
        missing = self._pool.pacer.wait(_sender(account), account.rate, account.timeouts.operation)
        if missing:
            raise RateError(
                f"Nothing was sent: the account's rate of {account.rate} allows the next message in "
                f"{missing:.0f} seconds.",
                seconds=missing,
                account=account.name,
                protocol=str(Protocol.SMTP),
                hint="Send it later (mailbox.send_later), or raise RATE if the provider allows more.",
                category="rate_limited",
            )


def until_rate_allows(account: Account, pool: Pool) -> float:
    """Return the seconds until an account's rate lets its next message go; nothing is waited for or taken."""
    if account.rate is None:
        return 0.0
    return pool.pacer.missing(_sender(account), account.rate)


def _sender(account: Account) -> bytes:
    """Return whose rate it is: the server's limit is for a user, whatever the password is read from."""
    credential = account.credential_for(Protocol.SMTP)
    return f"{account.smtp} {credential.username if credential else account.address}".encode()


def _has_time(within: Deadline) -> bool:
    """Tell whether enough is left of an operation to begin it anew: a tenth."""
    return within.left() > within.seconds / 10


def _came_to_nothing(lease: Lease, error: ServiceError) -> bool:
    """Tell whether a session failed, and its server surely has nothing of the message."""
    if isinstance(error, CommandError) and error.code != "421":
        return False  # an answer, and the session may serve somebody else by now
    return not lease.session.content_begun
