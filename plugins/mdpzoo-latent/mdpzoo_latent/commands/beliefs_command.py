"""``mdpzoo beliefs ENV``: the optimum over histories, between the memoryless and the informed one."""

import math
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

import mdpzoo
from mdpzoo.cli import read_settings
from mdpzoo.cli.listing import PLAIN, print_json
from mdpzoo.errors import SettingError
from mdpzoo.files import check_folder
from mdpzoo.interop.finite_agents import model_behind
from mdpzoo.models import LatentMDP, TabularPOMDP
from mdpzoo_latent.planning.memoryless import solve_memoryless
from mdpzoo_latent.planning.planner import plan
from mdpzoo_latent.planning.pomdp_files import save_pomdp

SEARCH = 10.0  # CPU-seconds for the memoryless optimum at most
Settings = Annotated[
    list[str] | None, typer.Option("--env-set", metavar="KEY=VALUE", help="Setting of the environment.")
]


def beliefs(
    environment: Annotated[str, typer.Argument(help="Id of a latent MDP or a POMDP.")],
    steps: Annotated[int | None, typer.Option("--horizon", min=1, help="Steps. Default: the environment's.")] = None,
    discount: Annotated[float, typer.Option(help="Of each step, in (0, 1].")] = 1.0,
    method: Annotated[str, typer.Option(help="tree or alpha.")] = "tree",
    seconds: Annotated[float, typer.Option(help="CPU time after which bounds are printed.")] = math.inf,
    env_set: Settings = None,
    pomdp: Annotated[Path | None, typer.Option(help="Also write the model in the .POMDP format.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
) -> None:
    """Plan over beliefs. Example: mdpzoo beliefs mdpzoo/LatentSignpost-v0 --env-set penalty=1.0 --horizon 12

    Prints the optimum over policies of histories, or bounds if time runs out, with the optimum without memory and that
    of a planner that knows the context.
    """
    if pomdp is not None:
        check_folder(pomdp)
    env = mdpzoo.make(environment, **read_settings(env_set))
    model = model_behind(env, LatentMDP, TabularPOMDP)
    if model is None:
        raise SettingError(f"{environment!r} is no latent MDP and no POMDP; mdpzoo list environments names them")
    found = plan(model, steps, discount, method, seconds=seconds)
    facts: dict[str, Any] = {
        "environment": environment,
        "horizon": found.horizon,
        "discount": discount,
        "lower": found.lower,
        "upper": found.upper,
        "exact": found.exact,
        "informed": found.informed,
        "stored": found.nodes,
        "seconds": found.seconds,
    }
    if isinstance(model, LatentMDP) and discount == 1:
        memoryless = solve_memoryless(model, found.horizon, seconds=SEARCH)
        facts |= {"memoryless": memoryless.value, "memoryless_upper": memoryless.upper}
    if pomdp is not None:
        save_pomdp(model, pomdp, discount)
    print_json(facts) if as_json else _print(facts)


def _print(facts: dict[str, Any]) -> None:
    out = Console(**PLAIN)
    out.print(f"{facts['environment']}, {facts['horizon']} steps, discount {facts['discount']:g}", soft_wrap=True)
    table = Table(show_header=False, box=None, pad_edge=False)
    if "memoryless" in facts:
        table.add_row("without memory", _between(facts["memoryless"], facts["memoryless_upper"]))
    table.add_row("over histories", _between(facts["lower"], facts["upper"]))
    table.add_row("context known", f"{facts['informed']:.10g}")
    out.print(table)


def _between(low: float, high: float) -> str:
    return f"{low:.10g}" if high - low <= 1e-9 * max(1.0, abs(high)) else f"between {low:.10g} and {high:.10g}"
