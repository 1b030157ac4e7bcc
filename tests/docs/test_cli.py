"""The page on the command line has every command with every option, in the commands' own words."""

from __future__ import annotations

from collections.abc import Iterator

import click

from flask_mailbox.cli import mailbox_cli

from .written import assert_written


def lines() -> Iterator[str]:
    """Yield the commands as Markdown."""
    for name, command in sorted(mailbox_cli.commands.items()):
        context = click.Context(command, info_name=f"flask mailbox {name}", max_content_width=1000)
        usage = " ".join(command.collect_usage_pieces(context))
        help_text = (command.help or "").replace("\n\n", "\n").strip()
        yield f"\n### `flask mailbox {name}`\n"
        yield "\n".join(line.strip() for line in help_text.splitlines())
        yield f"\nUsage: `flask mailbox {name} {usage}`\n"
        yield "| option | meaning |"
        yield "|---|---|"
        for parameter in command.params:
            record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
            if record:
                yield f"| `{record[0]}` | {record[1].replace('  [', ' [')} |"


def test_the_page_has_every_command_and_option() -> None:
    assert_written("docs/reference/cli.md", "commands", "\n".join(lines()) + "\n\n")
