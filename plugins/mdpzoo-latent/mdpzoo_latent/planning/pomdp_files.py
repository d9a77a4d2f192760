"""Writes a POMDP in Cassandra's text format (.POMDP), which pomdp-solve and other planners read."""

from pathlib import Path
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.files import replacing
from mdpzoo.models import LatentMDP, TabularPOMDP


def pomdp_text(model: TabularPOMDP | LatentMDP, discount: float = 0.95, first: int | None = None) -> str:
    """Returns a model in the .POMDP format.

    The format has no horizon and no observation before the first step: ``first`` conditions the start on one.

    Args:
        model: a POMDP, or a latent MDP as its product POMDP.
        discount: in (0, 1].
        first: the first observation; None: the unconditioned start.

    Raises:
        SettingError: if the discount is out of its range, or the model cannot begin with that observation.
    """
    if not 0 < discount <= 1:
        raise SettingError(f"discount must lie in (0, 1], got {discount!r}")
    table = model.to_pomdp() if isinstance(model, LatentMDP) else model
    start: Any = table.start
    if first is not None:
        if table.first is None or not 0 <= first < table.num_observations or not (start @ table.first[:, first]) > 0:
            raise SettingError(f"an episode of this model cannot begin with observation {first}")
        start = start * table.first[:, first]
        start = start / start.sum()
    lines = [
        f"discount: {discount!r}",
        "values: reward",
        f"states: {table.num_states}",
        f"actions: {table.num_actions}",
        f"observations: {table.num_observations}",
        "start: " + " ".join(_number(each) for each in start),
        "",
    ]
    for action in range(table.num_actions):
        lines += [f"T: {action}", *_rows(table.transitions[:, action]), ""]
        lines += [f"O: {action}", *_rows(table.emissions[action]), ""]
    for action in range(table.num_actions):
        lines += [f"R: {action} : {s} : * : * {_number(table.rewards[s, action])}" for s in range(table.num_states)]
    return "\n".join(lines) + "\n"


def save_pomdp(
    model: TabularPOMDP | LatentMDP, path: str | Path, discount: float = 0.95, first: int | None = None
) -> None:
    """Writes a model to a .POMDP file, whole or not at all; the arguments are those of ``pomdp_text``."""
    text = pomdp_text(model, discount, first)
    with replacing(Path(path)) as file:
        file.write_text(text)


def _number(value: float) -> str:
    return repr(float(value))


def _rows(matrix: np.ndarray) -> list[str]:
    return [" ".join(_number(each) for each in row) for row in matrix]
