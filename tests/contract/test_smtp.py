"""Sending, on the embedded server and on Postfix alike."""

from __future__ import annotations

import pytest

from flask_mailbox import AuthenticationError, Message, parse_message

from ..apps import mailbox_of
from .server import ContractServer


def test_a_message_arrives_with_its_text_as_written(server: ContractServer, security: str) -> None:
    address, _ = server.new_user()
    with mailbox_of(server.config(address, security)) as mailbox:
        receipt = mailbox.send(Message("会议", recipients=[address], body="你好，世界\n.\n..dots\nlast line\n"))

    arrived = parse_message(server.arrived(address)[0])
    assert receipt.ok
    assert arrived.subject == "会议"
    assert arrived.text == "你好，世界\n.\n..dots\nlast line\n"
    assert arrived.message_id == receipt.message_id


def test_one_refused_recipient_does_not_keep_the_others_from_their_mail(server: ContractServer) -> None:
    address, _ = server.new_user()
    with mailbox_of(server.config(address)) as mailbox:
        receipt = mailbox.send(Message("x", recipients=["nobody-here@mail.test", address], body="x"))

    assert receipt.accepted == (address,)
    assert receipt.refused["nobody-here@mail.test"].code == 550
    assert receipt.refused["nobody-here@mail.test"].permanent
    assert len(server.arrived(address)) == 1


def test_one_connection_serves_many_messages(server: ContractServer) -> None:
    address, _ = server.new_user()
    with mailbox_of(server.config(address)) as mailbox:
        with mailbox.smtp() as smtp:
            receipts = [smtp.send(Message(f"n{number}", recipients=[address], body="x")) for number in range(5)]
        connections = mailbox.state.pool.connections

    assert all(receipt.ok for receipt in receipts)
    assert connections == 1
    assert len(server.arrived(address, 5)) == 5


def test_many_messages_arrive_in_order_and_one_refused_recipient_does_not_disturb(server: ContractServer) -> None:
    address, _ = server.new_user()
    people = [[address], [address], ["nobody-here@mail.test"], [address, "nobody-here@mail.test"], [address]]
    drafts = (Message(f"n{number}", recipients=to, body="x\n.\n") for number, to in enumerate(people))
    with mailbox_of(server.config(address)) as mailbox:
        receipts = list(mailbox.send_many(drafts))
        connections = mailbox.state.pool.connections

    arrived = [parse_message(raw) for raw in server.arrived(address, 4)]
    assert [receipt.ok for receipt in receipts] == [True, True, False, False, True]
    assert sorted(str(message.subject) for message in arrived) == ["n0", "n1", "n3", "n4"]
    assert {message.text for message in arrived} == {"x\n.\n"}
    assert connections == 1


def test_all_or_nothing_sends_to_nobody_if_one_is_refused(server: ContractServer) -> None:
    address, _ = server.new_user()
    with mailbox_of(server.config(address)) as mailbox:
        kept = mailbox.send(Message("a", recipients=[address, "nobody-here@mail.test"]), all_or_nothing=True)
        sent = mailbox.send(Message("b", recipients=[address]), all_or_nothing=True)

    assert (kept.accepted, sent.accepted) == ((), (address,))
    assert [parse_message(raw).subject for raw in server.arrived(address)] == ["b"]


def test_a_wrong_password_is_refused_with_advice_even_while_a_good_session_waits(server: ContractServer) -> None:
    address, _ = server.new_user()
    with mailbox_of(server.config(address)) as mailbox:
        assert mailbox.send(Message("x", recipients=[address], body="x")).ok
        impostor = mailbox.load_account({**_account_keys(server.config(address)), "password": "wrong"}, name="default")
        with pytest.raises(AuthenticationError) as raised:
            mailbox.for_account(impostor).send(Message("x", recipients=[address], body="x"))

    assert raised.value.code == "535"
    assert raised.value.hint
    assert "wrong" not in str(raised.value)


def test_attachments_come_back_byte_for_byte(server: ContractServer) -> None:
    address, _ = server.new_user()
    content = bytes(range(256)) * 400
    message = Message("x", recipients=[address], body="x")
    message.attach("图片 1.bin", "application/octet-stream", content)
    with mailbox_of(server.config(address)) as mailbox:
        mailbox.send(message)

    (part,) = parse_message(server.arrived(address)[0]).attachments
    assert part.filename == "图片 1.bin"
    assert part.content == content


def test_blind_copies_arrive_and_are_not_named(server: ContractServer) -> None:
    address, _ = server.new_user()
    hidden, _ = server.new_user()
    with mailbox_of(server.config(address)) as mailbox:
        mailbox.send(Message("x", recipients=[address], bcc=[hidden], body="x"))

    assert hidden.encode() not in server.arrived(address)[0]
    assert len(server.arrived(hidden)) == 1


def test_an_access_token_signs_in(server: ContractServer) -> None:
    address, _ = server.new_user()
    config = server.config(address)
    del config["MAILBOX_PASSWORD"]
    with mailbox_of(config | {"MAILBOX_OAUTH2": lambda: server.token(address)}) as mailbox:
        receipt = mailbox.send(Message("x", recipients=[address], body="x"))

    assert receipt.ok


def _account_keys(config: dict[str, object]) -> dict[str, object]:
    names = ("ADDRESS", "PASSWORD", "SMTP", "IMAP", "POP3")
    return {name.lower(): config[f"MAILBOX_{name}"] for name in names}
