"""Looking presets up, and adding an app's own."""

from __future__ import annotations

import pytest

from flask_mailbox import ConfigurationError
from flask_mailbox.account import Protocol
from flask_mailbox.providers import shipped

OWN = {"imap": [{"host": "imap.example.com", "port": 993, "security": "tls"}]}


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("163", "netease-163"), ("126", "netease-126"), ("yeah", "netease-yeah"), ("188", "netease-188"),
        ("vip163", "netease-vip-163"), ("qiye163", "netease-qiye"), ("qq", "qq"), ("QQ.com", "qq"),
        ("foxmail", "foxmail"), ("exmail", "tencent-exmail"), ("139", "china-mobile-139"),
        ("189", "china-telecom-189"), ("wo", "china-unicom-wo"), ("aliyun", "aliyun"), ("sina", "sina"),
        ("sohu", "sohu"), ("21cn", "21cn"), ("tom", "tom"), ("feishu", "feishu"), ("gmail", "gmail"),
        ("googlemail", "gmail"), ("Gmail", "gmail"), (" gmail ", "gmail"), ("workspace", "google-workspace"),
        ("outlook", "outlook"), ("hotmail", "outlook"), ("live", "outlook"), ("msn", "outlook"),
        ("office365", "microsoft-365"), ("m365", "microsoft-365"), ("icloud", "icloud"), ("apple", "icloud"),
        ("yahoo", "yahoo"), ("yahoojp", "yahoo-jp"), ("aol", "aol"), ("zoho", "zoho-com"), ("yandex", "yandex"),
        ("mailru", "mail-ru"), ("gmx", "gmx-de"), ("webde", "web-de"), ("t-online", "t-online"),
        ("fastmail", "fastmail"), ("proton", "proton-bridge"), ("naver", "naver"), ("daum", "daum"),
        ("seznam", "seznam"), ("orange", "orange-fr"), ("sendgrid", "sendgrid"), ("ses", "amazon-ses"),
        ("mailgun", "mailgun"), ("mailpit", "mailpit"), ("own", "own-domain"),
    ],
)  # fmt: skip
def test_a_well_known_name_finds_its_provider(name: str, provider: str) -> None:
    assert shipped().get(name).id == provider


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial", "gmail"),
        ("outlok", "outlook"),
        ("fasmail", "fastmail"),
        ("yaho", "yahoo"),
        ("netease163x", "netease163"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest_one(typed: str, meant: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        shipped().get(typed)

    assert str(caught.value) == f"No provider '{typed}'. Did you mean '{meant}'? See 'flask mailbox providers'."


def test_a_name_that_is_like_none_gets_no_suggestion() -> None:
    with pytest.raises(ConfigurationError, match=r"^No provider 'qqqqqqqqqqqq'\. See 'flask mailbox providers'\.$"):
        shipped().get("qqqqqqqqqqqq")


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("me@163.com", "netease-163"), ("me@126.com", "netease-126"), ("me@yeah.net", "netease-yeah"),
        ("10001@QQ.COM", "qq"), ("me@vip.qq.com", "qq"), ("me@googlemail.com", "gmail"),
        ("me@hotmail.co.uk", "outlook"),
        ("me@me.com", "icloud"), ("me@yahoo.co.jp", "yahoo-jp"), ("me@sina.cn", "sina"), ("me@tin.it", "alice-it"),
    ],
)  # fmt: skip
def test_an_address_finds_the_provider_of_its_domain(address: str, provider: str) -> None:
    found = shipped().for_address(address)

    assert found is not None
    assert found.id == provider


@pytest.mark.parametrize("address", ["me@example.com", "me@sub.163.com", "me", "", "163.com@example.org"])
def test_an_address_of_nobodys_domain_finds_none(address: str) -> None:
    assert shipped().for_address(address) is None


def test_a_domain_may_have_servers_of_its_own() -> None:
    sina = shipped().get("sina")

    assert sina.endpoints(Protocol.IMAP, "sina.com")[0].host == "imap.sina.com"
    assert sina.endpoints(Protocol.IMAP, "SINA.CN")[0].host == "imap.sina.cn"


def test_search_looks_at_names_aliases_and_domains() -> None:
    assert {provider.id for provider in shipped().search("NetEase")} >= {"netease-163", "netease-126"}
    assert [provider.id for provider in shipped().search("hotmail.co.za")] == ["outlook"]
    assert shipped().search("no such thing") == ()


