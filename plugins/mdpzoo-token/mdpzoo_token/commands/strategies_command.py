"""``mdpzoo strategies``: lists the strategies of ``grpo-token``."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mdpzoo.cli.listing import PLAIN, print_json
from mdpzoo_token.hooks.finding import strategies_by_name


def strategies(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list, for programs.")] = False,
) -> None:
    """List the strategies of grpo-token, from all plugins; mdpzoo train takes one as --set strategy=NAME."""
    found = strategies_by_name().values()
    if as_json:
        print_json([each.describe() for each in found])
        return
    table = Table("strategy", "what it does", "source", box=None, pad_edge=False)
    for each in found:
        table.add_row(each.name, each.summary, each.source)
    Console(**PLAIN).print(table)
