"""SASL mechanisms, stepped without a socket; the texts are those of the RFCs and of Google's description."""

from __future__ import annotations

import base64

import pytest

from flask_mailbox import UnsafeValueError
from flask_mailbox.account import Credential, Endpoint, Protocol, Secret, Security
from flask_mailbox.auth import Login, OAuthBearer, Plain, XOAuth2, apop_digest, apop_timestamp, mechanism_for

ENDPOINT = Endpoint(Protocol.IMAP, "server.example.com", 143, Security.STARTTLS)


def credential(username: str = "tim", secret: str = "tanstaaftanstaaf", kind: str = "password") -> Credential:
    return Credential(username, Secret(secret), kind)


def test_plain_is_the_example_of_rfc_4616() -> None:
    assert Plain(credential(), ENDPOINT).initial == b"\0tim\0tanstaaftanstaaf"


def test_plain_says_it_again_to_a_server_that_asks() -> None:
    assert Plain(credential(), ENDPOINT).respond(b"") == b"\0tim\0tanstaaftanstaaf"


def test_login_gives_name_and_password_however_the_prompts_are_worded() -> None:
    mechanism = Login(credential(), ENDPOINT)

    assert mechanism.initial is None
    assert [mechanism.respond(prompt) for prompt in (b"User Name\0", b"anything", b"more?")] == [
        b"tim",
        b"tanstaaftanstaaf",
        b"",
    ]


def test_xoauth2_is_googles_example() -> None:
    token = credential("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg", "oauth2")

    initial = XOAuth2(token, ENDPOINT).initial

    assert base64.b64encode(initial or b"") == (
        b"dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0"
        b"Q2cBAQ=="
    )


def test_xoauth2_answers_an_error_challenge_with_nothing_and_keeps_its_status() -> None:
    mechanism = XOAuth2(credential(kind="oauth2"), ENDPOINT)

    assert mechanism.respond(b'{"status":"401","schemes":"bearer"}') == b""
    assert mechanism.status == "401"


def test_oauthbearer_is_the_example_of_rfc_7628() -> None:
    token = credential("user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", "oauth2")

    assert OAuthBearer(token, ENDPOINT).initial == (
        b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01"
        b"auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01"
    )


def test_oauthbearer_ends_an_error_with_a_single_byte() -> None:
    mechanism = OAuthBearer(credential(kind="oauth2"), ENDPOINT)

    assert mechanism.respond(b'{"status":"invalid_token"}') == b"\x01"
    assert mechanism.status == "invalid_token"


@pytest.mark.parametrize("challenge", [b"not json", b"[]", b"\xff"])
def test_an_error_challenge_that_is_no_json_object_does_no_harm(challenge: bytes) -> None:
    assert XOAuth2(credential(kind="oauth2"), ENDPOINT).respond(challenge) == b""


@pytest.mark.parametrize(
    ("kind", "offered", "chosen"),
    [
        ("password", ["LOGIN", "PLAIN", "XOAUTH2"], "PLAIN"),
        ("password", ["LOGIN"], "LOGIN"),
        ("password", ["XOAUTH2", "OAUTHBEARER"], None),
        ("oauth2", ["PLAIN", "LOGIN", "XOAUTH2"], "XOAUTH2"),
        ("oauth2", ["OAUTHBEARER"], "OAUTHBEARER"),
        ("oauth2", ["PLAIN", "LOGIN"], None),
        ("password", [], None),
    ],
)
def test_a_token_is_never_sent_as_a_password_nor_a_password_as_a_token(
    kind: str, offered: list[str], chosen: str | None
) -> None:
    mechanism = mechanism_for(offered, credential(kind=kind), ENDPOINT)

    assert (mechanism.name if mechanism else None) == chosen


@pytest.mark.parametrize("mechanism", [Plain, Login, XOAuth2, OAuthBearer])
@pytest.mark.parametrize("bad", ["a\r\nb", "a\0b", "a\nb", "a\udcffb"])
def test_names_and_secrets_that_no_line_can_carry_are_refused(mechanism: type[Plain], bad: str) -> None:
    for user, secret in ((bad, "secret"), ("user", bad)):
        with pytest.raises(UnsafeValueError) as raised:
            mechanism(credential(user, secret), ENDPOINT)

        assert bad not in str(raised.value)
        assert raised.value.__cause__ is None


def test_apop_is_the_example_of_rfc_1939() -> None:
    greeting = b"+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>"

    timestamp = apop_timestamp(greeting)

    assert timestamp == b"<1896.697170952@dbc.mtview.ca.us>"
    assert apop_digest(timestamp, "tanstaaf") == "c4c9334bac560ecc979e58001b3e22fb"


def test_a_greeting_without_a_timestamp_offers_no_apop() -> None:
    assert apop_timestamp(b"+OK ready <not a timestamp> 3 > 2") is None
