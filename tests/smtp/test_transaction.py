"""What a receipt says when a server fails at each step of the dialogue."""

from __future__ import annotations

import pytest

from flask_mailbox.errors import CommandError, DisconnectedError, MessageError, ProtocolError, ServiceError
from flask_mailbox.message import Envelope
from flask_mailbox.smtp import Parcel, Receipt, SMTPSession

from ..scripted import Client, Script, ScriptedServer, scripted
from .accounts import smtp_account
from .scripts import PIPELINING, THANKS, smtp_script

DATA = b"From: ann@demo.test\r\nTo: bob@demo.test\r\nSubject: x\r\n\r\n.hidden dot\r\n"
PEOPLE = ("bob@demo.test", "carol@demo.test", "dave@demo.test")


def server(
    answers: dict[str, bytes], *, pipelining: bool = True, content: bytes = THANKS, contents: list[bytes] | None = None
) -> Script:
    """Return a script that answers by command, over PIPELINING or one command at a time."""
    return smtp_script(answers, offers=PIPELINING if pipelining else (), content=content, contents=contents)


def parcel(recipients: tuple[str, ...] = PEOPLE, data: bytes = DATA) -> Parcel:
    return Parcel(envelope=Envelope("ann@demo.test", recipients), data=data, message_id="<1@demo.test>")


def send(port: int, recipients: tuple[str, ...] = PEOPLE, data: bytes = DATA) -> Receipt:
    session = SMTPSession.open(smtp_account(port))
    try:
        return session.send(parcel(recipients, data))
    finally:
        session.drop()


