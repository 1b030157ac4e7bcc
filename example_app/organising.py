"""Changing mail from the list or the open message: read, flag, move, delete, and taking it back."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from flask_mailbox.imap import Folder, IMAPSession, Search

from . import who
from .language import _, ngettext
from .mailbox import mailbox
from .searching import read_filters

blueprint = Blueprint("organise", __name__)

MAX_UIDS = 2000
FLAGS = {"read": ("\\Seen", True), "unread": ("\\Seen", False), "flag": ("\\Flagged", True)}
FLAGS |= {"unflag": ("\\Flagged", False)}

_UIDS = re.compile(r"[1-9][0-9]{0,9}(?:,[1-9][0-9]{0,9})*")


@dataclass(frozen=True, slots=True)
class Undo:
    """How the last action is taken back: messages of a folder lose or get a flag, or go to another folder.

    :param name: By which the button means this action and no later one.
    """

    folder: str
    uidvalidity: int
    uids: Sequence[int]
    flag: str = ""
    is_set: bool = False
    to: str = ""
    name: str = ""


@blueprint.post("/organise")
def organise() -> ResponseReturnValue:
    """Do one thing to the messages that were ticked, and remember how to take it back."""
    action = request.form.get("action", "")
    uids = _ticked()
    if not uids or len(uids) > MAX_UIDS:
        tick = _("Tick the messages first.")
        flash(_("Nothing was changed: at most %(most)d messages at once.", most=MAX_UIDS) if uids else tick, "warning")
        return redirect(_back(), 303)
    who.work().pop("undo", None)
    with mailbox.imap() as imap:
        folder = imap.folder(request.form.get("folder") or "INBOX")
        if action in FLAGS:
            _mark(folder, uids, *FLAGS[action])
        elif action == "delete" and _is_trash(imap, folder.path):
            folder.delete(uids, permanently=True, uidvalidity=_uidvalidity())
            flash(ngettext("%(num)d message deleted for good.", "%(num)d messages deleted for good.", len(uids)))
        elif action in ("delete", "move"):
            _move(imap, folder, uids, "trash" if action == "delete" else request.form.get("destination", ""))
    return redirect(_back(), 303)


@blueprint.post("/undo")
def undo() -> ResponseReturnValue:
    """Take the last action back."""
    last: Undo | None = who.work().get("undo")
    is_meant = last is not None and last.name == request.form.get("undo", last.name)
    if last is None or not is_meant or who.work().pop("undo", None) is None:  # or another request was faster
        flash(_("There is nothing to take back."), "warning")
        return redirect(_back(), 303)
    with mailbox.imap() as imap:
        folder = imap.folder(last.folder)
        if last.to:
            folder.move(last.uids, last.to, uidvalidity=last.uidvalidity)
        else:
            change = folder.add_flags if last.is_set else folder.remove_flags
            change(last.uids, [last.flag], uidvalidity=last.uidvalidity)
    flash(_("Taken back."))
    return redirect(_back(), 303)


def _mark(folder: Folder, uids: list[int], flag: str, is_set: bool) -> None:
    """Set or take away a flag; what had it, or had it not, before is left alone when this is taken back."""
    changed: list[int] = []
    for start in range(0, len(uids), 500):  # as many as a command line takes
        batch = tuple(uids[start : start + 500])
        lacking = Search(uids=batch, unseen=is_set) if flag == "\\Seen" else Search(uids=batch, flagged=not is_set)
        changed += folder.search(lacking)
    change = folder.add_flags if is_set else folder.remove_flags
    change(uids, [flag], uidvalidity=_uidvalidity())
    _remember(Undo(folder.path, folder.uidvalidity, changed, flag=flag, is_set=not is_set), _("Done."))


def _move(imap: IMAPSession, folder: Folder, uids: list[int], destination: str) -> None:
    """Move messages; they can be moved back where the server tells their new uids."""
    if not destination:
        flash(_("Choose a folder to move to."), "warning")
        return
    target = imap.folder(destination)
    moved = folder.move(uids, target.path, uidvalidity=_uidvalidity())
    text = ngettext(
        "%(num)d message moved to “%(folder)s”.",
        "%(num)d messages moved to “%(folder)s”.",
        len(uids),
        folder=target.path,
    )
    _remember(Undo(target.path, target.uidvalidity, sorted(moved.values()), to=folder.path), text)


def _remember(undo: Undo, text: str) -> None:
    """Keep how to take it back, if there is anything to take back, and offer that with a note."""
    if not undo.uids:
        flash(text)
        return
    undo = replace(undo, name=secrets.token_hex(8))
    who.work()["undo"] = undo
    flash(text, f"undo {undo.name}")


def _ticked() -> list[int]:
    """Return the uids of the rows that were ticked; one row of conversations names several."""
    texts = request.form.getlist("uid")
    if not all(_UIDS.fullmatch(text) for text in texts):
        abort(400)
    return list(dict.fromkeys(int(uid) for text in texts for uid in text.split(",")))


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
