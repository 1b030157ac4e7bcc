"""Whose mailbox a request works with: one account of those that the browser signed in with."""

from __future__ import annotations

from typing import Any, cast

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
    by_itself = "X-Background" in request.headers or request.endpoint == "live.events"
    g.account = _opened(next(iter(tickets()), ""), touch=not by_itself)
    if g.account is not None or request.endpoint in OPEN or request.endpoint is None:
        return None
    if is_api() or request.endpoint in FOR_SCRIPTS:
        abort(401)
    if request.endpoint == "writing.send":  # the letter goes through the sign-in, and is open again afterwards
        return cast(ResponseReturnValue, current_app.view_functions["signin.ended"]())
    return redirect(url_for("signin.choose"), 303)


def is_api() -> bool:
    """Say whether this is a request to the JSON API, which has rules of its own."""
    return (request.blueprint or "").startswith("mailbox_")


def takes_notes() -> bool:
    """Say whether this page shows the notes that wait: what a script asks for leaves them to the page it is on."""
    return not ({"X-Background", "X-Part"} & {*request.headers.keys()}) or request.endpoint == "outbox.notes"


def other_addresses() -> list[str]:
    """Return the addresses of the browser's other accounts, for the menu."""
    return [account.address for ticket in tickets()[1:] if (account := _opened(ticket, touch=False))]


def work() -> dict[str, Any]:
    """Return what is remembered beside the current account while it is signed in."""
    return vault().work(next(iter(tickets()), ""))


def enter(values: dict[str, object], account: Account) -> None:
    """Add an account to the browser's and make it the current one, in a session that nobody else knows."""
    others = [ticket for ticket in tickets() if vault().knows(ticket) and _address(ticket) != account.address]
    for ticket in {*tickets()} - {*others}:
        vault().remove(ticket)
    kept = {name: session[name] for name in ("language", "theme") if name in session}
    session.clear()
    session.update(kept)
    session["tickets"] = [vault().put(values), *others][:MAX_ACCOUNTS]
    g.account = account


def switch(address: str) -> bool:
    """Make another of the browser's accounts the current one; ``False`` if it is not signed in any more."""
    known = [ticket for ticket in tickets() if vault().knows(ticket)]
    found = next((ticket for ticket in known if _address(ticket) == address), None)
    if found is None:
        return False
    session["tickets"] = [found, *(ticket for ticket in known if ticket != found)]
    g.account = _opened(found, touch=True)
    return True


def leave(*, all_of_them: bool) -> None:
    """Sign out of the current account, or of all: its connections end too."""
    known = tickets()
    for ticket in known if all_of_them else known[:1]:
        account = _opened(ticket, touch=False)
        vault().remove(ticket)
        current_app.extensions["live"].end_all_of(ticket)
        if account is not None:
            mailbox.for_account(account).forget()
    session["tickets"] = [] if all_of_them else known[1:]
    if not session["tickets"]:
        kept = {name: session[name] for name in ("language", "theme") if name in session}
        session.clear()
        session.update(kept)


def _address(ticket: str) -> object:
    return (vault().get(ticket, touch=False) or {}).get("address")


def _opened(ticket: str, *, touch: bool) -> Account | None:
    values = vault().get(ticket, touch=touch) if ticket else None
    return mailbox.load_account(values, name=str(values["address"])) if values else None
