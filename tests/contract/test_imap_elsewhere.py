"""The contract of IMAP on further servers: the tests are those that the embedded server and Dovecot pass.

Two are left out, which show the client's own work and would take most of the time.
"""

from __future__ import annotations

import pytest

from .conftest import FURTHER_IMAP
from .test_imap import *  # noqa: F403 - all of them

pytestmark = pytest.mark.parametrize("reading_server", FURTHER_IMAP, indirect=True)

del test_where_a_search_is_not_trusted_it_is_finished_here  # noqa: F821 - from the star
del test_many_messages_come_in_batches_without_those_gone_or_too_large  # noqa: F821
