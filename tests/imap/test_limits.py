"""How large a message may be that is read whole."""

from __future__ import annotations

import pytest

from flask_mailbox.devserver import MailServer
from flask_mailbox.errors import MessageError

from .accounts import imap_account, session_of


def test_the_account_says_how_large_a_message_may_be(mail_server: MailServer) -> None:
    with session_of(imap_account(mail_server.imap, max_message_size=20)) as imap:
        folder = imap.folder("INBOX")
        uid = folder.page()[0].uid

        assert list(folder.messages([uid])) == []
        assert folder.message(uid, limit=1000).subject == "one"
        with pytest.raises(MessageError, match="at most 20 are read"):
            folder.message(uid)
