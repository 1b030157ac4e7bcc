"""Reading over POP3, on the embedded server and on Dovecot alike."""

from __future__ import annotations

import pytest

from flask_mailbox import AuthenticationError, MessageError, MessageNotFoundError

from ..apps import mailbox_of
from .server import ReadingServer


def mail(subject: str, body: str = "text") -> bytes:
    lines = ["From: Bob <bob@mail.test>", "To: ann@mail.test", f"Subject: {subject}", "", body, ""]
    return "\r\n".join(lines).encode()


def settings(server: ReadingServer, address: str, security: str = "tls") -> dict[str, object]:
    return server.config(address, security) | {"MAILBOX_SMTP": False}


def test_entries_have_numbers_names_and_sizes(reading_server: ReadingServer, security: str) -> None:
    address, _ = reading_server.new_user()
    for subject in ("one", "two"):
        reading_server.deliver(mail(subject), address)
    with mailbox_of(settings(reading_server, address, security)) as mailbox, mailbox.pop3() as pop3:
        entries = pop3.entries()
        count, _ = pop3.stat()

    assert [entry.number for entry in entries] == [1, 2]
    assert len({entry.uidl for entry in entries}) == 2
    assert [entry.size for entry in entries] == [len(mail("one")), len(mail("two"))]
    assert count == 2


