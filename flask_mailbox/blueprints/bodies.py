"""What a request carries: bounded, of the type that is declared, and refused as a problem where it cannot be read."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any, NoReturn

from flask import request
from marshmallow import Schema
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge, UnsupportedMediaType

MOST_BODY = 40 * 1024 * 1024
"""Bytes of a request: the largest attachments in base64, and the message around them."""

JSON = "application/json"
FORM = "multipart/form-data"


def bound_body(most: int = MOST_BODY) -> None:
    """Let no more of the request's body be read, whether it tells its length or comes in chunks.

    :raises RequestEntityTooLarge: If it says that it is larger.
    """
    allowed = request.max_content_length
    request.max_content_length = most if allowed is None else min(most, allowed)
    if (request.content_length or 0) > request.max_content_length:
        raise RequestEntityTooLarge(f"A request has at most {request.max_content_length:,} bytes here.")


def read_body() -> bytes:
    """Return the request's body.

    :raises RequestEntityTooLarge: If it is larger than ``bound_body`` allows.
    """
    data = request.get_data()
    request.stream.read(1)  # a body in chunks is cut off at the bound, and only whoever reads on is told
    return data


def check_type(wanted: str) -> None:
    """Refuse a body that is not of the type wanted; JSON may be of any ``+json`` type.

    :raises UnsupportedMediaType: If it is of another type, or says none.
    """
    if not (request.is_json if wanted == JSON else request.mimetype == wanted):
        raise UnsupportedMediaType(f"Send {wanted}.")


def read_json(text: str | bytes) -> Any:
    """Return what a JSON text says.

    :raises ValueError: If it is no JSON, or nested too deeply, or has numbers that nobody needs.
    """
    try:
        return json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("The JSON is nested too deeply.") from None


def parse(schema: type[Schema], location: str) -> Any:
    """Return what the request says in its ``query`` or its ``json``, by a schema; wrong values end it with 422."""
    return _parser.parse(_made(schema), request, location=location)


def refuse(location: str, messages: Mapping[str, Any]) -> NoReturn:
    """Answer wrong values with 422, and say which.

    :param location: Where they stand: ``json``, ``query`` or ``form``.
    :param messages: What is wrong, by field.
    """
    _raise_refusal({location: dict(messages)})


@functools.cache
def _made(schema: type[Schema]) -> Schema:
    """Return the schema's one instance: making one costs more than reading with it."""
    return schema()


class _Parser(FlaskParser):
    """Webargs, with our own reading of JSON: what Python cannot read is the client's mistake."""

    def load_json(self, req: Any, schema: Schema) -> Any:
        try:
            return read_json(read_body())
        except ValueError:
            raise BadRequest("The body is no JSON.") from None


_parser = _Parser(unknown=None)


@_parser.error_handler
def _refuse(error: Any, *args: Any, **kwargs: Any) -> NoReturn:
    _raise_refusal(error.messages)


def _raise_refusal(messages: Any) -> NoReturn:
    failure = HTTPException("Some values are wrong.")
    failure.code = 422
    failure.data = {"messages": messages}  # type: ignore[attr-defined]
    raise failure


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number.")
