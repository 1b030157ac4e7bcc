"""Parts over HTTP: whole and in ranges, whatever the encoding, with no session held while the client reads."""

from __future__ import annotations

import base64
import hashlib
import quopri
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from flask_mailbox import UIDValidityChangedError
from flask_mailbox.blueprints.imap.ranges import layout_of
from flask_mailbox.devserver import MailServer

Deliver = Callable[..., int]
CONTENT = b"".join(hashlib.sha512(b"%d" % number).digest() for number in range(40_000))[:2_500_000]
PIECE = 1024 * 1024


def lines(data: bytes, width: int) -> bytes:
    """Return base64 in lines of a width."""
    text = base64.b64encode(data)
    return b"\r\n".join(text[at : at + width] for at in range(0, len(text), width))


def uneven(data: bytes) -> bytes:
    """Return base64 in lines of 76 characters, but for some in the middle."""
    third = len(data) // 3 // 57 * 57
    return (
        lines(data[:third], 76) + b"\r\n" + lines(data[third : 2 * third], 60) + b"\r\n" + lines(data[2 * third :], 76)
    )


def two_shorter(data: bytes) -> bytes:
    """Return base64 whose beginning and end look even: lines in the middle make up for each other."""
    third = len(data) // 3 // 57 * 57
    middle = base64.b64encode(data[third : third + 114])
    return b"\r\n".join((lines(data[:third], 76), middle[:72], middle[72:], lines(data[third + 114 :], 76)))


TEXT = ("Grüße aus München = schön\r\n" * 60_000).encode()
BODIES: dict[str, tuple[str, bytes, bytes]] = {
    "base64, 76": ("base64", lines(CONTENT, 76), CONTENT),
    "base64, 60": ("base64", lines(CONTENT[:-1], 60) + b"\r\n\r\n", CONTENT[:-1]),
    "base64, full last line": ("base64", lines(CONTENT[: 57 * 40_000], 76), CONTENT[: 57 * 40_000]),
    "binary": ("8bit", TEXT, TEXT),
}
SMALL: dict[str, tuple[str, bytes, bytes]] = {
    "small base64": ("base64", lines(CONTENT[:9_000], 72), CONTENT[:9_000]),
    "small and uneven": ("base64", uneven(CONTENT[:90_000]), CONTENT[:90_000]),
    "quoted-printable": ("quoted-printable", quopri.encodestring(TEXT[:300_000]), TEXT[:300_000]),
    "one byte": ("base64", b"eA==", b"x"),
}
STRANGE: dict[str, tuple[str, bytes, bytes]] = {
    "large and uneven": ("base64", uneven(CONTENT), CONTENT),
    "large quoted-printable": ("quoted-printable", quopri.encodestring(TEXT), TEXT),
}


ALL = BODIES | SMALL | STRANGE


def part_url(client: FlaskClient, mailserver: MailServer, encoding: str, body: bytes) -> str:
    """Deliver a message with one file and return where its part is."""
    mailserver.deliver(
        b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n"
        b"Content-Disposition: attachment; filename=x.bin\r\n"
        b"Content-Transfer-Encoding: " + encoding.encode() + b"\r\n\r\n" + body,
        "ann@demo.test",
    )
    folders: Any = client.get("/api/imap/folders").json
    inbox = next(each["id"] for each in folders if each["path"] == "INBOX")
    rows: Any = client.get(f"/api/imap/folders/{inbox}/messages").json
    return f"/api/imap/folders/{inbox}/messages/{rows['messages'][0]['id']}/parts/1"


@pytest.mark.parametrize(
    ("encoding", "body", "content"), (BODIES | SMALL | STRANGE).values(), ids=BODIES | SMALL | STRANGE
)
def test_a_part_is_streamed_whole(
    client_of_ann: FlaskClient, mailserver: MailServer, encoding: str, body: bytes, content: bytes
) -> None:
    response = client_of_ann.get(part_url(client_of_ann, mailserver, encoding, body))

    assert response.status_code == 200
    assert response.data.rstrip(b"\r\n") == content.rstrip(b"\r\n")
    assert response.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(("encoding", "body", "content"), (BODIES | SMALL).values(), ids=BODIES | SMALL)
