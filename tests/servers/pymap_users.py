"""Runs pymap with many users in memory: ``pymap_users.py PASSWORD COUNT`` and pymap's own arguments."""

from __future__ import annotations

import sys

from pymap.backend import backends
from pymap.backend.dict import Config, DictBackend, Login
from pymap.main import main
from pymap.user import Passwords, UserMetadata


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


if __name__ == "__main__":
    ManyUsers.password, ManyUsers.count = sys.argv[1], int(sys.argv[2])
    del sys.argv[1:3]
    backends._added["dict"] = ManyUsers
    main()