@pytest.fixture(params=[True, False], ids=["pipelined", "one by one"])
def pipelining(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_all_accepted_is_ok_and_keeps_the_servers_words(pipelining: bool) -> None:
    with scripted(server({}, pipelining=pipelining)) as running:
        receipt = send(running.port)

    assert receipt.ok
    assert receipt.accepted == PEOPLE
    assert "queued as 4711" in receipt.server_text


def test_each_recipient_has_its_own_answer(pipelining: bool) -> None:
    answers = {
        "RCPT TO:<carol@demo.test>": b"550 5.1.1 no such user\r\n",
        "RCPT TO:<dave@demo.test>": b"451 4.7.1 greylisted, come back\r\n",
    }
    with scripted(server(answers, pipelining=pipelining)) as running:
        receipt = send(running.port)

    assert receipt.accepted == ("bob@demo.test",)
    assert {to: (why.code, why.enhanced, why.permanent) for to, why in receipt.refused.items()} == {
        "carol@demo.test": (550, "5.1.1", True),
        "dave@demo.test": (451, "4.7.1", False),
    }
    assert not receipt.ok


def test_everybody_refused_is_a_receipt_and_a_lone_dot_ends_a_354(pipelining: bool) -> None:
    contents: list[bytes] = []
    answers = {"RCPT": b"550 5.7.1 relay access denied\r\n"}
    with scripted(server(answers, pipelining=pipelining, contents=contents)) as running:
        session = SMTPSession.open(smtp_account(running.port))
        receipt = session.send(parcel())
        session.finish()

    assert receipt.accepted == ()
    assert set(receipt.refused) == set(PEOPLE)
    assert contents == ([b""] if pipelining else [])  # a dot at once, and never DATA where the answers came first
    assert b"QUIT" in running.received  # it was the dot that ended it, not the end of the connection


@pytest.mark.parametrize("end", [b"354 go on\r\n", b"150 wait\r\n", b""])
def test_a_lone_dot_that_is_not_answered_as_one_ends_the_session(end: bytes) -> None:
    with scripted(server({"RCPT": b"550 5.7.1 no\r\n", "content": end})) as running:
        session = SMTPSession.open(smtp_account(running.port))
        receipt = session.send(parcel())
        usable = session.is_reusable
        session.drop()

    assert set(receipt.refused) == set(PEOPLE)
    assert not usable


def test_a_lost_final_answer_is_unknown_and_nobody_is_refused(pipelining: bool) -> None:
    with scripted(server({}, pipelining=pipelining, content=b"")) as running:
        receipt = send(running.port)

    assert receipt.unknown == PEOPLE
    assert receipt.refused == {}
    assert not receipt.ok


def test_a_connection_lost_before_the_content_is_a_refusal_for_now(pipelining: bool) -> None:
    with scripted(server({"DATA": b""}, pipelining=pipelining)) as running:
        receipt = send(running.port)

    assert receipt.unknown == ()
    assert {why.permanent for why in receipt.refused.values()} == {False}
    assert set(receipt.refused) == set(PEOPLE)


def test_content_refused_at_the_end_is_refused_for_everybody(pipelining: bool) -> None:
    with scripted(server({}, pipelining=pipelining, content=b"554 5.7.1 DT:SPM rejected\r\n")) as running:
        receipt = send(running.port)

    assert {why.code for why in receipt.refused.values()} == {554}


def test_a_refused_sender_raises_with_the_servers_words(pipelining: bool) -> None:
    with (
        scripted(server({"MAIL": b"553 Mail from must equal authorized user\r\n"}, pipelining=pipelining)) as running,
        pytest.raises(CommandError) as raised,
    ):
        send(running.port)

    assert raised.value.code == "553"
    assert not raised.value.transient
    assert "must equal authorized user" in str(raised.value)


def test_a_connection_lost_at_mail_raises_and_may_be_tried_again(pipelining: bool) -> None:
    with (
        scripted(server({"MAIL": b""}, pipelining=pipelining)) as running,
        pytest.raises(DisconnectedError) as raised,
    ):
        send(running.port)

    assert raised.value.transient


def test_a_message_larger_than_announced_is_refused_before_it_is_sent() -> None:
    with scripted(server({})) as running, pytest.raises(MessageError, match="accepts at most 10,000"):
        send(running.port, data=DATA + b"x" * 20_000)

    assert not any(line.startswith(b"MAIL") for line in running.received)


def test_an_address_that_needs_smtputf8_is_refused_before_mail_where_it_is_not_offered() -> None:
    with scripted(server({})) as running, pytest.raises(MessageError, match="SMTPUTF8"):
        send(running.port, recipients=("王@demo.test",))

    assert not any(line.startswith(b"MAIL") for line in running.received)


def test_a_session_is_good_for_another_message_after_every_kind_of_refusal(pipelining: bool) -> None:
    answers = {"RCPT TO:<carol@demo.test>": b"550 no\r\n"}
    with scripted(server(answers, pipelining=pipelining)) as running:
        session = SMTPSession.open(smtp_account(running.port))
        first = session.send(parcel(("carol@demo.test",)))
        second = session.send(parcel(("bob@demo.test",)))
        usable = session.is_reusable
        session.finish()

    assert (first.ok, second.ok, usable) == (False, True, True)


def test_a_thousand_recipients_go_out_in_windows_and_each_is_answered() -> None:
    many = tuple(f"user{number}@demo.test" for number in range(1000))
    with scripted(server({"RCPT TO:<user999@demo.test>": b"550 no\r\n"})) as running:
        receipt = send(running.port, recipients=many)

    assert len(receipt.accepted) == 999
    assert list(receipt.refused) == ["user999@demo.test"]


def endless_reply(client: Client) -> None:
    client.send(b"220 x\r\n")
    client.line()
    for _ in range(100_000):
        client.send(b"250-more and more of it\r\n")


def wrong_protocol(client: Client) -> None:
    client.send(b"* OK IMAP4rev1 ready\r\n")
    client.until_closed()


@pytest.mark.parametrize(
    ("script", "text"), [(endless_reply, "reply without end"), (wrong_protocol, "greets like an IMAP server")]
)
def test_a_server_that_breaks_the_rules_is_named_so(script: Script, text: str) -> None:
    with scripted(script) as running, pytest.raises(ProtocolError, match=text):
        send(running.port)


def test_killing_the_server_after_any_byte_gives_our_error_or_a_receipt() -> None:
    """The conversation is cut after each of its bytes in turn."""
    conversation = [b"220 x\r\n", b"250-x\r\n250 PIPELINING\r\n", b"250 ok\r\n250 ok\r\n354 go\r\n", b"250 queued\r\n"]
    for cut in range(sum(map(len, conversation))):

        def script(client: Client, left: int = cut) -> None:
            for number, answer in enumerate(conversation):
                if number == 3:
                    client.content()
                elif number:
                    client.line()
                client.send(answer[:left])
                left -= len(answer)
                if left < 0:
                    return

        with scripted(script) as running:
            try:
                receipt = send(running.port, recipients=("bob@demo.test",))
            except ServiceError as error:
                assert error.host  # noqa: PT017 - either outcome is right, and each is checked
            else:
                assert receipt.accepted == () or cut >= sum(map(len, conversation[:3]))


def test_a_dripping_server_ends_with_the_operation(pipelining: bool) -> None:
    def drip(client: Client) -> None:
        for _ in range(1000):
            client.send(b"2")
            client.socket.settimeout(0.1)
            try:
                if not client.socket.recv(1):
                    return
            except TimeoutError:
                continue

    with scripted(drip) as running, pytest.raises(ServiceError, match="did not end within 1 second"):
        send(running.port)


def test_dots_are_doubled_and_come_back_single() -> None:
    seen: list[bytes] = []

    def script(client: Client) -> None:
        client.send(b"220 x\r\n")
        client.line()
        client.send(b"250 x\r\n")
        for _ in range(2):
            client.line()
            client.send(b"250 ok\r\n")
        client.line()
        client.send(b"354 go\r\n")
        seen.append(client.content())
        client.send(b"250 ok\r\n")

    with scripted(script) as running:
        send(running.port, recipients=("bob@demo.test",))

    assert b"\r\n..hidden dot\r\n" in seen[0]


def test_a_session_that_announced_a_message_sends_no_other() -> None:
    def script(client: Client) -> None:
        client.send(b"220 x\r\n")
        client.line()
        client.send(b"250-x\r\n250 PIPELINING\r\n")
        for answer in (b"", THANKS):
            for _ in range(3):
                client.line()
            client.send(answer + b"250 ok\r\n250 ok\r\n354 go\r\n")
            assert client.content() or answer

    first, announced, other = (parcel(("bob@demo.test",)) for _ in range(3))
    with scripted(script) as running:
        session = SMTPSession.open(smtp_account(running.port))
        receipt = session.send(first, following=lambda: announced)
        with pytest.raises(DisconnectedError, match="waits for another message"):
            session.send(other)
        usable = session.is_reusable
        session.drop()

    assert (receipt.ok, usable) == (True, False)
    assert sum(line.startswith(b"MAIL") for line in running.received) == 2


def test_the_name_given_to_servers_is_neutral() -> None:
    running: ScriptedServer
    with scripted(server({})) as running:
        send(running.port)

    assert running.received[0] == b"EHLO [127.0.0.1]"
