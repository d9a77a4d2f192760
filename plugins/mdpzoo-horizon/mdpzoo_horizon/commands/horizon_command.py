"""``mdpzoo horizon ENV``: analyses an environment exactly and prints a table."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from mdpzoo.cli import read_settings
from mdpzoo.cli.listing import PLAIN, print_json
from mdpzoo.errors import SettingError
from mdpzoo.files import check_figure
from mdpzoo_horizon.analysis.horizon_analysis import effective_horizon
from mdpzoo_horizon.analysis.horizon_report import HorizonReport
from mdpzoo_horizon.commands.horizon_picture import save_picture
from mdpzoo_horizon.models.bridge_files import read_exploration
from mdpzoo_horizon.models.sticky_actions import sticky, sticky_pairs
from mdpzoo_horizon.tables.sources import MOST, source_of

MASKED = "some actions are illegal in some states, where each counts as one more of the lowest legal action"
Exploration = Annotated[Path | None, typer.Option(help="Exploration policy [T, S, A] (.npy). Default: uniform.")]
Deepest = Annotated[int | None, typer.Option(min=1, help="Largest lookahead to compute. Default: T.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--env-set", metavar="KEY=VALUE", help="Setting of the environment."),
]


def horizon(
    environment: Annotated[str, typer.Argument(help="Id of MDPZoo or Gymnasium, or a model file (.npz).")],
    steps: Annotated[int | None, typer.Option("--horizon", min=1, help="T. Default: the time limit.")] = None,
    sticky_probability: Annotated[float, typer.Option("--sticky", help="Probability of a repeated action.")] = 0.0,
    exploration: Exploration = None,
    max_lookahead: Deepest = None,
    env_set: Settings = None,
    max_states: Annotated[int, typer.Option(min=1, help="States to look for at most.")] = MOST,
    picture: Annotated[Path | None, typer.Option(help="Save a figure: .png, .svg or .pdf.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
) -> None:
    """Analyse a finite environment. Example: mdpzoo horizon FrozenLake-v1 --env-set is_slippery=false --horizon 20

    Prints the optimal and the random return, the lookahead with which random exploration suffices, and the number of
    samples by the published bounds. Environments without a table are explored and must be deterministic. Where an
    environment has action masks, exploration draws legal actions only, and no illegal one is played.
    """
    if not 0 <= sticky_probability < 1:
        raise SettingError(f"--sticky must lie in [0, 1), got {sticky_probability}")
    if picture is not None:
        check_figure(picture, "mdpzoo-horizon")
    try:
        source = source_of(environment, max_states, **read_settings(env_set))
    except SettingError as error:
        raise SettingError(str(error).replace("give a larger max_states", "give a larger --max-states")) from None
    model = source.model
    policy = source.exploration if exploration is None else read_exploration(exploration)
    if sticky_probability > 0:
        if policy is not None and policy.shape[-2] == model.num_states:
            policy = policy[..., sticky_pairs(model)[:, 0], :]
        model = sticky(model, sticky_probability)
    report = effective_horizon(model, steps or source.limit, policy, max_lookahead=max_lookahead)
    if source.legal is not None:
        report = replace(report, warnings=(*report.warnings, MASKED))
    if as_json:
        print_json({"environment": environment, "sticky": sticky_probability, **report.to_dictionary()})
    else:
        _print(environment, sticky_probability, report)
    if picture is not None:
        save_picture(picture, report, Path(environment).name)


def _print(name: str, sticky_probability: float, report: HorizonReport) -> None:
    out = Console(**PLAIN)
    kind = "deterministic" if report.deterministic else "stochastic"
    how = f", sticky actions {sticky_probability:g}" if sticky_probability else ""
    size = f"{report.num_states:,} states, {report.num_actions} actions, T = {report.horizon}"
    out.print(f"{name}{how}: {size}, {kind}", soft_wrap=True)
    facts = Table(show_header=False, box=None, pad_edge=False)
    for what, value in _facts(report):
        facts.add_row(what, value)
    out.print(facts)
    columns = ["k", "greedy return", "gap"] + ["m_k", "H_k"] * (report.samples is not None)
    table = Table(*columns, box=None, pad_edge=False)
    for k, (greedy_return, gap) in enumerate(zip(report.greedy_returns, report.gaps, strict=True), 1):
        row = [str(k), _formatted(greedy_return), "none suboptimal" if math.isinf(gap) else _formatted(gap)]
        if report.samples is not None and report.exponents is not None:
            row += [_formatted(report.samples[k - 1]), _formatted(report.exponents[k - 1])]
        table.add_row(*row)
    out.print()
    out.print(table)
    for each in report.warnings:
        out.print(f"warning: {each}", soft_wrap=True)


def _facts(report: HorizonReport) -> list[tuple[str, str]]:
    """Lists the scalars of the report, the most important first."""
    rows: list[tuple[str, Any]] = [
        ("optimal return", report.optimal_return),
        ("random return", report.random_return),
        ("worst return", report.worst_return),
        ("smallest lookahead that solves it exactly", report.min_k),
        ("smallest lookahead within 1% of optimal", report.min_k_tolerance),
        ("effective planning window", report.epw),
        ("effective horizon, simple bound", report.effective_horizon),
        ("stochastic effective horizon", report.stochastic_effective_horizon),
        ("covering length, episodes", report.covering_length),
        ("GORP, k = 1: episodes for each action", report.predicted_samples),
        ("GORP, k = 1: steps", report.predicted_steps),
    ]
    return [(what, _formatted(value)) for what, value in rows if value is not None]


def _formatted(value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if math.isinf(value):
        return "infinite"
    return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:.10g}"