def test_an_app_adds_a_preset_of_its_own() -> None:
    registry = shipped().with_own({"corp": OWN | {"aliases": ["acme"], "domains": ["Example.com"]}})

    assert registry.get("acme") is registry.get("corp") is registry.for_address("me@example.COM")
    assert len(registry.all()) == len(shipped().all()) + 1


def test_an_app_overrides_a_preset_for_itself_alone() -> None:
    registry = shipped().with_own({"gmail": OWN | {"domains": ["gmail.com"]}})

    assert registry.get("gmail").imap[0].host == "imap.example.com"
    assert registry.for_address("me@gmail.com") is registry.get("gmail")
    assert shipped().get("gmail").imap[0].host == "imap.gmail.com"


def test_an_own_preset_takes_a_domain_or_alias_over() -> None:
    registry = shipped().with_own({"corp": OWN | {"aliases": ["163"], "domains": ["163.com"]}})

    assert registry.get("163").id == registry.for_address("me@163.com").id == "corp"  # type: ignore[union-attr]
    assert registry.get("netease-163").id == "netease-163"


def test_an_own_preset_takes_the_name_of_one_of_ours_over() -> None:
    registry = shipped().with_own({"corp": OWN | {"aliases": ["gmail"]}})

    assert registry.get("gmail").id == "corp"
    assert registry.get("googlemail").id == "gmail"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"id": "other"}, "has another 'id'"),
        ({"kind": "private"}, "'kind' is 'private'; it takes 'bridge'"),
        ({"status": "dead"}, "'status' is 'dead'; it takes 'ok', 'unsupported'."),
        ({"username": "fixed:"}, "'username' is 'fixed:'"),
        ({"quirks": {"search_text": "bad"}}, "'quirks.search_text' is 'bad'; it takes 'ascii_only'"),
        ({"quirks": {"sent_copy": "server"}}, "'quirks.sent_copy' is 'server'; it takes 'account_setting'"),
        ({"evidence": {"endpoints": "sure"}}, "'evidence.endpoints' is 'sure'; it takes 'corroborated'"),
        ({"auth": {"methods": []}}, "'auth.methods' must be a list of texts, one at least."),
        ({"auth": {"credential_name": 5}}, "'auth.credential_name' must be a text."),
        ({"limits": [{"key": "size"}]}, "'limits' must be a list of tables"),
        ({"folders": {"sent": "Sent"}}, "'folders.sent' must be a list of texts."),
    ],
)
def test_a_word_that_a_preset_does_not_take_is_named(data: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^MAILBOX_PROVIDERS\['own'\]") as caught:
        shipped().with_own({"own": OWN | data})

    assert said in str(caught.value)


def test_all_mistakes_of_own_presets_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        shipped().with_own(
            {
                "one": {"imap": [{"host": "imap.example.com", "port": 0, "security": "ssl"}], "colour": "red"},
                "two": {"smtp": [{"host": "https://x", "port": 465, "security": "tls"}], "quirks": {"slow": True}},
                "three": {"username": "nick", "auth": {"methods": ["magic"]}, "pop3": "pop3s://x", "aliases": "x"},
                "four": [],
                "five": {"help": "call me", "domain_overrides": {"a.example": {"nntp": []}}, "quirks": {"idle": "no"}},
            }
        )

    said = str(caught.value)
    assert "MAILBOX_PROVIDERS['one']: unknown key 'colour'." in said
    assert "port 0 of 'imap' is not a number from 1 to 65535" in said
    assert "security 'ssl' of 'imap' is unknown; it takes 'none', 'starttls', 'tls'" in said
    assert "host 'https://x' of 'smtp' is not a host name" in said
    assert "unknown key 'slow' in 'quirks'" in said
    assert "'username' is 'nick'" in said
    assert "unknown method 'magic' in 'auth'" in said
    assert "'pop3' must be a list of tables" in said
    assert "MAILBOX_PROVIDERS['three']: 'aliases' must be a list of texts" in said
    assert "MAILBOX_PROVIDERS['four'] takes a mapping" in said
    assert "MAILBOX_PROVIDERS['five']: 'help' must be a table" in said
    assert "'domain_overrides.a.example' takes 'imap', 'pop3', 'smtp'" in said
    assert "'quirks.idle' is 'no'; it takes true or false" in said
