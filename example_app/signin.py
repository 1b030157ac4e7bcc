"""Signing in: choose a mailbox type, enter address and password, see at once what works and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import cast

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from flask_mailbox import Account, AddressError, ConfigurationError, Step, check_account
from flask_mailbox.discovery import Proposal
from flask_mailbox.message import parse_mailbox
from flask_mailbox.providers import Provider

from . import who, writing
from .attempts import Attempts
from .demo import ACCOUNTS
from .language import _, language
from .letter import Letter
from .mailbox import mailbox

blueprint = Blueprint("signin", __name__)

FIRST = ("netease-163", "netease-126", "qq", "gmail", "outlook", "icloud")
"""The mailbox types with a large button; all others are found by typing."""

LEGS = ("smtp", "imap", "pop3")
USER_NAMES = ("username", *(f"{leg}_username" for leg in LEGS))


@blueprint.get("/sign-in")
def choose() -> ResponseReturnValue:
    """Show the mailbox types, those that contain a text, or go on with the type of an address."""
    text = request.args.get("q", "").strip()
    registry = mailbox.state.settings.registry
    if "@" in text:
        found = registry.for_address(text)
        return redirect(url_for("signin.form", kind=found.id if found else "own", address=text), 303)
    everything = sorted(registry.all(), key=lambda provider: provider.name.lower())
    shown = [provider for provider in everything if provider.kind in ("personal", "hosted")]
    return render_template(
        "choose.html",
        first=[registry.get(name) for name in FIRST],
        others=shown,
        found={provider.id for provider in registry.search(text)} if text else set(),
        text=text,
        demo=mailbox.state.settings.accounts.get("demo"),
    )


@blueprint.get("/sign-in/<kind>")
def form(kind: str) -> ResponseReturnValue:
    """Show the form of a mailbox type."""
    return _form(kind)


@blueprint.post("/sign-in/<kind>")
def sign_in(kind: str) -> ResponseReturnValue:
    """Test the mailbox with what was entered, and sign in if its mail can be read."""
    address = request.form.get("address", "").strip()
    client = request.remote_addr or ""
    attempts = cast(Attempts, current_app.extensions["attempts"])
    if kind == "own" and (request.form.get("do") == "find" or not any(request.form.get(leg) for leg in LEGS)):
        return _find_servers(address, client)
    if problem := _what_is_missing(kind, address):
        return _form(kind, problems=[problem]), 400
    try:
        values = _values_of_form(kind, address)
        account = mailbox.load_account(values, name=address)
    except ConfigurationError as error:
        return _form(kind, problems=[_("No mailbox can be opened with this.")], details=error.problems), 400
    names = [str(values[name]) for name in ("address", *USER_NAMES) if name in values]
    if not attempts.take(*names, client=client):
        return _form(kind, problems=[_("Too many attempts. Wait a quarter of an hour.")]), 429
    steps = list(check_account(account, language=language()))
    can_read = any(_works(steps, leg) for leg in ("imap", "pop3"))
    if can_read and not any(step.name == "login" and step.ok is False for step in steps):  # one is a guess elsewhere
        attempts.give_back(*names, client=client)
    if request.form.get("do") == "test" or not can_read:
        return _form(kind, steps=steps), 200 if can_read else 400
    return _enter(kind, values, account, steps)


def refuse_other_account() -> ResponseReturnValue | None:
    """Refuse what a page of one account asks for, where the browser went on with another one in another window."""
    if g.account is None or who.is_api() or request.endpoint in (*who.OPEN, "signin.switch"):
        return None
    named = request.values.get("account", g.account.address)
    if named == g.account.address:
        return None
    if request.endpoint in who.FOR_SCRIPTS or not who.takes_notes():
        abort(409)
    letter = _kept_letter() if request.endpoint == "writing.send" else {}
    is_open = named in who.other_addresses()
    return render_template("elsewhere.html", address=named, kept=letter, is_open=is_open), 409


@blueprint.post("/switch")
def switch() -> ResponseReturnValue:
    """Go on with another of the accounts that are signed in, and with the letter that was written there."""
    if not who.switch(request.form.get("address", "")):
        return redirect(url_for("signin.choose"), 303)
    if letter := _kept_letter():
        return writing.form(Letter.of_form(letter))
    return redirect(url_for("mail.folder"), 303)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Forget the current account, or all of them."""
    who.leave(all_of_them=request.form.get("all") == "1")
    return redirect(url_for("mail.folder") if who.tickets() else url_for("signin.choose"), 303)


