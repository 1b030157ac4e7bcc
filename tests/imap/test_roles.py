"""Which folder is for what, where the server does not tell: by the provider's names, then by those in general use."""

from __future__ import annotations

import pytest

from flask_mailbox.imap.names import encode_name
from flask_mailbox.providers import Provider, shipped

from ..scripted import scripted
from .accounts import imap_account, session_of
from .scripts import imap_script


def roles_at(provider: Provider | None, *paths: str) -> dict[str, str | None]:
    """Return the role of each folder of a server that tells none."""
    lines = [b'* LIST () "/" "%b"\r\n' % encode_name(path) for path in ("INBOX", *paths)]
    with scripted(imap_script({"LIST": b"".join(lines) + b"{tag} OK done\r\n"})) as server:
        account = imap_account(server.port, provider=provider)
        with session_of(account) as imap:
            return {info.path: info.role for info in imap.folders() if info.path != "INBOX"}


@pytest.mark.parametrize("name", ["wp-pl", "rambler", "yandex", "yahoo", "aol", "163", "qq", "icloud"])
def test_the_folders_that_a_preset_names_have_their_roles(name: str) -> None:
    provider = shipped().get(name)
    wanted = {names[0]: role for role, names in provider.folders.items() if role in ("sent", "drafts", "trash", "junk")}

    assert wanted
    assert roles_at(provider, *wanted) == wanted


def test_the_providers_own_folder_comes_before_one_of_a_usual_name() -> None:
    assert roles_at(shipped().get("163"), "Sent", "已发送") == {"Sent": None, "已发送": "sent"}
    assert roles_at(None, "Sent", "已发送") == {"Sent": "sent", "已发送": None}


def test_without_a_preset_the_usual_names_of_many_languages_are_known() -> None:
    assert roles_at(None, "Wysłane", "Удалённые", "Çöp Kutusu", "Levélszemét", "Work") == {
        "Wysłane": "sent",
        "Удалённые": "trash",
        "Çöp Kutusu": None,  # the first one has the role
        "Levélszemét": "junk",
        "Work": None,
    }
