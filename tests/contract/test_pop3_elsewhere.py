"""The contract of POP3 on a further server: the tests are those that the embedded server and Dovecot pass.

Two are left out, which deliver many messages: that takes most of the time here.
"""

from __future__ import annotations

import pytest

from .conftest import FURTHER_POP3
from .test_pop3 import *  # noqa: F403 - all of them

pytestmark = pytest.mark.parametrize("reading_server", FURTHER_POP3, indirect=True)

del test_many_messages_are_fetched_in_the_order_asked_for  # noqa: F821 - from the star
del test_each_message_can_be_deleted_as_it_comes  # noqa: F821
