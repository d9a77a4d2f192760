"""The page of all commands: what each says when it is asked for ``--help``."""

import typer
from typer.main import get_command

from mdpzoo import registry
from mdpzoo.cli import commands
from mdpzoo.codes import load


def commands_page() -> str:
    """Writes the page."""
    app = commands.app
    for spec in registry.commands().values():
        app.command(spec.name)(load(spec.function))
    group = get_command(app)
    context = typer.Context(group, info_name="mdpzoo", terminal_width=110, max_content_width=110)
    parts = ["# Commands", f"```text\n{group.get_help(context)}\n```"]
    for name, command in sorted(group.commands.items()):  # type: ignore[attr-defined]
        inner = typer.Context(command, info_name=name, parent=context, terminal_width=110, max_content_width=110)
        parts += [f"## {name}", f"```text\n{command.get_help(inner)}\n```"]
    return "\n\n".join(parts) + "\n"
