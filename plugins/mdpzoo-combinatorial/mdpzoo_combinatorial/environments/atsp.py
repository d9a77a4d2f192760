"""The asymmetric travelling salesman problem as a Markov decision process, batched, in two forms.

As ``tsp.py``, but costs depend on the direction and nodes have no coordinates: the observation contains the matrix of
costs. A row of a batch takes 4 n^2 bytes. Source: Drakulic et al. 2023 (BQ-NCO), section 3; instances as in Kwon et al.
2021 (MatNet). What differs: as in ``tsp.py``; observations contain no random identities, since a policy can draw them.
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
from mdpzoo_combinatorial.environments.path import quotient as path_quotient
from mdpzoo_combinatorial.environments.rules import Form, Rules
from mdpzoo_combinatorial.instances import ATSPInstance, distributions
from mdpzoo_combinatorial.instances.arrays import single

MAX_NODES = 2_000  # every row of a batch has a matrix of costs


@ranged
def build_atsp(
    num_nodes: Annotated[int | None, Range(2, MAX_NODES)] = None,
    form: Form = "direct",
    instance: "str | Path | ATSPInstance | None" = None,
) -> Any:
    """Builds the problem.

    Rewards: Minus the cost of the edge to the chosen node; the last reward includes the edge back to node 0. The
        return is minus the tour's cost.

    Ends: When every node has been visited.

    Args:
        num_nodes: n, at least 2; every episode has new random costs. Default 20.
        form: ``"direct"`` or ``"bq"``.
        instance: a file or an instance for all episodes, instead of random costs.

    Raises:
        SettingError: if an argument is out of range.
        InstanceError: if the file cannot be used.
    """
    only: ATSPInstance | None = None if instance is None else building.instance_of_problem(instance, ATSPInstance)
    count = building.size_setting("num_nodes", num_nodes, 20, 2, None if only is None else only.num_nodes, MAX_NODES)
    return building.problem_in_form(ATSP(count, only), form)


class ATSP(Rules):
    """Tokens are nodes; feature f of a token is the cost from node f to it, the last feature the cost to node 0."""

    limited = False
    illegal_edges = 1

    def __init__(self, count: int, instance: ATSPInstance | None = None) -> None:
        """Creates the rules for ``count`` nodes, or for one instance."""
        edges = Edges(ROWS)
        if instance is not None:
            longest = float(instance.distance_matrix().max()) or 1.0
            edges = Edges(ROWS, longest=longest, scale=1.0 / longest)
        super().__init__(count, count + 1, count * count, edges, edges.longest)
        if instance is not None:
            matrix = instance.distance_matrix()
            self.use_instance(np.vstack([matrix, matrix[:, 0]]).astype(np.float32), 0.0)

    def generate(self, xp: Any, draws: Any) -> tuple[Any, Any]:
        """Returns new costs in every row: integers up to a million, closed under shortest paths, over a million."""
        costs = single(distributions.costs(xp, draws, self.size))
        return xp.concatenate((costs, costs[:, None, :, 0]), 1), xp.zeros_like(draws[:, :1])

    def token_spaces(self, tokens: int) -> dict[str, Any]:
        """Returns the spaces of costs ``[L, L]``, from the row's token to the column's, and of costs to node 0."""
        return {
            "costs": spaces.Box(0.0, 1.5, (tokens, tokens), np.float32),
            "distance_home": spaces.Box(0.0, 1.5, (tokens,), np.float32),
        }

    def token_entries(self, tokens: Any, node: Any = None, valid: Any = None) -> dict[str, Any]:
        """Returns costs ``[B, L, L]`` and costs to node 0 ``[B, L]``; costs from and to padding are zero."""
        costs, home = tokens[:, :-1], tokens[:, -1]
        if node is not None:
            costs = _rows(costs, node) * valid[:, :, None]
        return {"costs": self.edges.scale_costs(costs), "distance_home": self.edges.scale_costs(home)}

    def solution(self, actions: np.ndarray) -> Any:
        """Returns the tour, which begins at node 0."""
        return np.concatenate([[0], actions])

    def picture(self, tokens: np.ndarray, actions: np.ndarray, resource: float, ended: bool) -> np.ndarray:
        """Draws the partial tour, with nodes in the plane by their costs."""
        from mdpzoo_combinatorial.render.states import layout_of, partial_tour

        return partial_tour(layout_of(tokens[:-1]), self.solution(actions), arrows=True)

    def picture_remainder(self, tokens: np.ndarray, node: np.ndarray, resource: float) -> np.ndarray:
        """Draws the remaining path; random nodes move when others are removed, since only costs place them."""
        from mdpzoo_combinatorial.render.states import remaining_layout, remaining_path

        return remaining_path(*remaining_layout(tokens[:-1], node, None if self._tokens is None else self._tokens[:-1]))


def _rows(costs: Any, node: Any) -> Any:
    """Returns the rows of ``costs`` ``[B, n, L]`` at the tokens' indices ``node``, ``[B, L, L]``."""
    if isinstance(costs, np.ndarray):
        return np.take_along_axis(costs, node[:, :, None], 1)
    return costs.gather(1, node.unsqueeze(2).expand(-1, -1, costs.shape[2]))


def quotient(state: DirectState) -> PathState:
    """The bisimulation map on tensors, as in ``tsp.py``."""
    return path_quotient(state)
