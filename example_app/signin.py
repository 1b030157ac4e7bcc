"""Signing in: choose a mailbox type, enter address and password, see at once what is wrong."""

from __future__ import annotations

from dataclasses import fields
from typing import cast

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from flask_mailbox import Account, ConfigurationError, check_account
from flask_mailbox.services.check import Step

from . import writing
from .language import _
from .letter import Letter
from .mailbox import mailbox
from .vault import Vault

blueprint = Blueprint("signin", __name__)

KINDS = ("163", "126", "qq", "gmail", "outlook", "icloud")
"""The mailbox types with a button of their own; all others are found by the address."""

FOR_SCRIPTS = {"writing.autosave", "outbox.notes", "live.events"}
"""What pages ask for by themselves: answered by 401 when the session ended, never by the sign-in page."""

OPEN = {"signin.form", "signin.sign_in", "preferences.change", "static"}


def vault() -> Vault:
    """Return the app's vault."""
    return cast(Vault, current_app.extensions["vault"])


def load_signed_in_account() -> ResponseReturnValue | None:
    """Find the request's account, and send everybody else to the sign-in page."""
    g.account = vault().get(session.get("ticket", ""), touch="X-Background" not in request.headers)
    if g.account is not None or request.endpoint in OPEN or request.endpoint is None:
        return None
    if (request.blueprint or "").startswith("mailbox_") or request.endpoint in FOR_SCRIPTS:
        abort(401)
    if request.endpoint == "writing.send":  # the session ended meanwhile: what was written goes through the sign-in
        return _form(
            session.get("kind", "other"), problems=(_("Your session ended. Sign in again: your text is kept."),)
        ), 401
    return redirect(url_for("signin.form"), 303)


@blueprint.get("/sign-in")
def form() -> ResponseReturnValue:
    """Show the mailbox types, or the form of the chosen one."""
    return _form(request.args.get("kind", ""))


@blueprint.post("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Test the mailbox with what was entered, and sign in if its mail can be read."""
    kind = request.form.get("kind", "")
    who = f"{request.remote_addr} {request.form.get('address', '').lower()}"
    if not vault().may_try(who):
        return _form(kind, problems=("Too many attempts. Wait a quarter of an hour.",)), 429
    try:
        account = _account_of_form(kind)
    except ConfigurationError as error:
        return _form(kind, problems=error.problems), 400
    steps = list(check_account(account))
    if not any(step.ok and step.name == "login" and step.leg in ("imap", "pop3") for step in steps):
        vault().note_failure(who)
        return _form(kind, steps=steps), 400
    _begin_session(account)
    for step in steps:
        if step.ok is False:
            flash(f"{step.leg.upper()}: {step.detail} {step.hint}")
    kept = _kept()
    if kept:
        return writing.form(Letter.of_form(kept))
    first = "mail.folder" if account.imap and _works(steps, "imap") else "maildrop.entries"
    return redirect(url_for(first), 303)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Forget the account."""
    vault().remove(session.get("ticket", ""))
    session.clear()
    return redirect(url_for("signin.form"), 303)


def _begin_session(account: Account) -> None:
    """Begin a new session, so that nobody knows its token; preferences stay."""
    preferred = {name: session[name] for name in ("language", "theme") if name in session}
    session.clear()
    session.update(preferred)
    session["ticket"] = vault().put(account)
    session["kind"] = request.form.get("kind", "")
    g.account = account


def _kept() -> dict[str, str]:
    """Return the letter that was being written when the session ended, from the form it went through."""
    if request.endpoint == "writing.send":
        names = [field.name for field in fields(Letter)]
        return {name: request.form[name] for name in names if request.form.get(name)}
    return {name[5:]: value for name, value in request.form.items() if name.startswith("kept_")}


def _account_of_form(kind: str) -> Account:
    """Return the account that the form describes.

    :raises ConfigurationError: If something is missing or wrong.
    """
    values = {"address": request.form.get("address", "").strip(), "password": request.form.get("password", "")}
    if not values["address"] or not values["password"]:
        raise ConfigurationError("Enter the address and the password or authorization code.")
    if kind == "demo":
        demo = mailbox.state.settings.account("demo")
        return mailbox.load_account(
            {**values, **_endpoints_of(demo), "ca_file": str(demo.ca_file), "save_sent": True}, name=values["address"]
        )
    if kind == "own":
        if not current_app.config["OWN_SERVERS"]:
            raise ConfigurationError("This site does not take servers by name; choose one of the mailbox types.")
        servers = {name: request.form.get(name, "").strip() for name in ("smtp", "imap", "pop3")}
        values |= {name: url for name, url in servers.items() if url}
    elif kind != "other":
        values["provider"] = kind
    return mailbox.load_account({**values, "save_sent": True}, name=values["address"])


def _endpoints_of(account: Account) -> dict[str, str]:
    return {name: str(account.endpoint(name)) for name in ("smtp", "imap", "pop3")}


def _works(steps: list[Step], leg: str) -> bool:
    return any(step.leg == leg and step.name == "login" and step.ok for step in steps)


def _form(kind: str, *, problems: tuple[str, ...] = (), steps: list[Step] | None = None) -> str:
    registry = mailbox.state.settings.registry
    return render_template(
        "signin.html",
        kind=kind,
        kinds=[registry.get(name) for name in KINDS],
        provider=registry.get(kind) if kind not in ("", "demo", "own", "other") else None,
        demo=mailbox.state.settings.accounts.get("demo"),
        own_servers=current_app.config["OWN_SERVERS"],
        problems=problems,
        steps=steps or [],
        entered=request.form,
        kept=_kept() if request.method == "POST" else {},
    )
