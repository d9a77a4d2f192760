"""``mdpzoo robustness FOLDER``: a trained controller over a grid of parameters, and against a fresh adversary."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from mdpzoo import load_agent
from mdpzoo.cli.listing import PLAIN, print_json
from mdpzoo.errors import CheckpointError, SettingError
from mdpzoo_adversarial.pictures.heat_maps import draw_grids
from mdpzoo_adversarial.robustness.fresh_adversaries import worst_case
from mdpzoo_adversarial.robustness.grids import RobustnessGrid, protagonist_returns, robustness_grid

Axis = Annotated[
    list[str] | None,
    typer.Option("--axis", metavar="NAME=V1,V2,...", help="A parameter and its values; once or twice."),
]


def robustness(
    saved: Annotated[str, typer.Argument(help="Folder of mdpzoo train, or file of a saved agent of this family.")],
    axis: Axis = None,
    episodes: Annotated[int, typer.Option(min=1, help="Episodes of every cell and against every adversary.")] = 10,
    fresh_steps: Annotated[int, typer.Option(min=0, help="Training steps of a fresh adversary; 0: none.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of play and training.")] = 0,
    picture: Annotated[Path | None, typer.Option(help="Save the grid as a figure: .png, .svg or .pdf.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
) -> None:
    """Judge a trained controller. Example: mdpzoo robustness runs/qarl --axis pole_mass=0.1,0.4 --fresh-steps 20000

    Prints the mean return against an idle adversary, the trained one, and a fresh one, and in every cell of the grid.
    """
    agent = load_agent(saved)
    if not hasattr(agent, "policy_of"):
        raise CheckpointError(f"{saved!r} holds no agent that learns from games; train qarl, rarl or maximin")
    axes = _axes(axis or [])
    if picture is not None and not axes:
        raise SettingError("--picture draws the grid; give at least one --axis")
    note = agent.mdpzoo["environment"]
    game, settings = note["id"], note["settings"]
    first, second = agent.players
    policy = agent.policy_of(first)
    found: dict[str, Any] = {"game": game, "seed": seed, "episodes": episodes, "returns": {}}
    for name, other in (("idle", None), ("own", agent.policy_of(second))):
        found["returns"][name] = float(protagonist_returns(game, policy, other, episodes, seed, settings).mean())
    if fresh_steps:
        worst = worst_case(game, policy, fresh_steps, episodes=episodes, seed=seed, settings=settings)
        found["returns"]["fresh"] = float(worst.returns.mean())
    if axes:
        grid = robustness_grid(game, policy, axes, episodes=episodes, seed=seed, settings=settings)
        found["grid"] = {"axes": axes, "means": grid.means.tolist(), "worst": grid.worst}
        if picture is not None:
            draw_grids({saved: grid}, picture)
    if as_json:
        print_json(found)
    else:
        _print(found, grid if axes else None)


def _axes(given: list[str]) -> dict[str, list[float]]:
    axes: dict[str, list[float]] = {}
    for each in given:
        name, _, values = each.partition("=")
        try:
            axes[name] = [float(value) for value in values.split(",")]
        except ValueError:
            raise SettingError(f"--axis must look like pole_mass=0.1,0.2, got {each!r:.80}") from None
    return axes


def _print(found: dict[str, Any], grid: RobustnessGrid | None) -> None:
    out = Console(**PLAIN)
    table = Table("adversary", "mean return", box=None, pad_edge=False)
    for name, value in found["returns"].items():
        table.add_row(name, f"{value:.2f}")
    out.print(table)
    if grid is None:
        return
    across = [f"{value:g}" for value in grid.values[1]] if len(grid.values) == 2 else ["mean return"]
    cells = Table(" \\ ".join(grid.names), *across, box=None, pad_edge=False)
    for value, row in zip(grid.values[0], grid.means.reshape(len(grid.values[0]), -1), strict=True):
        cells.add_row(f"{value:g}", *(f"{each:.2f}" for each in row))
    out.print()
    out.print(cells)
