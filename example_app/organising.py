"""Changing mail from the list or the open message: read, flag, move, delete, and taking it back."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from flask_mailbox.imap import IMAPSession

from .language import _, ngettext
from .mailbox import mailbox
from .searching import read_filters

blueprint = Blueprint("organise", __name__)

MAX_UIDS = 500
FLAGS = {"read": ("\\Seen", True), "unread": ("\\Seen", False), "flag": ("\\Flagged", True)}
FLAGS |= {"unflag": ("\\Flagged", False)}


@blueprint.post("/organise")
def organise() -> ResponseReturnValue:
    """Do one thing to the messages that were ticked, and remember how to take it back."""
    path = request.form.get("folder") or "INBOX"
    action = request.form.get("action", "")
    uids = _ticked()
    if not uids:
        flash(_("Tick the messages first."), "warning")
        return redirect(_back(), 303)
    session.pop("undo", None)
    with mailbox.imap() as imap:
        if action in FLAGS:
            flag, is_set = FLAGS[action]
            _set_flag(imap, path, uids, flag, is_set=is_set)
            _remember({"do": "flag", "folder": path, "uids": uids, "flag": flag, "set": not is_set})
        elif action == "delete" and _is_trash(imap, path):
            imap.folder(path).delete(uids, permanently=True, uidvalidity=_uidvalidity())
            flash(ngettext("%(num)d message deleted for good.", "%(num)d messages deleted for good.", len(uids)))
        elif action in ("delete", "move"):
            _move(imap, path, uids, "trash" if action == "delete" else request.form.get("destination", ""))
    return redirect(_back(), 303)


@blueprint.post("/undo")
def undo() -> ResponseReturnValue:
    """Take the last action back."""
    last: dict[str, Any] | None = session.pop("undo", None)
    if last is None:
        flash(_("There is nothing to take back."), "warning")
        return redirect(_back(), 303)
    with mailbox.imap() as imap:
        if last["do"] == "flag":
            _set_flag(imap, last["folder"], last["uids"], last["flag"], is_set=last["set"])
        else:
            imap.folder(last["from"]).move(last["uids"], last["to"])
    flash(_("Taken back."))
    return redirect(_back(), 303)


def _set_flag(imap: IMAPSession, path: str, uids: list[int], flag: str, *, is_set: bool) -> None:
    folder = imap.folder(path)
    change = folder.add_flags if is_set else folder.remove_flags
    change(uids, [flag], uidvalidity=_uidvalidity())


def _move(imap: IMAPSession, path: str, uids: list[int], destination: str) -> None:
    """Move messages; they can be moved back where the server tells their new uids."""
    if not destination:
        flash(_("Choose a folder to move to."), "warning")
        return
    target = imap.folder(destination).path
    moved = imap.folder(path).move(uids, target, uidvalidity=_uidvalidity())
    text = ngettext(
        "%(num)d message moved to “%(folder)s”.", "%(num)d messages moved to “%(folder)s”.", len(uids), folder=target
    )
    if moved:
        _remember({"do": "move", "from": target, "to": path, "uids": sorted(moved.values())}, text)
    else:
        flash(text)


def _remember(undo: dict[str, Any], text: str = "") -> None:
    """Keep how to take it back, in the cookie: uids and folders are no secrets, but a cookie is small."""
    if len(undo["uids"]) <= 100:
        session["undo"] = undo
        flash(text or _("Done."), "undo")
    else:
        flash(text or _("Done."))


def _ticked() -> list[int]:
    """Return the uids of the rows that were ticked; one row of conversations names several."""
    texts = request.form.getlist("uid")
    found = [int(uid) for uid in re.findall(r"[1-9][0-9]{0,9}", ",".join(texts)[:10_000])]
    return list(dict.fromkeys(found))[:MAX_UIDS]


def _uidvalidity() -> int | None:
    text = request.form.get("uidvalidity", "")
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else None


def _is_trash(imap: IMAPSession, path: str) -> bool:
    return any(info.path == path and info.role == "trash" for info in imap.folders())


def _back() -> str:
    """Return the list that the form was on, or the message where it said to stay with it."""
    args: dict[str, Any] = {"folder": request.form.get("folder") or "INBOX", **read_filters(request.form).args}
    args |= {name: request.form[name] for name in ("view", "cursor") if request.form.get(name)}
    stay = request.form.get("stay", "")
    if re.fullmatch(r"[1-9][0-9]{0,9}", stay) and request.form.get("action") in ("flag", "unflag"):
        return url_for("mail.message", uid=int(stay), **args)
    return url_for("mail.folder", **args)
