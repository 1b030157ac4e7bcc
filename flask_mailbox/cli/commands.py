"""The commands of ``flask mailbox`` that read and send."""

from __future__ import annotations

import mimetypes
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup

from ..errors import UsageError
from ..message import Message
from .chosen import chosen
from .discovery import discover
from .doctor import doctor
from .output import account_option, json_option, print_json, print_table, shortened, told_errors
from .presets import providers
from .server import dev_server
from .watch import watch

if TYPE_CHECKING:
    from ..message import ReceivedMessage

mailbox_cli = AppGroup("mailbox", help="Test and use the app's mailbox.")
mailbox_cli.add_command(doctor)
mailbox_cli.add_command(providers)
mailbox_cli.add_command(discover)
mailbox_cli.add_command(dev_server)
mailbox_cli.add_command(watch)


@mailbox_cli.command()
@account_option
@json_option
@told_errors
def folders(account: str | None, as_json: bool) -> None:
    """List the folders with their roles and counts."""
    with chosen(account).imap() as imap:
        found = imap.folders(counts=True)
    if as_json:
        names = ("path", "role", "messages", "unseen", "selectable")
        print_json([{name: getattr(folder, name) for name in names} for folder in found])
        return
    rows = [(folder.path, folder.role or "", _number(folder.messages), _number(folder.unseen)) for folder in found]
    print_table(rows, ("folder", "role", "messages", "unread"))


