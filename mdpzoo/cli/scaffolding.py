"""The command ``mdpzoo new``: writes a plugin that installs, conforms and has its page, tests, workflow and licence."""

from typing import Annotated

import typer

from mdpzoo.cli.commands import app


@app.command(epilog="Example: mdpzoo new acme-maze --kind model")
def new(
    name: Annotated[str, typer.Argument(help="of the distribution and its folder, as in acme-maze")],
    kind: Annotated[str, typer.Option(help="model, problem, game, environment or agent")] = "model",
) -> None:
    """Write a plugin into a new folder: a small example of its kind, to be replaced by yours."""
    from pathlib import Path

    from mdpzoo.cli.templates.plugin_files import check_free, render, write

    check_free(name)
    files = render(name, kind)
    write(Path(name), files)
    print(f"wrote {len(files)} files to {name}; next: pip install -e ./{name} && mdpzoo check {name}")  # noqa: T201
