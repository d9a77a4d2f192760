"""``mdpzoo horizon ENV``: analyses an environment exactly, prints a table."""

import math
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from mdpzoo.cli import read_settings
from mdpzoo.cli.listing import PLAIN, print_json
from mdpzoo.errors import SettingError
from mdpzoo_horizon.analysis.horizon_analysis import effective_horizon
from mdpzoo_horizon.analysis.horizon_report import HorizonReport
from mdpzoo_horizon.commands.horizon_picture import check_picture, save_picture
from mdpzoo_horizon.models.bridge_files import read_exploration
from mdpzoo_horizon.models.sticky_actions import sticky, sticky_pairs
from mdpzoo_horizon.tables.sources import model_of

Exploration = Annotated[Path | None, typer.Option(help="Exploration policy [T, S, A] (.npy). Default: uniform.")]
Deepest = Annotated[int | None, typer.Option(min=1, help="The largest lookahead to try. Default: T.")]
Settings = Annotated[
    list[str] | None, typer.Option("--env-set", metavar="KEY=VALUE", help="A setting of the environment.")
]


def horizon(
    environment: Annotated[str, typer.Argument(help="An id, of ours or Gymnasium's, or a model's file (.npz).")],
    steps: Annotated[int | None, typer.Option("--horizon", min=1, help="T. Default: the environment's limit.")] = None,
    sticky_probability: Annotated[float, typer.Option("--sticky", help="Probability of a repeated action.")] = 0.0,
    exploration: Exploration = None,
    max_lookahead: Deepest = None,
    env_set: Settings = None,
    picture: Annotated[Path | None, typer.Option(help="Draw the curves: .png, .svg or .pdf.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value, for programs.")] = False,
) -> None:
    """Analyse a finite environment. Example: mdpzoo horizon FrozenLake-v1 --env-set is_slippery=false --horizon 20

    Says the optimal and the random return, how many steps ahead one must look so that random exploration suffices, and
    how many samples the published bounds ask for. Environments that are no tables are explored, which takes a
    deterministic one.
    """
    if not 0 <= sticky_probability < 1:
        raise SettingError(f"--sticky must lie in [0, 1), got {sticky_probability}")
    if picture is not None:
        check_picture(picture)
    model, limit = model_of(environment, **read_settings(env_set))
    policy = None if exploration is None else read_exploration(exploration)
    if sticky_probability > 0:
        if policy is not None and policy.shape[1] == model.num_states:
            policy = policy[:, sticky_pairs(model)[:, 0]]
        model = sticky(model, sticky_probability)
    found = effective_horizon(model, steps or limit, policy, max_lookahead=max_lookahead)
    if as_json:
        print_json({"environment": environment, "sticky": sticky_probability, **found.to_dictionary()})
    else:
        _print(environment, sticky_probability, found)
    if picture is not None:
        save_picture(picture, found, Path(environment).name)


def _print(name: str, sticky_probability: float, found: HorizonReport) -> None:
    out = Console(**PLAIN)
    kind = "deterministic" if found.deterministic else "stochastic"
    how = f", sticky actions {sticky_probability:g}" if sticky_probability else ""
    size = f"{found.num_states:,} states, {found.num_actions} actions, T = {found.horizon}"
    out.print(f"{name}{how}: {size}, {kind}", soft_wrap=True)
    facts = Table(show_header=False, box=None, pad_edge=False)
    for what, value in _facts(found):
        facts.add_row(what, value)
    out.print(facts)
    columns = ["k", "greedy return", "gap"] + ["m_k", "H_k"] * (found.samples is not None)
    table = Table(*columns, box=None, pad_edge=False)
    for k, (worth, gap) in enumerate(zip(found.greedy_returns, found.gaps, strict=True), 1):
        row = [str(k), _told(worth), "none suboptimal" if math.isinf(gap) else _told(gap)]
        if found.samples is not None and found.exponents is not None:
            row += [_told(found.samples[k - 1]), _told(found.exponents[k - 1])]
        table.add_row(*row)
    out.print()
    out.print(table)
    for each in found.warnings:
        out.print(f"warning: {each}", soft_wrap=True)


def _facts(found: HorizonReport) -> list[tuple[str, str]]:
    """What the report says once, in the order of its importance."""
    rows: list[tuple[str, Any]] = [
        ("optimal return", found.optimal_return),
        ("random return", found.random_return),
        ("worst return", found.worst_return),
        ("smallest lookahead that solves it exactly", found.min_k),
        ("smallest lookahead within 1% of optimal", found.min_k_tolerance),
        ("effective planning window", found.epw),
        ("effective horizon, simple bound", found.effective_horizon),
        ("stochastic effective horizon", found.stochastic_effective_horizon),
        ("covering length, episodes", found.covering_length),
        ("GORP, k = 1: episodes for each action", found.predicted_samples),
        ("GORP, k = 1: steps", found.predicted_steps),
    ]
    return [(what, _told(value)) for what, value in rows if value is not None]


def _told(value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if math.isinf(value):
        return "infinite"
    return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:.10g}"