@blueprint.post("/sign-in/again")
def ended() -> ResponseReturnValue:
    """Ask to sign in again where the session ended while a letter was written; its text goes with the form."""
    text = _("Your session ended. Sign in again: your text is kept.")
    return _form(session.get("kind", "other"), problems=[text]), 401


def _find_servers(address: str, client: str) -> ResponseReturnValue:
    """Fill in the servers that an address probably has; somebody looks at them before a password goes there."""
    searches = cast(Attempts, current_app.extensions["searches"])
    if not searches.take(address, client=client):
        return _form("own", problems=[_("Too many attempts. Wait a quarter of an hour.")]), 429
    try:
        proposal = mailbox.discover(address)
    except AddressError as error:
        return _form("own", problems=[_("This is no e-mail address.")], details=[str(error)]), 400
    return _form("own", proposal=proposal)


def _enter(kind: str, values: dict[str, object], account: Account, steps: list[Step]) -> ResponseReturnValue:
    kept = _kept_letter()
    who.enter(values, account)
    session["kind"] = kind
    for step in steps:
        if step.ok is False:
            why = step.hint or step.detail
            flash(_("%(protocol)s does not work now: %(why)s", protocol=step.leg.upper(), why=why), "warning")
    if kept:
        letter = Letter.of_form(kept)
        return writing.form(letter if kept.get("account", account.address) == account.address else letter.elsewhere)
    return redirect(url_for("mail.folder" if _works(steps, "imap") else "maildrop.entries"), 303)


def _what_is_missing(kind: str, address: str) -> str:
    """Return what keeps the form from being tried, in the visitor's language; empty if nothing does."""
    if not address or not request.form.get("password"):
        return _("Enter the address and the password or authorization code.")
    try:
        parse_mailbox(address)
    except AddressError:
        return _("This is no e-mail address.")
    is_known = kind in ("demo", "own", "other") or _provider(kind) is not None
    return "" if is_known else _("No mailbox type of that name is known.")


def _values_of_form(kind: str, address: str) -> dict[str, object]:
    """Return what the form says of an account."""
    values: dict[str, object] = {"address": address, "password": request.form.get("password", ""), "save_sent": True}
    if kind == "demo":
        demo = mailbox.state.settings.account("demo")
        return values | {leg: str(demo.endpoint(leg)) for leg in LEGS} | {"ca_file": str(demo.ca_file)}
    if kind == "own":
        values["public_hosts_only"] = not current_app.config["PRIVATE_SERVERS"]
        typed = {name: text for name in (*LEGS, *USER_NAMES) if (text := request.form.get(name, "").strip())}
        return values | typed
    return values if kind == "other" else values | {"provider": kind}


def _works(steps: Iterable[Step], leg: str) -> bool:
    return any(step.leg == leg and step.name == "login" and step.ok for step in steps)


def _kept_letter() -> dict[str, str]:
    """Return the letter that was being written when the session ended, from the form that it goes through."""
    if request.endpoint == "writing.send":
        names = ["account", *(field.name for field in fields(Letter))]
        return {name: request.form[name] for name in names if request.form.get(name)}
    return {name[5:]: value for name, value in request.form.items() if name.startswith("kept_")}


def _form(
    kind: str,
    *,
    problems: Iterable[str] = (),
    details: Iterable[str] = (),
    steps: Iterable[Step] = (),
    proposal: Proposal | None = None,
) -> str:
    """Return the page with the form of a mailbox type.

    :param problems: What is wrong, in the visitor's language; ``details`` in the library's words.
    """
    provider = _provider(kind)
    entered = request.form if request.endpoint == "signin.sign_in" else request.args
    return render_template(
        "signin.html",
        kind=kind,
        provider=provider,
        help=provider.help_in(language()) if provider else "",
        demo=mailbox.state.settings.accounts.get("demo"),
        demo_accounts=ACCOUNTS,
        problems=problems,
        details=details,
        legs=_by_leg(steps),
        entered=proposal.settings() if proposal else entered,
        proposal=proposal,
        kept=_kept_letter() if request.method == "POST" else {},
    )


def _by_leg(steps: Iterable[Step]) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = {}
    for step in steps:
        found.setdefault(step.leg, []).append(step)
    return found


def _provider(kind: str) -> Provider | None:
    try:
        return None if kind in ("demo", "own", "other") else mailbox.state.settings.registry.get(kind)
    except ConfigurationError:
        return None
