"""Every mistake is named with its key, its value where that is no secret, and the cure."""

from __future__ import annotations

from typing import Any

import pytest

from .apps import ME, default, problems

FORMS = "'imaps://host', 'imap+starttls://host:port' or 'imap://host:port'"
PORT = "a number from 1 to 65535"

MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"MAILBOX_PROVIDER": "gmial"}, "MAILBOX_PROVIDER: No provider 'gmial'. Did you mean 'gmail'?"),
    ({"MAILBOX_PROVIDER": 1.5}, "MAILBOX_PROVIDER is 1.5, and takes a text."),
    ({"MAILBOX_PROVIDER": True}, "MAILBOX_PROVIDER is True, and takes a text."),
    ({"MAILBOX_PROVIDER": ["163"]}, "MAILBOX_PROVIDER is a list, and takes a text."),
    ({"MAILBOX_PROVIDER": "imaps://x.example"}, "MAILBOX_PROVIDER is 'imaps://x.example', and takes no URL"),
    ({"MAILBOX_PROVIDER": "hey"}, "MAILBOX_PROVIDER is HEY, which lets no mail program in."),
    ({"MAILBOX_PROVIDER": "tutanota"}, "MAILBOX_PROVIDER is Tuta"),
    ({"MAILBOX_ADDRESS": "me at example.com"}, "MAILBOX_ADDRESS is 'me at example.com', and takes one e-mail address"),
    ({"MAILBOX_ADDRESS": "me@example.com\r\nX: y"}, "MAILBOX_ADDRESS contains a control character: remove it."),
    ({"MAILBOX_SENDER": "nobody"}, "MAILBOX_SENDER is 'nobody', and takes one e-mail address"),
    ({"MAILBOX_IDENTITIES": "a@example.com, b"}, "MAILBOX_IDENTITIES is 'b', and takes one e-mail address"),
    ({"MAILBOX_IDENTITIES": 5}, "MAILBOX_IDENTITIES is 5, and takes a list of texts."),
    ({"MAILBOX_USERNAME": "me\0"}, "MAILBOX_USERNAME contains a control character: remove it."),
    ({"MAILBOX_PASSWORD": None}, "MAILBOX_PASSWORD arrived as null. Quote it if that is the password"),
    ({"MAILBOX_PASSWORD": True}, "MAILBOX_PASSWORD arrived as bool, so what was written is lost. Quote it"),
    ({"MAILBOX_PASSWORD": 1234e5}, "MAILBOX_PASSWORD arrived as float, so what was written is lost. Quote it"),
    ({"MAILBOX_PASSWORD": ["x"]}, "MAILBOX_PASSWORD arrived as list, so what was written is lost. Quote it"),
    ({"MAILBOX_PASSWORD": ""}, "MAILBOX_PASSWORD is empty: set it, or leave it out."),
    ({"MAILBOX_PASSWORD": "a\nb"}, "MAILBOX_PASSWORD contains a line break or a NUL"),
    ({"MAILBOX_OAUTH2": "token"}, "MAILBOX_OAUTH2 and MAILBOX_PASSWORD are both set: keep the one"),
    ({"MAILBOX_OAUTH2": 1.0}, "MAILBOX_OAUTH2 arrived as float"),
    ({"MAILBOX_IMAP": "mail.example.com"}, f"MAILBOX_IMAP is 'mail.example.com', and takes {FORMS}"),
    ({"MAILBOX_IMAP": "smtps://mail.example.com"}, f"MAILBOX_IMAP is 'smtps://mail.example.com', and takes {FORMS}"),
    (
        {"MAILBOX_IMAP": "imap+ssl://mail.example.com"},
        f"MAILBOX_IMAP is 'imap+ssl://mail.example.com', and takes {FORMS}",
    ),
    (
        {"MAILBOX_IMAP": "imaps://me:secret@mail.example.com"},
        "MAILBOX_IMAP contains user information: set USERNAME and",
    ),
    (
        {"MAILBOX_IMAP": "imaps://mail.example.com/INBOX"},
        "MAILBOX_IMAP is 'imaps://mail.example.com/INBOX', and takes a",
    ),
    ({"MAILBOX_IMAP": "imaps://mail.example.com?x=1"}, "MAILBOX_IMAP is 'imaps://mail.example.com', and takes a"),
    ({"MAILBOX_IMAP": "imaps://me%40mail.example.com"}, "MAILBOX_IMAP contains the character '%': write the host as"),
    ({"MAILBOX_IMAP": {"host": "h%3A1"}}, "MAILBOX_IMAP needs in 'host' the name or the IP address of a server"),
    ({"MAILBOX_IMAP": "imaps://"}, "MAILBOX_IMAP is 'imaps://', and takes a scheme, a host"),
    ({"MAILBOX_IMAP": "imaps://mail.example.com:99999"}, "and its port is no number from 1 to 65535"),
    ({"MAILBOX_IMAP": "imaps://mail.example.com:0"}, f"MAILBOX_IMAP has the port 0; it takes {PORT}."),
    ({"MAILBOX_IMAP": "imaps://mail.example.com:x"}, "and its port is no number"),
    ({"MAILBOX_IMAP": "imaps://mail example.com"}, "MAILBOX_IMAP contains a blank or a control character: remove it."),
    ({"MAILBOX_IMAP": "imaps://mail.example.com\tx"}, "MAILBOX_IMAP contains a blank or a control character"),
    ({"MAILBOX_IMAP": True}, f"MAILBOX_IMAP is True, and takes {FORMS}, or false."),
    ({"MAILBOX_IMAP": 993}, f"MAILBOX_IMAP is 993, and takes {FORMS}, or false."),
    ({"MAILBOX_IMAP": {"host": "h", "user": "me"}}, "MAILBOX_IMAP has the unknown key 'user'; it takes host, port and"),
    (
        {"MAILBOX_IMAP": {"host": "h", "security": "tsl"}},
        "MAILBOX_IMAP has the security 'tsl'; it takes tls, starttls or",
    ),
    ({"MAILBOX_IMAP": {"port": 993}}, "MAILBOX_IMAP needs in 'host' the name or the IP address of a server"),
    ({"MAILBOX_IMAP": {"host": "h:993"}}, "MAILBOX_IMAP needs in 'host' the name or the IP address of a server"),
    ({"MAILBOX_IMAP": {"host": "h", "port": "x"}}, f"MAILBOX_IMAP has the port 'x'; it takes {PORT}."),
    ({"MAILBOX_IMAP": {"host": "h", "port": 65536}}, f"MAILBOX_IMAP has the port 65536; it takes {PORT}."),
    (
        {"MAILBOX_IMAP": "imap://mail.example.com"},
        "MAILBOX_IMAP is 'imap://mail.example.com:143', which would send the",
    ),
    ({"MAILBOX_VERIFY_TLS": "perhaps"}, "MAILBOX_VERIFY_TLS is 'perhaps', and takes true or false."),
    ({"MAILBOX_ALLOW_CLEARTEXT_LOGIN": 2}, "MAILBOX_ALLOW_CLEARTEXT_LOGIN is 2, and takes true or false."),
    ({"MAILBOX_SAVE_SENT": "maybe"}, "MAILBOX_SAVE_SENT is 'maybe', and takes true or false."),
    ({"MAILBOX_CA_FILE": "/no/such.pem"}, "MAILBOX_CA_FILE is '/no/such.pem', and there is no such file."),
    ({"MAILBOX_CA_FILE": 5}, "MAILBOX_CA_FILE is 5, and takes the path of a file."),
    ({"MAILBOX_CLIENT_CERT": "/no/such.pem"}, "MAILBOX_CLIENT_CERT is '/no/such.pem', and there is no such file."),
    ({"MAILBOX_POOL_SIZE": 0}, "MAILBOX_POOL_SIZE is 0, and takes a whole number above 0 and up to 100."),
    ({"MAILBOX_POOL_SIZE": 101}, "MAILBOX_POOL_SIZE is 101, and takes"),
    ({"MAILBOX_POOL_SIZE": 2.5}, "MAILBOX_POOL_SIZE is 2.5, and takes"),
    (
        {"MAILBOX_CONNECT_TIMEOUT": "soon"},
        "MAILBOX_CONNECT_TIMEOUT is 'soon', and takes a number above 0 and up to 3,600",
    ),
    ({"MAILBOX_READ_TIMEOUT": -1}, "MAILBOX_READ_TIMEOUT is -1, and takes"),
    ({"MAILBOX_OPERATION_TIMEOUT": "inf"}, "MAILBOX_OPERATION_TIMEOUT is 'inf', and takes"),
    ({"MAILBOX_OPERATION_TIMEOUT": True}, "MAILBOX_OPERATION_TIMEOUT is True, and takes"),
    ({"MAILBOX_MAX_MESSAGE_SIZE": "25M"}, "MAILBOX_MAX_MESSAGE_SIZE is '25M', and takes a whole number"),
    ({"MAILBOX_PASWORD": "x"}, "MAILBOX_PASWORD is no key of flask-mailbox. Did you mean 'MAILBOX_PASSWORD'?"),
    ({"MAILBOX_NONSENSE_XYZ": "x"}, "MAILBOX_NONSENSE_XYZ is no key of flask-mailbox."),
    ({"MAILBOX_POLL_SIZE": 5}, "MAILBOX_POLL_SIZE is no key of flask-mailbox. Did you mean 'MAILBOX_POOL_SIZE'?"),
    ({"MAILBOX_ACCOUNTS": "work"}, "MAILBOX_ACCOUNTS takes a mapping from an account's name to its keys."),
    ({"MAILBOX_ACCOUNTS": {"work": "x"}}, "MAILBOX_ACCOUNTS['work'] takes a mapping of account keys."),
    (
        {"MAILBOX_ACCOUNTS": {"work": {"adress": "a@b.example"}}},
        "MAILBOX_ACCOUNTS['work']['adress'] is no key of an account. Did you mean 'address'?",
    ),
    ({"MAILBOX_ACCOUNTS": {"a{b}": {"pool_size": 0}}}, "MAILBOX_ACCOUNTS['a{b}']['pool_size'] is 0, and takes"),
    (
        {"MAILBOX_ACCOUNTS": {"work": {"pool_size": 1, "POOL_SIZE": 2, "smtp": "smtps://x"}}},
        "MAILBOX_ACCOUNTS['work']['pool_size'] is set twice, in different cases of letters: keep one.",
    ),
    (
        {"MAILBOX_ACCOUNTS": {"default": {"smtp": "smtps://x"}}},
        "MAILBOX_ACCOUNTS['default'] and MAILBOX_* (or MAIL_SERVER) describe the same",
    ),
    ({"MAILBOX_DEFAULT_ACCOUNT": "work"}, "MAILBOX_DEFAULT_ACCOUNT is 'work'; the accounts are: default."),
    ({"MAILBOX_PROVIDERS": "mine"}, "MAILBOX_PROVIDERS takes a mapping from the id of a preset to its data."),
    ({"MAILBOX_PROVIDERS": {"mine": {"smpt": []}}}, "MAILBOX_PROVIDERS['mine']: unknown key 'smpt'."),
    ({"MAILBOX_REDIRECT_TO": "nobody"}, "MAILBOX_REDIRECT_TO is 'nobody', and takes one e-mail address"),
    ({"MAILBOX_CAPTURE_DIR": 5}, "MAILBOX_CAPTURE_DIR is 5, and takes the path of a folder."),
    ({"MAILBOX_MAX_CONNECTIONS": 0}, "MAILBOX_MAX_CONNECTIONS is 0, and takes a whole number above 0"),
    (
        {"MAIL_SERVER": "smtp.example.org", "MAILBOX_SMTP": "smtps://smtp.example.com"},
        "MAIL_SERVER is 'smtp.example.org' and MAILBOX_* names 'smtp.example.com': remove one of them.",
    ),
]


