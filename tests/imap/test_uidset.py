"""Sets of uids behave as Python's sets do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_mailbox.imap import UidSet

uids = st.frozensets(st.integers(1, 40))


@given(uids, uids, st.integers(1, 41))
def test_it_agrees_with_a_set(one: frozenset[int], two: frozenset[int], limit: int) -> None:
    first, second = UidSet.of(one), UidSet.of(two)

    assert list(first) == sorted(one)
    assert len(first) == len(one)
    assert set(first | second) == one | two
    assert set(first & second) == one & two
    assert set(first - second) == one - two
    assert set(first.below(limit)) == {uid for uid in one if uid < limit}
    assert all((uid in first) == (uid in one) for uid in range(42))
    assert UidSet.parse(str(first)) == first


def test_it_is_written_as_ranges() -> None:
    assert str(UidSet.of([9, 3, 2, 1, 5])) == "1:3,5,9"
    assert str(UidSet.parse("7:4,5:9,1")) == "1,4:9"
    assert len(UidSet.parse("1:4294967295")) == 2**32 - 1


@pytest.mark.parametrize("text", ["0", "1:", "*", "1:*", "1,,2", "4294967296", "-1", "1 2", "١"])
def test_what_is_no_set_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no range"):
        UidSet.parse(text)