def test_any_range_is_the_same_bytes_of_the_whole(
    client_of_ann: FlaskClient, mailserver: MailServer, encoding: str, body: bytes, content: bytes
) -> None:
    url = part_url(client_of_ann, mailserver, encoding, body)
    whole = client_of_ann.get(url).data
    size = len(whole)
    places = [(0, 1), (0, size), (size - 1, size), (size // 7, size // 7 + 1), (size // 3, size - size // 5)]
    for start, stop in places:
        response = client_of_ann.get(url, headers={"Range": f"bytes={start}-{stop - 1}"})

        assert (response.status_code, response.data == whole[start:stop]) == (206, True), (start, stop)
        assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{size}"
        assert response.headers["Content-Length"] == str(stop - start)
    open_ended = client_of_ann.get(url, headers={"Range": f"bytes={size // 2}-"})
    tail = client_of_ann.get(url, headers={"Range": "bytes=-10"})

    assert open_ended.data == whole[size // 2 :]
    assert tail.data == whole[-10:]


@pytest.mark.parametrize(("encoding", "body", "content"), BODIES.values(), ids=BODIES)
def test_a_small_range_of_a_large_part_reads_little_of_it(
    client_of_ann: FlaskClient, mailserver: MailServer, encoding: str, body: bytes, content: bytes
) -> None:
    url = part_url(client_of_ann, mailserver, encoding, body)
    before = mailserver.received("imap").count(b"BODY.PEEK[1]<")
    client_of_ann.get(url, headers={"Range": "bytes=1500000-1500009"})
    asked = mailserver.received("imap").split(b"BODY.PEEK[1]<")[before + 1 :]

    assert asked
    assert sum(int(each.split(b">")[0].split(b".")[1]) for each in asked) < 20_000
    assert b"BODY.PEEK[1])" not in mailserver.received("imap")


@pytest.mark.parametrize(("encoding", "body", "content"), STRANGE.values(), ids=STRANGE)
def test_a_range_that_only_reading_all_would_tell_is_answered_with_all(
    client_of_ann: FlaskClient, mailserver: MailServer, encoding: str, body: bytes, content: bytes
) -> None:
    response = client_of_ann.get(
        part_url(client_of_ann, mailserver, encoding, body), headers={"Range": "bytes=2000000-2000009"}
    )

    assert (response.status_code, "Content-Range" in response.headers) == (200, False)
    assert response.data.rstrip(b"\r\n") == content.rstrip(b"\r\n")


def test_lines_that_are_not_where_they_should_be_end_a_range_and_give_no_wrong_bytes(
    client_of_ann: FlaskClient, mailserver: MailServer
) -> None:
    url = part_url(client_of_ann, mailserver, "base64", two_shorter(CONTENT))
    third = len(CONTENT) // 3
    begun = client_of_ann.get(url, headers={"Range": f"bytes={third - 200}-{third + 200}"})

    assert client_of_ann.get(url).data == CONTENT
    assert (begun.status_code, begun.json["code"]) == (502, "protocol")  # type: ignore[index]


def test_ranges_that_cannot_be_are_told_with_the_size(client_of_ann: FlaskClient, mailserver: MailServer) -> None:
    large = client_of_ann.get(
        part_url(client_of_ann, mailserver, *BODIES["base64, 76"][:2]), headers={"Range": "bytes=2500000-"}
    )
    small = client_of_ann.get(
        part_url(client_of_ann, mailserver, *SMALL["small base64"][:2]), headers={"Range": "bytes=9000-9001"}
    )

    assert [large.status_code, small.status_code] == [416, 416]
    assert large.headers["Content-Range"] == "bytes */2500000"
    assert small.headers["Content-Range"] == "bytes */9000"
    assert large.json["code"] == "range"  # type: ignore[index]


@pytest.mark.parametrize("asked", ["lines=0-5", "bytes=0-1,5-6", "bytes=5-2", "nonsense", "bytes="])
def test_ranges_of_another_kind_are_answered_with_all(
    client_of_ann: FlaskClient, mailserver: MailServer, asked: str
) -> None:
    url = part_url(client_of_ann, mailserver, *SMALL["small base64"][:2])

    response = client_of_ann.get(url, headers={"Range": asked})

    assert (response.status_code, response.data) == (200, CONTENT[:9_000])


def test_if_range_with_another_etag_asks_for_all(client_of_ann: FlaskClient, mailserver: MailServer) -> None:
    url = part_url(client_of_ann, mailserver, *SMALL["small base64"][:2])
    tag = client_of_ann.get(url).headers["ETag"]

    same = client_of_ann.get(url, headers={"Range": "bytes=0-4", "If-Range": tag})
    other = client_of_ann.get(url, headers={"Range": "bytes=0-4", "If-Range": '"another"'})

    assert (same.status_code, same.data) == (206, CONTENT[:5])
    assert (other.status_code, len(other.data)) == (200, 9_000)


def test_head_does_not_say_that_there_is_nothing(client_of_ann: FlaskClient, mailserver: MailServer) -> None:
    response = client_of_ann.head(part_url(client_of_ann, mailserver, *SMALL["small base64"][:2]))

    assert (response.status_code, response.data) == (200, b"")
    assert "Content-Length" not in response.headers
    assert "x.bin" in response.headers["Content-Disposition"]


def test_paused_downloads_keep_nobody_waiting(publish: Any, mailserver: MailServer) -> None:
    client = publish(MAILBOX_POOL_SIZE=2)
    url = part_url(client, mailserver, *BODIES["base64, 76"][:2])
    paused = [client.get(url, buffered=False) for _ in range(6)]
    begun = [next(iter(response.response)) for response in paused]

    listed = client.get(url.rpartition("/messages/")[0] + "/messages")
    rest = [piece + b"".join(response.response) for piece, response in zip(begun, paused, strict=True)]

    assert listed.status_code == 200
    assert rest == [CONTENT] * 6


def test_a_download_that_has_begun_is_patient(
    publish: Any, mailserver: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = publish(MAILBOX_POOL_SIZE=1)
    url = part_url(client, mailserver, *BODIES["base64, 76"][:2])
    monkeypatch.setattr("flask_mailbox.blueprints.base.POOL_WAIT", 0.1)
    response = client.get(url, buffered=False)
    pieces = iter(response.response)
    first = next(pieces)
    with client.application.app_context():
        lease = client.application.extensions["mailbox"].mailbox.imap()
        lease.__enter__()
        later = threading.Timer(0.5, lease.__exit__, (None, None, None))
        later.start()
        rest = b"".join(pieces)
        later.join()

    assert first + rest == CONTENT


def test_a_part_costs_one_look_at_the_structure(client_of_ann: FlaskClient, mailserver: MailServer) -> None:
    url = part_url(client_of_ann, mailserver, *BODIES["base64, 76"][:2])
    before = mailserver.received("imap").count(b"BODYSTRUCTURE")
    assert len(client_of_ann.get(url).data) == len(CONTENT)

    assert mailserver.received("imap").count(b"BODYSTRUCTURE") == before + 1


def test_a_folder_that_was_made_anew_in_the_middle_ends_the_download(publish: Any, mailserver: MailServer) -> None:
    client = publish(MAILBOX_POOL_SIZE=1)
    url = part_url(client, mailserver, *BODIES["base64, 76"][:2])
    response = client.get(url, buffered=False)
    pieces = iter(response.response)
    next(pieces)
    mailserver.store.users["ann@demo.test"].folders["INBOX"].uidvalidity += 1
    other = next(each["id"] for each in client.get("/api/imap/folders").json if each["path"] == "Sent")
    assert client.get(f"/api/imap/folders/{other}/messages").status_code == 200  # another folder is open now

    with pytest.raises(UIDValidityChangedError):
        list(pieces)


@pytest.mark.parametrize("width", [4, 60, 64, 72, 76, 996])
@pytest.mark.parametrize("size", [20_000, 20_001, 20_002, 57 * 400])
def test_a_layout_finds_every_byte(width: int, size: int) -> None:
    encoded = lines(CONTENT[:size], width)
    layout = layout_of("base64", len(encoded), lambda at, most: encoded[at : at + most])
    assert layout is not None
    for start, stop in [(0, 1), (size - 1, size), (5_000, 5_100), (0, size)]:
        at, passed = layout.place(start)

        assert layout.decode(encoded[at : layout.end(stop)], at)[passed : passed + stop - start] == CONTENT[start:stop]
    assert layout.size == size
