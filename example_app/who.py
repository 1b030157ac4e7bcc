"""Whose mailbox a request works with: one account of those that the browser signed in with."""

from __future__ import annotations

from typing import cast

from flask import abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from flask_mailbox import Account

from .mailbox import mailbox
from .vault import Vault

MAX_ACCOUNTS = 5

OPEN = {"signin.choose", "signin.form", "signin.sign_in", "preferences.change", "static"}

FOR_SCRIPTS = {"writing.autosave", "outbox.notes", "live.events"}
"""What pages ask for by themselves: answered by 401 when the session ended, never by the sign-in page."""


def vault() -> Vault:
    """Return the app's vault."""
    return cast(Vault, current_app.extensions["vault"])


def tickets() -> list[str]:
    """Return the tickets of this browser, the current one first."""
    return list(session.get("tickets", []))


def load_account() -> ResponseReturnValue | None:
    """Find the request's account, and send everybody else to the sign-in page."""
    g.account = _opened(next(iter(tickets()), ""), touch="X-Background" not in request.headers)
    if g.account is not None or request.endpoint in OPEN or request.endpoint is None:
        return None
    if (request.blueprint or "").startswith("mailbox_") or request.endpoint in FOR_SCRIPTS:
        abort(401)
    if request.endpoint == "writing.send":  # the letter goes through the sign-in, and is open again afterwards
        return cast(ResponseReturnValue, current_app.view_functions["signin.ended"]())
    return redirect(url_for("signin.choose"), 303)


def other_addresses() -> list[str]:
    """Return the addresses of the browser's other accounts, for the menu."""
    found = [_opened(ticket, touch=False) for ticket in tickets()[1:]]
    return [account.address if account else "" for account in found]


def enter(values: dict[str, object], account: Account) -> None:
    """Add an account to the browser's and make it the current one, in a session that nobody else knows."""
    others = [ticket for ticket in tickets() if vault().knows(ticket) and _address(ticket) != account.address]
    kept = {name: session[name] for name in ("language", "theme") if name in session}
    session.clear()
    session.update(kept)
    session["tickets"] = [vault().put(values), *others][:MAX_ACCOUNTS]
    g.account = account


def switch(place: int) -> None:
    """Make another of the browser's accounts the current one."""
    known = tickets()
    if 0 <= place < len(known):
        session["tickets"] = [known[place], *known[:place], *known[place + 1 :]]
        _forget_work()


def leave(*, all_of_them: bool) -> None:
    """Sign out of the current account, or of all."""
    known = tickets()
    for ticket in known if all_of_them else known[:1]:
        vault().remove(ticket)
    session["tickets"] = [] if all_of_them else known[1:]
    _forget_work()
    if not session["tickets"]:
        kept = {name: session[name] for name in ("language", "theme") if name in session}
        session.clear()
        session.update(kept)


def _forget_work() -> None:
    """Forget what belonged to the account before: what could be undone, and letters on their way."""
    session.pop("undo", None)
    session.pop("outgoing", None)


def _address(ticket: str) -> object:
    return (vault().get(ticket, touch=False) or {}).get("address")


def _opened(ticket: str, *, touch: bool) -> Account | None:
    values = vault().get(ticket, touch=touch) if ticket else None
    return mailbox.load_account(values, name=str(values["address"])) if values else None
