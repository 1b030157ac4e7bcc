"""Whether the process that has a message in hand still lives."""

from __future__ import annotations

import os
import subprocess
import sys

from flask_mailbox.services.store.owner import is_gone, new_owner


def named(pid: int) -> str:
    host, _, rest = new_owner().partition("|")
    return f"{host}|{pid}|{rest.partition('|')[2]}"


def test_this_process_lives_and_each_taking_has_its_own_name() -> None:
    assert not is_gone(new_owner())
    assert new_owner() != new_owner()


def test_a_process_that_ended_is_gone_also_before_it_is_waited_for() -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    assert is_gone(named(process.pid))
    process.wait()
    assert is_gone(named(process.pid))


def test_a_process_of_another_machine_may_live() -> None:
    assert not is_gone("elsewhere|1|x|y")


def test_an_earlier_process_of_the_same_number_is_gone() -> None:
    host, pid, _, taking = new_owner().split("|")

    assert is_gone(f"{host}|{pid}|before|{taking}")


def test_what_is_no_owner_may_live() -> None:
    assert not is_gone("")