@mailbox_cli.command()
@click.option("--folder", default="INBOX", show_default=True, help="The folder to list.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 100), help="How many, newest first.")
@click.option("--pop3", "over_pop3", is_flag=True, help="List the maildrop over POP3 instead.")
@account_option
@json_option
@told_errors
def ls(folder: str, limit: int, over_pop3: bool, account: str | None, as_json: bool) -> None:
    """List the newest messages of a folder."""
    rows = _newest_over_pop3(account, limit) if over_pop3 else _newest_over_imap(account, folder, limit)
    if as_json:
        print_json(rows)
        return
    key = "uidl" if over_pop3 else "uid"
    print_table(
        [(row[key], row["date"][:16], shortened(row["from"], 30), shortened(row["subject"], 60)) for row in rows],
        (key, "date", "from", "subject"),
    )


@mailbox_cli.command()
@click.argument("identifier", metavar="UID")
@click.option("--folder", default="INBOX", show_default=True, help="The folder that the message is in.")
@click.option("--pop3", "over_pop3", is_flag=True, help="UID is a uidl: read over POP3 instead.")
@click.option("--raw", "as_raw", is_flag=True, help="Print the message as it is, all bytes.")
@account_option
@json_option
@told_errors
def show(identifier: str, folder: str, over_pop3: bool, as_raw: bool, account: str | None, as_json: bool) -> None:
    """Show one message; it stays unread."""
    if over_pop3:
        with chosen(account).pop3() as pop3:
            message = pop3.message(identifier)
    else:
        if not identifier.isdigit():
            raise UsageError(f"'{identifier}' is no uid: take the number that 'flask mailbox ls' shows first.")
        with chosen(account).imap() as imap:
            message = imap.folder(folder).message(int(identifier))
    if as_raw:
        sys.stdout.buffer.write(message.raw)
    elif as_json:
        print_json(_message_values(message))
    else:
        _print_message(message)


@mailbox_cli.command()
@click.option("--to", "recipients", multiple=True, required=True, help="A recipient; may be given more than once.")
@click.option("--cc", multiple=True, help="A recipient of a copy.")
@click.option("--bcc", multiple=True, help="A recipient that the others do not see.")
@click.option("--subject", "-s", default="", help="The subject.")
@click.option("--body", "-b", help="The text; '-' or nothing reads it from standard input.")
@click.option("--html", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file with HTML.")
@click.option(
    "--attach",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file to attach; may be given more than once.",
)
@account_option
@json_option
@told_errors
def send(
    recipients: tuple[str, ...],
    cc: tuple[str, ...],
    bcc: tuple[str, ...],
    subject: str,
    body: str | None,
    html: Path | None,
    files: tuple[Path, ...],
    account: str | None,
    as_json: bool,
) -> None:
    """Send a message and print the receipt; exits with 1 unless every recipient was accepted."""
    text = sys.stdin.read() if body in (None, "-") else body
    message = Message(
        subject,
        recipients=list(recipients),
        cc=list(cc),
        bcc=list(bcc),
        body=text,
        html=html.read_text("utf-8") if html else None,
    )
    for file in files:
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        message.attach(file.name, kind, file.read_bytes())
    receipt = chosen(account).send(message)
    if as_json:
        refused = {to: {"code": why.code, "text": why.text, "hint": why.hint} for to, why in receipt.refused.items()}
        print_json(
            {
                "message_id": receipt.message_id,
                "accepted": receipt.accepted,
                "refused": refused,
                "unknown": receipt.unknown,
                "suppressed": receipt.suppressed,
            }
        )
    else:
        _print_receipt(receipt)
    if not receipt.ok:
        raise SystemExit(1)


def _newest_over_imap(account: str | None, folder: str, limit: int) -> list[dict[str, Any]]:
    with chosen(account).imap() as imap:
        page = imap.folder(folder).page(limit=limit)
        return [
            {
                "uid": summary.uid,
                "date": summary.date.isoformat() if summary.date else "",
                "from": ", ".join(map(str, summary.from_)),
                "subject": summary.subject,
                "size": summary.size,
                "flags": sorted(summary.flags),
            }
            for summary in page
        ]


def _newest_over_pop3(account: str | None, limit: int) -> list[dict[str, Any]]:
    with chosen(account).pop3() as pop3:
        rows = []
        for entry in reversed(pop3.entries()[-limit:]):
            message = pop3.top(entry.uidl)
            rows.append(
                {
                    "uidl": entry.uidl,
                    "date": message.date.isoformat() if message.date else "",
                    "from": ", ".join(map(str, message.from_)),
                    "subject": message.subject,
                    "size": entry.size,
                }
            )
        return rows


def _message_values(message: ReceivedMessage) -> dict[str, Any]:
    return {
        "message_id": message.message_id,
        "subject": message.subject,
        "from": list(map(str, message.from_)),
        "to": list(map(str, message.to)),
        "cc": list(map(str, message.cc)),
        "date": message.date.isoformat() if message.date else None,
        "text": message.text,
        "html": message.html,
        "attachments": [
            {"filename": part.filename, "content_type": part.content_type, "size": part.size}
            for part in message.attachments
        ],
        "defects": [str(defect) for defect in message.defects],
    }


def _print_message(message: ReceivedMessage) -> None:
    people = {"From": message.from_, "To": message.to, "Cc": message.cc}
    for name, addresses in people.items():
        if addresses:
            click.echo(f"{click.style(name, bold=True)}: {', '.join(map(str, addresses))}")
    click.echo(f"{click.style('Date', bold=True)}: {message.date or 'unknown'}")
    click.echo(f"{click.style('Subject', bold=True)}: {message.subject}")
    for part in message.attachments:
        click.echo(
            f"{click.style('Attachment', bold=True)}: {part.filename} ({part.content_type}, {part.size:,} bytes)"
        )
    click.echo()
    click.echo(message.text or "(The message has no text part.)")


def _print_receipt(receipt: Any) -> None:
    for to in receipt.accepted:
        click.secho(f"✓ {to}", fg="green")
    for to, why in receipt.refused.items():
        click.secho(f"✗ {to}: {why.code or 'no reply'} {why.text}", fg="red")
        if why.hint:
            click.echo(f"  to do: {why.hint}")
    for to in receipt.unknown:
        click.secho(
            f"? {to}: the final answer was lost; look for {receipt.message_id} before sending again", fg="yellow"
        )
    if receipt.suppressed:
        click.secho("– nothing was sent: sending is suppressed (MAIL_SUPPRESS_SEND, testing or capture)", fg="yellow")
    for warning in receipt.warnings:
        click.secho(f"! {warning}", fg="yellow")


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