@pytest.mark.parametrize(("wrong", "said"), MISTAKES, ids=lambda value: str(value)[:60])
def test_a_mistake_is_named_with_its_cure(wrong: dict[str, Any], said: str) -> None:
    found = problems(**ME | wrong)

    assert len(found) == 1, found
    assert said in found[0]


ALONE: list[tuple[dict[str, Any], str]] = [
    (
        {"MAILBOX_ADDRESS": "me@example.com"},
        "No preset knows the domain 'example.com': set MAILBOX_PROVIDER, or MAILBOX_SMTP",
    ),
    ({"MAILBOX_PASSWORD": "secret"}, "MAILBOX_USERNAME is missing: set it, or MAILBOX_ADDRESS."),
    (
        {"MAILBOX_PROVIDER": "163", "MAILBOX_PASSWORD": "x"},
        "MAILBOX_ADDRESS is missing: NetEase 163.com signs in by it.",
    ),
    (
        {"MAILBOX_PROVIDER": "163", "MAILBOX_ADDRESS": "me@163.com"},
        "MAILBOX_PASSWORD is missing: NetEase 163.com wants the client authorization code. In the web mailbox open",
    ),
    (
        {"MAILBOX_PROVIDER": "outlook", "MAILBOX_ADDRESS": "me@outlook.com"},
        "MAILBOX_OAUTH2 is missing: Outlook.com / Hotmail / Live / MSN wants an OAuth2 access token.",
    ),
    (
        {"MAILBOX_ADDRESS": "me@outlook.com", "MAILBOX_PASSWORD": "x"},
        "MAILBOX_PASSWORD lets nobody in at Outlook.com / Hotmail / Live / MSN, which takes OAuth2 tokens only: set "
        "MAILBOX_OAUTH2 instead. Sign in with Microsoft.",
    ),
    (
        {
            "MAILBOX_PROVIDER": "ses",
            "MAILBOX_PASSWORD": "x",
            "MAILBOX_SMTP": "smtps://email-smtp.eu-west-1.amazonaws.com",
        },
        "MAILBOX_USERNAME is missing: this provider gives each account a user name of its own.",
    ),
    (
        {"MAILBOX_PROVIDER": "ses", "MAILBOX_PASSWORD": "x", "MAILBOX_USERNAME": "u"},
        "MAILBOX_SMTP is missing: the host of this provider is 'email-smtp.{region}.amazonaws.com', fill it in",
    ),
    (
        {"MAIL_SERVER": "smtp.example.com", "MAIL_USERNAME": "me", "MAIL_PASSWORD": "x"},
        "MAIL_SERVER is 'smtp://smtp.example.com:25', which would send the password in clear text. Set MAIL_USE_SSL or",
    ),
    ({"MAIL_SERVER": "smtp.example.com", "MAIL_PORT": "x"}, "MAIL_SERVER has the port 'x'"),
    (
        {"MAIL_SERVER": "smtp.example.com", "MAIL_USE_TLS": "perhaps"},
        "MAIL_USE_TLS is 'perhaps', and takes true or false.",
    ),
    (
        {"MAIL_SERVER": "smtp.example.com", "MAIL_USE_TLS": True, "MAIL_USERNAME": "me", "MAIL_PASSWORD": 1e5},
        "MAIL_PASSWORD arrived as float",
    ),
    (
        {"MAIL_SERVER": "smtp.example.com", "MAIL_DEFAULT_SENDER": "nobody"},
        "MAIL_DEFAULT_SENDER is 'nobody', and takes one",
    ),
    ({"MAIL_SERVER": "smtps://smtp.example.com"}, "MAIL_SERVER is 'smtps://smtp.example.com', and takes no URL"),
]


