"""``mdpzoo cliff ENV``: the change of rewards at which a finite environment's optimal policy changes."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

import mdpzoo
from mdpzoo.cli import read_settings
from mdpzoo.cli.listing import PLAIN, print_json
from mdpzoo.files import check_figure
from mdpzoo.models import TabularMDP
from mdpzoo.planning import PolicyMargin, cliff_map, policy_margin, soft_policy_bound, soft_value_bound
from mdpzoo_token.commands.cliff_picture import save_picture

SHOWN = 8  # states in the table
Settings = Annotated[
    list[str] | None,
    typer.Option("--env-set", metavar="KEY=VALUE", help="Setting of the environment."),
]


def cliff(
    environment: Annotated[str, typer.Argument(help="Id of MDPZoo or Gymnasium, with a table.")],
    discount: Annotated[float, typer.Option(help="In [0, 1).")] = 0.95,
    temperature: Annotated[float, typer.Option(help="Of the soft policy in the bounds; positive.")] = 0.1,
    env_set: Settings = None,
    picture: Annotated[Path | None, typer.Option(help="Save a figure: .png, .svg or .pdf.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
) -> None:
    """Measure the robustness of an optimal policy. Example: mdpzoo cliff FrozenLake-v1 --discount 0.9

    Prints the margin, the certified and the exact radius, the weakest state and action, tied actions as sets, and
    bounds for soft policies. The figure shows the number of states in which the policy changes with the rewards.
    """
    if picture is not None:
        check_figure(picture, "mdpzoo-token")
    model = TabularMDP.from_gymnasium(mdpzoo.make(environment, **read_settings(env_set)))
    found = policy_margin(model, discount)
    bounds = {
        "soft_policy_change_per_unit": soft_policy_bound(discount, temperature, 1.0),
        "soft_value_bias": soft_value_bound(discount, temperature, model.num_actions),
    }
    if as_json:
        print_json(
            {"environment": environment, "discount": discount, "temperature": temperature, **_facts(found), **bounds}
        )
    else:
        _print(environment, model, discount, found, bounds)
    if picture is not None:
        save_picture(picture, *_curve(model, discount, found), found, environment)


def _curve(model: TabularMDP, discount: float, found: PolicyMargin) -> tuple[np.ndarray, np.ndarray]:
    """Returns sizes of the worst change around the exact radius, and the numbers of states whose policy changes."""
    middle = found.exact_radius or 1e-6
    sizes = middle * np.geomspace(0.1, 100, 31)
    return sizes, cliff_map(model, found.worst_direction, discount, sizes)


def _facts(found: PolicyMargin) -> dict[str, Any]:
    """Returns the scalars and the ties."""
    return {
        "margin": found.margin,
        "certified_radius": found.certified_radius,
        "exact_radius": found.exact_radius,
        "weakest_state": found.weakest[0],
        "weakest_action": found.weakest[1],
        "tied": {int(state): np.flatnonzero(found.tied[state]).tolist() for state in _tied_states(found)},
    }


def _tied_states(found: PolicyMargin) -> np.ndarray:
    """Returns states with several best actions, without terminal ones, where actions do not matter."""
    live = np.ptp(found.action_values, axis=1) > 0
    return np.flatnonzero((found.tied.sum(1) > 1) & (live | (np.abs(found.action_values).sum(1) > 0)))


def _print(name: str, model: TabularMDP, discount: float, found: PolicyMargin, bounds: dict[str, float]) -> None:
    out = Console(**PLAIN)
    out.print(f"{name}: {model.num_states:,} states, {model.num_actions} actions, discount {discount:g}")
    facts = Table(show_header=False, box=None, pad_edge=False)
    rows: list[tuple[str, str]] = [
        ("margin", f"{found.margin:.6g}"),
        ("certified radius", f"{found.certified_radius:.6g}"),
        ("exact radius", f"{found.exact_radius:.6g}"),
        ("weakest", f"action {found.weakest[1]} in state {found.weakest[0]}"),
        ("l1 change of a soft policy, per unit of reward, at most", f"{bounds['soft_policy_change_per_unit']:.6g}"),
        ("soft value above the optimal one, at most", f"{bounds['soft_value_bias']:.6g}"),
    ]
    for row in rows:
        facts.add_row(*row)
    out.print(facts)
    tied = _tied_states(found)
    for state in tied[:SHOWN]:
        actions = ", ".join(str(each) for each in np.flatnonzero(found.tied[state]))
        out.print(f"state {state}: actions {{{actions}}} are equally good")
    if len(tied) > SHOWN:
        out.print(f"and {len(tied) - SHOWN} more states with ties; --json lists them")
