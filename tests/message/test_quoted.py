"""Replies without the history below them."""

from __future__ import annotations

import pytest

from flask_mailbox.message import parse_message


def reply_text(text: str) -> str:
    return parse_message(b"Content-Type: text/plain; charset=utf-8\n\n" + text.encode()).reply_text


@pytest.mark.parametrize(
    "history",
    [
        "On Mon, Oct 5, 2026 at 10:00 AM Ann <ann@x.example> wrote:\n> old",
        "On Mon, Oct 5, 2026 at 10:00 AM Ann Miller\n<ann@x.example> wrote:\n\n> old\n> older",
        "On 5 Oct 2026, at 10:00, Ann <ann@x.example> wrote:\n\nold without marks",
        "> On 5 Oct 2026, at 10:00, Ann <ann@x.example> wrote:\n>\n> old",
        "Ann <ann@x.example> 于2026年10月5日周一 10:00写道：\n> old",
        '在 2026-10-05 10:00:00，"Ann" <ann@x.example> 写道：\nold',
        "在 2026年10月5日，上午10:00，Ann <ann@x.example> 写道：\n\nold",
        'At 2026-10-05 10:00:00, "Ann" <ann@x.example> wrote:\n>old',
        '------------------ 原始邮件 ------------------\n发件人: "Ann"<ann@x.example>;\n发送时间: 2026年10月5日\n\nold',
        "------------------ Original ------------------\nFrom: Ann\nDate: Mon\n\nold",
        "-----Original Message-----\nFrom: Ann\nSent: Monday\n\nold",
        "---- 回复的原邮件 ----\n| 发件人 | Ann |\nold",
        "________________________________\nFrom: Ann <ann@x.example>\nSent: Monday, October 5, 2026\nTo: Bob\n\nold",
        "From: Ann <ann@x.example>\nSent: Monday, October 5, 2026 10:00\nTo: Bob\nSubject: x\n\nold",
        "发件人： Ann\n发送时间： 2026-10-05 10:00\n收件人： Bob\n主题： x\n\nold",
        "-----\n发件人：Ann\n日期：2026\n\nold",
        "-- \nAnn Miller\nExample Ltd",
        "Sent from my iPhone\n\n> On 5 Oct 2026, at 10:00, Ann <ann@x.example> wrote:\n> old",
        "发自我的iPhone\n\n------------------ Original ------------------\nold",
    ],
)
def test_the_history_of_a_client_is_cut_off(history: str):
    assert reply_text(f"My answer.\n\nSecond line.\n\n{history}\n") == "My answer.\n\nSecond line."


def test_answers_between_quotes_keep_them():
    text = "On Monday Ann <ann@x.example> wrote:\n> question one\nanswer one\n> question two\nanswer two"

    assert reply_text(text) == text


@pytest.mark.parametrize(
    "text", ["Hello: world", "I wrote:\nthis", "a > b", "On the other hand, nothing.", "From: here to there"]
)
def test_text_without_history_stays(text: str):
    assert reply_text(text).startswith(text.partition("\n")[0])


def test_an_html_reply_is_cut_too():
    html = "<div>My answer</div><div>On Mon, Ann &lt;ann@x.example&gt; wrote:<blockquote>old</blockquote></div>"

    assert parse_message(b"Content-Type: text/html\n\n" + html.encode()).reply_text == "My answer"


def test_nothing_but_history_gives_an_empty_text():
    assert reply_text("-----Original Message-----\nFrom: Ann\nSent: Monday\n\nold") == ""
