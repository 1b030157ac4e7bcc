"""Who may come in: a name and a password or token checked against the store, in the manner of the profile."""

from __future__ import annotations

import hmac

from .mailstore import User
from .services import Services


class SASLError(Exception):
    """The exchange failed; ``reason`` is ``cancelled``, ``syntax``, or the cause of a refusal (``bad_credentials``)."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Gate:
    """The sign-in of one connection; ``username`` is what the client called itself in the end."""

    def __init__(self, services: Services, protocol: str) -> None:
        self._store = services.store
        self._profile = services.profile
        self._protocol = protocol
        self.username = ""

    @property
    def token_problem(self) -> dict[str, str]:
        """What the client is told of a token that is refused."""
        return dict(self._profile.token_problem)

    @property
    def is_recent(self) -> bool:
        """Whether the client asked, by a prefix of its name, for the messages of the last 30 days."""
        prefix = self._profile.pop3.recent_prefix if self._protocol == "pop3" else ""
        return bool(prefix) and self.username.startswith(prefix)

    def by_password(self, username: str, password: str) -> User:
        """Return the user if the password is right.

        :raises SASLError: If it is not, or the server takes no sign-in of this user now.
        """
        if not self._profile.takes_password:
            raise SASLError("oauth_required")
        user = self.find(username)
        known = user.password if user is not None else ""
        return self._admitted(user, hmac.compare_digest(known.encode(), password.encode()))

    def by_digest(self, username: str, digest: str, expected: str) -> User:
        """Return the user if what was made of the password is right, as ``by_password`` does."""
        return self._admitted(self.find(username), hmac.compare_digest(expected.encode(), digest.encode()))

    def by_token(self, username: str, token: bytes) -> User | None:
        """Return the user if the access token is right, else ``None``.

        :raises SASLError: If the server takes no sign-in of this user now.
        """
        user = self.find(username)
        known = user.token if user is not None else None
        if user is None or not known or not hmac.compare_digest(known.encode(), token):
            return None
        return self._admitted(user, True)

    def find(self, username: str) -> User | None:
        """Return who is meant by a user name."""
        self.username = username
        prefix = self._profile.pop3.recent_prefix if self.is_recent else ""
        name = username.removeprefix(prefix).lower()
        forms = self._profile.usernames
        if "@" in name and "full" not in forms:
            return None
        if "@" not in name and "local" in forms:
            meant = [user for address, user in self._store.users.items() if address.partition("@")[0] == name]
            return meant[0] if len(meant) == 1 else None
        return self._store.users.get(name)

    def _admitted(self, user: User | None, is_right: bool) -> User:
        """Let a user in whose credential is right, unless too many were wrong before, or there is trouble."""
        jail = self._profile.jail_after
        if user is not None and jail is not None and user.failures >= jail:
            raise SASLError("rate_limited")
        if user is None or not is_right:
            if user is not None:
                user.failures += 1
            raise SASLError("bad_credentials")
        user.failures = 0
        if self._profile.refusal(user.trouble, self._protocol):
            raise SASLError(user.trouble)
        return user
