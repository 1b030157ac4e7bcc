"""English and Chinese: nothing is left untranslated, and what is shipped compiled is what was translated."""

from __future__ import annotations

from pathlib import Path

from babel.messages import Catalog, mofile, pofile
from babel.messages.extract import extract_from_dir
from flask.testing import FlaskClient

import example_app

from .conftest import sign_in, token_of

ROOT = Path(example_app.__file__).parent
CATALOGUE = ROOT / "translations" / "zh" / "LC_MESSAGES" / "messages.po"
CURE = "extract with example_app/babel.cfg, update, translate, and compile into example_app/translations by pybabel"


def first(message: object) -> object:
    return message[0] if isinstance(message, tuple | list) else message


def texts_of(catalogue: Catalog) -> dict[object, tuple[str, ...]]:
    """Return the translations of a catalogue by the English text."""
    return {
        first(message.id): tuple(message.string) if isinstance(message.string, tuple | list) else (message.string,)
        for message in catalogue
        if message.id and not message.fuzzy
    }


def test_every_text_has_a_translation() -> None:
    found = extract_from_dir(str(ROOT), method_map=[("**.py", "python"), ("templates/**.html", "jinja2")])
    wanted = {first(message) for _, _, message, _, _ in found}
    with CATALOGUE.open("rb") as file:
        texts = texts_of(pofile.read_po(file, locale="zh"))

    assert wanted == {text for text, translations in texts.items() if all(translations)}, CURE


def test_the_compiled_catalogue_is_the_one_that_was_translated() -> None:
    with CATALOGUE.open("rb") as source, CATALOGUE.with_suffix(".mo").open("rb") as compiled:
        texts, shipped = texts_of(pofile.read_po(source, locale="zh")), texts_of(mofile.read_mo(compiled))

    assert texts == shipped, CURE


def test_the_browser_chooses_the_language_and_the_switch_overrules_it(visitor: FlaskClient) -> None:
    chinese = visitor.get("/sign-in", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}).text
    visitor.post("/preferences", data={"csrf_token": token_of(visitor), "language": "en"})
    english = visitor.get("/sign-in", headers={"Accept-Language": "zh-CN"}).text

    assert 'lang="zh-Hans"' in chinese
    assert "打开您的邮箱" in chinese
    assert "Open your mailbox" in english


def test_a_provider_is_explained_in_the_readers_language(visitor: FlaskClient) -> None:
    page = visitor.get("/sign-in/163", headers={"Accept-Language": "zh"}).text

    assert "授权码" in page


def test_dates_are_in_the_browsers_zone(ann: FlaskClient, deliver: object) -> None:
    deliver(b"Subject: x\r\nDate: Mon, 2 Feb 2026 23:30:00 +0000\r\n\r\nx\r\n")  # type: ignore[operator]
    utc = ann.get("/message?uid=1").text
    ann.set_cookie("zone", "Asia/Shanghai")
    shanghai = ann.get("/message?uid=1").text
    ann.set_cookie("zone", "../../etc/passwd")
    odd = ann.get("/message?uid=1").text

    assert "Monday, 2 February 2026, 23:30" in utc
    assert "Tuesday, 3 February 2026, 07:30" in shanghai
    assert "Monday, 2 February 2026, 23:30" in odd


def test_the_mailbox_is_chinese_too(visitor: FlaskClient) -> None:
    sign_in(visitor)
    page = visitor.get("/", headers={"Accept-Language": "zh"}).text

    assert "收件箱" in page
    assert "草稿箱" in page


def test_trouble_at_the_sign_in_is_told_in_chinese(visitor: FlaskClient) -> None:
    form = {"csrf_token": token_of(visitor), "address": "ann@demo.test", "password": "wrong"}
    chinese = {"Accept-Language": "zh"}
    wrong = visitor.post("/sign-in/demo", data=form, headers=chinese).text
    no_address = visitor.post("/sign-in/demo", data={**form, "address": "nobody"}, headers=chinese).text
    no_account = visitor.post("/sign-in/other", data=form, headers=chinese).text

    assert '<li class="bad"><b>IMAP 登录</b>' in wrong
    assert '<p class="problem" role="alert">这不是有效的邮箱地址。</p>' in no_address
    assert '<p class="problem" role="alert">用这些设置无法打开邮箱。</p>' in no_account
