"""BODY and BODYSTRUCTURE: the MIME tree as IMAP writes it (RFC 3501, 7.4.2)."""

from __future__ import annotations

from ..profiles import IMAPManners
from ..structure import Parameters, Part, parse_value
from .envelope import envelope
from .wording import string


def body_structure(part: Part, manners: IMAPManners, *, extended: bool, nested: bool = False) -> bytes:
    """Return the structure of a part and all below it.

    :param manners: How the profile writes it.
    :param extended: With the extension data of BODYSTRUCTURE.
    :param nested: Whether the part stands within a multipart.
    """
    if part.is_multipart:
        parts = [] if nested and manners.childless_multiparts else part.children
        children = b"".join(body_structure(child, manners, extended=extended, nested=True) for child in parts)
        more = [_parameters(part.parameters), *_extension(part, manners)] if extended else []
        return b"(" + b" ".join([*filter(None, [children]), string(part.subtype.upper()), *more]) + b")"
    fields = [
        string(part.type.upper()),
        string(part.subtype.upper()),
        _parameters(part.parameters + _default_parameters(part)),
        string(part.get(b"content-id")),
        string(part.get(b"content-description")),
        string((part.get(b"content-transfer-encoding") or b"7bit").partition(b";")[0].strip().upper()),
        b"%d" % (part.end - part.body),
    ]
    if part.message is not None:
        fields += [envelope(part.message, manners), body_structure(part.message, manners, extended=extended)]
    if part.type == b"text" or part.message is not None:
        fields.append(b"%d" % part.lines)
    if extended:
        fields += [string(part.get(b"content-md5")), *_extension(part, manners)]
    return b"(" + b" ".join(fields) + b")"


def _default_parameters(part: Part) -> Parameters:
    declared = any(name.lower() == b"charset" for name, _ in part.parameters)
    return [(b"charset", b"us-ascii")] if part.type == b"text" and not declared else []


def _extension(part: Part, manners: IMAPManners) -> list[bytes]:
    return [_disposition(part, manners), _language(part), string(part.get(b"content-location"))]


def _disposition(part: Part, manners: IMAPManners) -> bytes:
    value = part.get(b"content-disposition")
    if not value:
        return b"NIL"
    word, parameters = parse_value(value)
    if manners.sloppy_answers and not parameters:
        return string(word.lower())
    return b"(" + string(word.upper()) + b" " + _parameters(parameters) + b")"


def _language(part: Part) -> bytes:
    value = part.get(b"content-language")
    if not value:
        return b"NIL"
    languages = [string(language.strip()) for language in value.split(b",") if language.strip()]
    return b"(" + b" ".join(languages) + b")" if languages else b"NIL"


def _parameters(parameters: Parameters) -> bytes:
    if not parameters:
        return b"NIL"
    return b"(" + b" ".join(string(name.upper()) + b" " + string(value) for name, value in parameters) + b")"