def test_an_empty_maildrop_has_no_entries(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    with mailbox_of(settings(reading_server, address)) as mailbox, mailbox.pop3() as pop3:
        assert pop3.entries() == ()


def test_top_gives_headers_and_the_lines_asked_for(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    reading_server.deliver(mail("=?utf-8?b?5L2g5aW9?=", "first\r\nsecond\r\nthird"), address)
    with mailbox_of(settings(reading_server, address)) as mailbox, mailbox.pop3() as pop3:
        uidl = pop3.entries()[0].uidl
        bare, with_lines = pop3.top(uidl), pop3.top(uidl, lines=2)

    assert bare.subject == "你好"
    assert "truncated" in [str(defect) for defect in bare.defects]
    assert with_lines.text.splitlines() == ["first", "second"]


@pytest.mark.parametrize(
    "body",
    ["x" * 100_000, ".\r\n..\r\n.hidden", "\r\n".join(["."] * 50), "你好" * 5000, "tab\tand  blanks  "],
    ids=["a line of 100,000", "dots", "many dots", "Chinese", "blanks"],
)
def test_raw_is_what_was_stored_byte_for_byte(reading_server: ReadingServer, body: str) -> None:
    address, _ = reading_server.new_user()
    reading_server.deliver(mail("bytes", body), address)
    with mailbox_of(settings(reading_server, address)) as mailbox, mailbox.pop3() as pop3:
        raw = pop3.raw(pop3.entries()[0].uidl)

    is_same = raw == mail("bytes", body)  # no picture of the difference: a long line takes minutes to compare
    assert is_same


def test_what_was_deleted_is_gone_after_the_session_and_nothing_else(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    for subject in ("keep", "drop", "keep too"):
        reading_server.deliver(mail(subject), address)
    with mailbox_of(settings(reading_server, address)) as mailbox:
        with mailbox.pop3() as pop3:
            pop3.delete(pop3.entries()[1].uidl)
        with mailbox.pop3() as pop3:
            left = [pop3.top(entry.uidl).subject for entry in pop3.entries()]

    assert left == ["keep", "keep too"]


def test_deletions_can_be_taken_back(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    reading_server.deliver(mail("kept"), address)
    with mailbox_of(settings(reading_server, address)) as mailbox:
        with mailbox.pop3() as pop3:
            pop3.delete(pop3.entries()[0].uidl)
            pop3.undelete_all()
        with mailbox.pop3() as pop3:
            assert len(pop3.entries()) == 1


def test_an_error_in_the_block_deletes_nothing(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    reading_server.deliver(mail("kept"), address)
    with mailbox_of(settings(reading_server, address)) as mailbox:
        with pytest.raises(ZeroDivisionError), mailbox.pop3() as pop3:
            pop3.delete(pop3.entries()[0].uidl)
            raise ZeroDivisionError
        with mailbox.pop3() as pop3:
            assert len(pop3.entries()) == 1


def test_only_what_is_new_is_told_from_the_names_seen_before(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    reading_server.deliver(mail("old"), address)
    with mailbox_of(settings(reading_server, address)) as mailbox:
        with mailbox.pop3() as pop3:
            seen = {entry.uidl for entry in pop3.entries()}
        reading_server.deliver(mail("new"), address)
        with mailbox.pop3() as pop3:
            subjects = [pop3.top(entry.uidl).subject for entry in pop3.new(seen)]

    assert subjects == ["new"]


@pytest.mark.parametrize("uidl", ["no-such-name", "1", "", "x\r\nDELE 1"])
def test_an_unknown_name_is_not_found_and_changes_nothing(reading_server: ReadingServer, uidl: str) -> None:
    address, _ = reading_server.new_user()
    reading_server.deliver(mail("kept"), address)
    with mailbox_of(settings(reading_server, address)) as mailbox:
        with mailbox.pop3() as pop3, pytest.raises(MessageNotFoundError):
            pop3.raw(uidl)
        with mailbox.pop3() as pop3:
            assert len(pop3.entries()) == 1


def test_a_message_over_the_limit_is_refused_before_it_is_fetched(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    reading_server.deliver(mail("large", "x" * 5000), address)
    limit = {"MAILBOX_MAX_MESSAGE_SIZE": 4000}
    with (
        mailbox_of(settings(reading_server, address) | limit) as mailbox,
        mailbox.pop3() as pop3,
        pytest.raises(MessageError, match="MAX_MESSAGE_SIZE allows 4,000"),
    ):
        pop3.raw(pop3.entries()[0].uidl)


def test_a_wrong_password_is_refused_and_not_shown(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    wrong = settings(reading_server, address) | {"MAILBOX_PASSWORD": "S3cr3t-wrong"}
    with mailbox_of(wrong) as mailbox, pytest.raises(AuthenticationError) as raised, mailbox.pop3():
        pass

    assert raised.value.protocol == "pop3"
    assert raised.value.hint
    assert "S3cr3t" not in str(raised.value)


def test_an_access_token_signs_in(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    config = settings(reading_server, address)
    del config["MAILBOX_PASSWORD"]
    with (
        mailbox_of(config | {"MAILBOX_OAUTH2": lambda: reading_server.token(address)}) as mailbox,
        mailbox.pop3() as pop3,
    ):
        assert pop3.entries() == ()


def test_many_messages_are_fetched_in_the_order_asked_for(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    bodies = ["." * (number % 5) + f"message {number}" for number in range(80)]
    for number, body in enumerate(bodies):
        reading_server.deliver(mail(str(number), body), address)
    with mailbox_of(settings(reading_server, address)) as mailbox, mailbox.pop3() as pop3:
        uidls = [entry.uidl for entry in pop3.entries()][::-1]
        got = list(pop3.raws(uidls))
        count, _ = pop3.stat()

    assert [uidl for uidl, _ in got] == uidls
    assert [raw for _, raw in got] == [mail(str(number), body) for number, body in enumerate(bodies)][::-1]
    assert count == 80


def test_each_message_can_be_deleted_as_it_comes(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    for number in range(40):
        reading_server.deliver(mail(str(number)), address)
    with mailbox_of(settings(reading_server, address)) as mailbox:
        with mailbox.pop3() as pop3:
            for uidl, raw in pop3.raws([entry.uidl for entry in pop3.entries()]):
                if raw != mail("7"):
                    pop3.delete(uidl)
        with mailbox.pop3() as pop3:
            assert [pop3.raw(entry.uidl) for entry in pop3.entries()] == [mail("7")]


def test_a_run_that_is_left_half_way_leaves_the_session_in_step(reading_server: ReadingServer) -> None:
    address, _ = reading_server.new_user()
    for number in range(5):
        reading_server.deliver(mail(str(number)), address)
    with mailbox_of(settings(reading_server, address)) as mailbox:
        with mailbox.pop3() as pop3:
            uidls = [entry.uidl for entry in pop3.entries()]
            next(pop3.raws(uidls))
            assert pop3.raw(uidls[3]) == mail("3")
            pop3.delete(uidls[1])
        with mailbox.pop3() as pop3:
            assert [entry.uidl for entry in pop3.entries()] == [uidls[0], *uidls[2:]]
