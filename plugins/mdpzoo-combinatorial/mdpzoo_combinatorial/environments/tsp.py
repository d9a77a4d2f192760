"""The travelling salesman problem as a Markov decision process, batched, in two forms.

Source: Drakulic, Michel, Mai, Sors and Andreoli 2023 (BQ-NCO), section 3. A tour starts and ends at node 0 and
visits each of n nodes once, in n - 1 choices; the last one is forced, and its reward includes the way home.

What differs from the paper: rewards, masks and termination follow Gymnasium; in a batch, an illegal action ends the
episode at the price of a longest edge for every edge still to come, so that every legal choice is a better one.
"""

from pathlib import Path
from typing import Annotated, Any

import numpy as np

from mdpzoo.settings import Choices, Range, ranged
from mdpzoo_combinatorial.environments import building, nodes
from mdpzoo_combinatorial.environments.direct import DirectState
from mdpzoo_combinatorial.environments.edges import Edges
from mdpzoo_combinatorial.environments.path import PathState
from mdpzoo_combinatorial.environments.path import quotient as path_left
from mdpzoo_combinatorial.environments.rules import Form, Rules
from mdpzoo_combinatorial.instances import TSPInstance, distributions


@ranged
def build_tsp(
    num_nodes: Annotated[int | None, Range(2, building.MOST)] = None,
    form: Form = "direct",
    instance: "str | Path | TSPInstance | None" = None,
    distribution: Annotated[str, Choices(distributions.PLACES)] = "uniform",
) -> Any:
    """Builds the problem.

    Rewards: Minus the length of the step to the chosen node; the last one includes the way home. Their sum is minus the
        tour's length.

    Ends: When every node has been visited.

    Args:
        num_nodes: n, at least 2; new random nodes in every episode. Default 20.
        form: ``"direct"`` or ``"bq"``.
        instance: a file or an instance, the same in every episode, in place of ``num_nodes``.
        distribution: ``"uniform"`` or ``"clustered"`` in the unit square.

    Raises:
        SettingError: an argument has no such value.
        InstanceError: the file cannot be used.
    """
    only: TSPInstance | None = None if instance is None else building.instance_of_kind(instance, TSPInstance)
    count = building.size_setting("num_nodes", num_nodes, 20, 2, None if only is None else only.num_nodes)
    return building.problem_in_form(TSP(count, distribution, only), form)


class TSP(Rules):
    """Tokens are nodes, their features coordinates."""

    def __init__(self, count: int, distribution: str, instance: TSPInstance | None = None) -> None:
        """Takes how many nodes, where they lie, or the one instance that is played."""
        edges = nodes.PLANE if instance is None else Edges.of(instance)
        super().__init__(count, 2, distributions.place_draws(distribution, count), edges, edges.longest)
        self.distribution = distribution
        if instance is not None:
            self.fix(nodes.laid_out(instance), 0.0)

    def generated(self, xp: Any, draws: Any) -> tuple[Any, Any]:
        """New nodes in every row."""
        return nodes.random_coordinates(xp, self.distribution, draws, self.size), xp.zeros_like(draws[:, :1])

    def shown_spaces(self, tokens: int) -> dict[str, Any]:
        """Coordinates ``[L, 2]``."""
        return nodes.plane_spaces(tokens)

    def shown(self, tokens: Any, node: Any = None, valid: Any = None) -> dict[str, Any]:
        """Coordinates ``[B, L, 2]``."""
        return {"coordinates": nodes.coordinates(tokens)}

    def solution(self, actions: np.ndarray) -> Any:
        """The tour, node 0 first."""
        return np.concatenate([[0], actions])

    def picture(self, tokens: np.ndarray, actions: np.ndarray, resource: float, ended: bool) -> np.ndarray:
        """The tour so far."""
        from mdpzoo_combinatorial.render.states import tour_so_far

        return tour_so_far(tokens.T, self.solution(actions))

    def picture_left(self, tokens: np.ndarray, node: np.ndarray, resource: float) -> np.ndarray:
        """The path left."""
        from mdpzoo_combinatorial.render.states import frame_of, path_left

        return path_left(tokens.T, frame_of(self._tokens))


def quotient(state: DirectState) -> PathState:
    """The bisimulation map on tensors: forgets all of a partial tour but the path still to be solved.

    For every legal choice it commutes with ``step``: same reward, and the quotient of the next direct state is the next
    path. Source: Drakulic et al. 2023, section 3.
    """
    return path_left(state)
