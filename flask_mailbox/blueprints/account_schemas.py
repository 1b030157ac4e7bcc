"""What the routes for setting up accounts take and give."""

from __future__ import annotations

from marshmallow import fields, validate

from .schemas import Strict

LANGUAGES = ("en", "zh")
_NAME = validate.Length(1, 255)
_USER_NAME = validate.Length(1, 320)


class LanguageQuery(Strict):
    """In which language the help is; by default as ``Accept-Language`` says."""

    language = fields.String(validate=validate.OneOf(LANGUAGES))


class ProvidersQuery(LanguageQuery):
    """Which presets."""

    search = fields.String(load_default="", validate=validate.Length(max=100))


class ServerSchema(Strict):
    """Where one protocol is served."""

    host = fields.String(required=True, validate=_NAME)
    port = fields.Integer(required=True, validate=validate.Range(1, 65535))
    security = fields.String(required=True, validate=validate.OneOf(("tls", "starttls")))


class FoundServerSchema(Strict):
    """Where one protocol is served."""

    host = fields.String()
    port = fields.Integer()
    security = fields.String()


class ProviderSchema(Strict):
    """A preset; ``credential`` is the provider's name for what to sign in with, ``help`` what to switch on first."""

    id = fields.String()
    aliases = fields.List(fields.String())
    name = fields.String()
    domains = fields.List(fields.String())
    auth_methods = fields.List(fields.String())
    credential = fields.String()
    help = fields.String()
    usable = fields.Boolean()
    smtp = fields.Nested(FoundServerSchema, allow_none=True)
    imap = fields.Nested(FoundServerSchema, allow_none=True)
    pop3 = fields.Nested(FoundServerSchema, allow_none=True)


class AddressBody(Strict):
    """An e-mail address."""

    address = fields.String(required=True, validate=validate.Length(3, 320))


class FindingSchema(Strict):
    """One place that was asked."""

    source = fields.String()
    where = fields.String()
    outcome = fields.String()


class ProposalSchema(Strict):
    """The servers of an address; ``secure`` and ``strangers`` say what a person should look at first.

    A server that has a user name of its own is signed in to with that: it is given back with the test.
    """

    source = fields.String()
    secure = fields.Boolean()
    strangers = fields.List(fields.String())
    provider = fields.String(allow_none=True)
    username = fields.String()
    smtp_username = fields.String()
    imap_username = fields.String()
    pop3_username = fields.String()
    smtp = fields.Nested(FoundServerSchema, allow_none=True)
    imap = fields.Nested(FoundServerSchema, allow_none=True)
    pop3 = fields.Nested(FoundServerSchema, allow_none=True)
    findings = fields.List(fields.Nested(FindingSchema))


class Settings(AddressBody):
    """What somebody entered: an address, a password or token, and a preset or servers unless the address tells."""

    provider = fields.String(validate=_NAME)
    username = fields.String(validate=_USER_NAME)
    smtp_username = fields.String(validate=_USER_NAME)
    imap_username = fields.String(validate=_USER_NAME)
    pop3_username = fields.String(validate=_USER_NAME)
    password = fields.String(validate=validate.Length(1, 1000))
    access_token = fields.String(validate=validate.Length(1, 16_000))
    smtp = fields.Nested(ServerSchema)
    imap = fields.Nested(ServerSchema)
    pop3 = fields.Nested(ServerSchema)


class StepSchema(Strict):
    """One step of a test; ``ok`` is null where there was nothing to try."""

    name = fields.String()
    ok = fields.Boolean(allow_none=True)
    seconds = fields.Float()
    detail = fields.String()
    hint = fields.String()
    category = fields.String(allow_none=True)


class LegSchema(Strict):
    """How one protocol did."""

    leg = fields.String()
    ok = fields.Boolean(allow_none=True)
    steps = fields.List(fields.Nested(StepSchema))


class TestSchema(Strict):
    """Whether everything worked that there is, and how each protocol did."""

    ok = fields.Boolean()
    legs = fields.List(fields.Nested(LegSchema))
