"""A large file on its way out is held once as it is, and once as it is sent."""

from __future__ import annotations

import io
import json
import tracemalloc

from flask.testing import FlaskClient

SIZE = 15 * 1024 * 1024
HEAD = (
    b'--bound\r\nContent-Disposition: form-data; name="message"\r\n\r\n%b\r\n--bound\r\n'
    b'Content-Disposition: form-data; name="attachments"; filename="large.bin"\r\n\r\n'
)


class Upload(io.RawIOBase):
    """A form with a large file, made as it is read."""

    def __init__(self, message: object) -> None:
        self._left = [
            HEAD % json.dumps(message).encode(),
            *[b"\xff\x00 x" * 16_384] * (SIZE // 65_536),
            b"\r\n--bound--\r\n",
        ]
        self.size = sum(map(len, self._left))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        if not self._left:
            return 0
        piece = self._left.pop(0)
        view[: len(piece)] = piece[: len(view)]
        if len(piece) > len(view):
            self._left.insert(0, piece[len(view) :])
        return min(len(piece), len(view))


def test_a_large_form_takes_little_more_than_the_file_and_the_message(client_of_ann: FlaskClient) -> None:
    message = {"to": [{"address": "bob@demo.test"}], "text": "x", "dry_run": True}
    body = Upload(message)
    environ = {
        "wsgi.input": body,
        "CONTENT_LENGTH": str(body.size),
        "CONTENT_TYPE": "multipart/form-data; boundary=bound",
        "HTTP_X_MAILBOX_REQUEST": "1",
    }
    tracemalloc.start()
    try:
        response = client_of_ann.post("/api/smtp/messages/form", environ_overrides=environ)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (response.status_code, response.json["suppressed"]) == (200, True)  # type: ignore[index]
    assert peak < SIZE + 2.1 * SIZE * 78 / 57  # the file, its lines, and the message that is made of them
