"""Runs pymap with many users in memory: ``pymap_users.py PASSWORD COUNT`` and pymap's own arguments.

Its uids begin at 1 here, as other servers' do, so that the same tests fit; and passwords are not hashed, which would
take most of the tests' time.
"""

from __future__ import annotations

import sys

from pymap.backend import backends
from pymap.backend.dict import Config, DictBackend, Login
from pymap.backend.dict.mailbox import MailboxData
from pymap.main import main
from pymap.user import Passwords, UserMetadata
from pysasl.hashing import Cleartext


class ManyUsers(DictBackend):
    """The backend in memory, whose users all have one password."""

    password = ""
    count = 0

    @classmethod
    async def _add_demo_user(cls, config: Config, login: Login) -> None:
        hashed = await Passwords(config).hash_password(cls.password)
        for number in range(cls.count):
            name = f"user{number}@mail.test"
            login.users_dict[name] = UserMetadata(config, name, password=hashed)


def begin_uids_at_one() -> None:
    """Let folders give their first message the uid 1; pymap's own begin at 101."""
    original = MailboxData.__init__

    def begin(self: MailboxData, *arguments: object, **options: object) -> None:
        original(self, *arguments, **options)
        self._max_uid = 0

    MailboxData.__init__ = begin


if __name__ == "__main__":
    begin_uids_at_one()
    Config._get_hash_context = classmethod(lambda cls, passlib_cfg: Cleartext())
    ManyUsers.password, ManyUsers.count = sys.argv[1], int(sys.argv[2])
    del sys.argv[1:3]
    backends._added["dict"] = ManyUsers
    main()
