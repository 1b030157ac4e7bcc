"""The contract of POP3 on a further server: the tests are those that the embedded server and Dovecot pass."""

from __future__ import annotations

import pytest

from .conftest import FURTHER_POP3
from .test_pop3 import *  # noqa: F403 - all of them

pytestmark = pytest.mark.parametrize("reading_server", FURTHER_POP3, indirect=True)
