"""The asymmetric travelling salesman problem as a Markov decision process, batched, in two forms.

As ``tsp.py``, but a cost depends on the direction and nodes have no coordinates: what is seen is the matrix of costs. A
row of a batch takes 4 n^2 bytes. Source: Drakulic et al. 2023 (BQ-NCO), section 3; instances as in Kwon et al. 2021
(MatNet). What differs: as in ``tsp.py``; no random identities are shown, since a policy may draw its own.
"""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from gymnasium import spaces

from mdpzoo.settings import Range, ranged
from mdpzoo_combinatorial.environments import building
from mdpzoo_combinatorial.environments.direct import DirectState
from mdpzoo_combinatorial.environments.edges import ROWS, Edges
from mdpzoo_combinatorial.environments.path import PathState
from mdpzoo_combinatorial.environments.path import quotient as path_left
from mdpzoo_combinatorial.environments.rules import Form, Rules
from mdpzoo_combinatorial.instances import ATSPInstance, distributions
from mdpzoo_combinatorial.instances.arrays import single

MATRIX = 2_000  # nodes whose costs are kept as a matrix in every row


@ranged
def build_atsp(
    num_nodes: Annotated[int | None, Range(2, MATRIX)] = None,
    form: Form = "direct",
    instance: "str | Path | ATSPInstance | None" = None,
) -> Any:
    """Builds the problem.

    Rewards: Minus the cost of the step to the chosen node; the last one includes the way home. Their sum is minus the
        tour's cost.

    Ends: When every node has been visited.

    Args:
        num_nodes: n, at least 2; new random costs in every episode. Default 20.
        form: ``"direct"`` or ``"bq"``.
        instance: a file or an instance, the same in every episode, in place of ``num_nodes``.

    Raises:
        SettingError: an argument has no such value.
        InstanceError: the file cannot be used.
    """
    only: ATSPInstance | None = None if instance is None else building.instance_of_kind(instance, ATSPInstance)
    count = building.size_setting("num_nodes", num_nodes, 20, 2, None if only is None else only.num_nodes, MATRIX)
    return building.problem_in_form(ATSP(count, only), form)


class ATSP(Rules):
    """Tokens are nodes; feature f of a token is the cost from node f to it, the last one the cost from it to node 0."""

    def __init__(self, count: int, instance: ATSPInstance | None = None) -> None:
        """Takes how many nodes, or the one instance that is played."""
        edges = Edges(ROWS)
        if instance is not None:
            longest = float(instance.distance_matrix().max()) or 1.0
            edges = Edges(ROWS, longest=longest, scale=1.0 / longest)
        super().__init__(count, count + 1, count * count, edges, edges.longest)
        if instance is not None:
            matrix = instance.distance_matrix()
            self.fix(np.vstack([matrix, matrix[:, 0]]).astype(np.float32), 0.0)

    def generated(self, xp: Any, draws: Any) -> tuple[Any, Any]:
        """New costs in every row, integers up to a million closed under shortest paths, as fractions of it."""
        costs = single(distributions.costs(xp, draws, self.size))
        return xp.concatenate((costs, costs[:, None, :, 0]), 1), xp.zeros_like(draws[:, :1])

    def shown_spaces(self, tokens: int) -> dict[str, Any]:
        """Costs between tokens, from the row's to the column's, and from each token home."""
        return {
            "costs": spaces.Box(0.0, 1.5, (tokens, tokens), np.float32),
            "distance_home": spaces.Box(0.0, 1.5, (tokens,), np.float32),
        }

    def shown(self, tokens: Any, node: Any = None, valid: Any = None) -> dict[str, Any]:
        """Costs ``[B, L, L]`` and the way home ``[B, L]``; nothing but zeros from and to the padding."""
        costs, home = tokens[:, :-1], tokens[:, -1]
        if node is not None:
            costs = _rows(costs, node) * valid[:, :, None]
        return {"costs": self.edges.shown(costs), "distance_home": self.edges.shown(home)}

    def solution(self, actions: np.ndarray) -> Any:
        """The tour, node 0 first."""
        return np.concatenate([[0], actions])

    def picture(self, tokens: np.ndarray, actions: np.ndarray, resource: float, ended: bool) -> np.ndarray:
        """The tour so far, on a layout of the costs in the plane."""
        from mdpzoo_combinatorial.render.states import layout_of, tour_so_far

        return tour_so_far(layout_of(tokens[:-1]), self.solution(actions), arrows=True)

    def picture_left(self, tokens: np.ndarray, node: np.ndarray, resource: float) -> np.ndarray:
        """The path left, likewise; random nodes move while others go, since nothing but costs places them."""
        from mdpzoo_combinatorial.render.states import layout_left, path_left

        return path_left(*layout_left(tokens[:-1], node, None if self._tokens is None else self._tokens[:-1]))


def _rows(costs: Any, node: Any) -> Any:
    """The rows of ``costs`` ``[B, n, L]`` that the tokens' names choose, ``[B, L, L]``."""
    if isinstance(costs, np.ndarray):
        return np.take_along_axis(costs, node[:, :, None], 1)
    return costs.gather(1, node.unsqueeze(2).expand(-1, -1, costs.shape[2]))


def quotient(state: DirectState) -> PathState:
    """The bisimulation map on tensors, as in ``tsp.py``."""
    return path_left(state)