@pytest.mark.parametrize(("config", "said"), ALONE, ids=lambda value: str(value)[:60])
def test_what_is_missing_is_named_with_its_cure(config: dict[str, Any], said: str) -> None:
    found = problems(**config)

    assert len(found) == 1, found
    assert said in found[0]


@pytest.mark.parametrize("key", ["MAILBOX_NONSENSE", "MAILBOX_COLOUR", "MAILBOX_THEME"])
def test_a_key_that_is_like_none_gets_no_suggestion(key: str) -> None:
    assert problems(**ME | {key: "x"}) == (f"{key} is no key of flask-mailbox.",)


def test_all_mistakes_are_told_at_once() -> None:
    found = problems(
        MAILBOX_PROVIDER="gmial",
        MAILBOX_PASSWORD=1e5,
        MAILBOX_POOL_SIZE="many",
        MAILBOX_PORT=465,
        MAILBOX_REDIRECT_TO="x",
        MAILBOX_ACCOUNTS={"work": {"imap": "imap.example.com", "verify_tls": "perhaps"}, "home": 5},
        MAIL_USE_SSL="perhaps",
        MAILBOX_PROVIDERS={"mine": {"smpt": []}},
    )

    assert len(found) == 10
    assert len({problem.split()[0] for problem in found}) == 10


def test_the_error_is_one_line_a_mistake() -> None:
    found = problems(**ME, MAILBOX_POOL_SIZE=0, MAILBOX_SAVE_SENT="x\ny")

    assert all("\n" not in problem for problem in found)


def test_an_unusual_port_is_no_mistake() -> None:
    account = default(**ME | {"MAILBOX_SMTP": "smtps://mail.example.com:587"})

    assert str(account.smtp) == "smtps://mail.example.com:587"
