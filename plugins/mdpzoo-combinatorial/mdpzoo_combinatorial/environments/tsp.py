"""The travelling salesman problem as a Markov decision process, batched, in two forms.

Source: Drakulic, Michel, Mai, Sors and Andreoli 2023 (BQ-NCO), section 3. A tour starts and ends at node 0 and
visits each of n nodes once, in n - 1 choices; the last one is forced, and its reward includes the edge to node 0.

What differs from the paper: rewards, masks and termination follow Gymnasium; in a batch, an illegal action ends the
episode and costs one longest edge for every remaining edge, so that every legal action has a higher return.
"""

from pathlib import Path
from typing import Annotated, Any

import numpy as np

from mdpzoo.settings import Choices, Range, ranged
from mdpzoo_combinatorial.environments import building, nodes
from mdpzoo_combinatorial.environments.direct import DirectState
from mdpzoo_combinatorial.environments.edges import Edges
from mdpzoo_combinatorial.environments.path import PathState
from mdpzoo_combinatorial.environments.path import quotient as path_quotient
from mdpzoo_combinatorial.environments.rules import Form, Rules
from mdpzoo_combinatorial.instances import TSPInstance, distributions


@ranged
def build_tsp(
    num_nodes: Annotated[int | None, Range(2, building.MAX_SIZE)] = None,
    form: Form = "direct",
    instance: "str | Path | TSPInstance | None" = None,
    distribution: Annotated[str, Choices(distributions.LAYOUTS)] = "uniform",
) -> Any:
    """Builds the problem.

    Rewards: Minus the length of the edge to the chosen node; the last reward includes the edge back to node 0. The
        return is minus the tour's length.

    Ends: When every node has been visited.

    Args:
        num_nodes: n, at least 2; every episode has new random nodes. Default 20.
        form: ``"direct"`` or ``"bq"``.
        instance: a file or an instance for all episodes, instead of random nodes.
        distribution: ``"uniform"`` or ``"clustered"`` in the unit square.

    Raises:
        SettingError: if an argument is out of range.
        InstanceError: if the file cannot be used.
    """
    only: TSPInstance | None = None if instance is None else building.instance_of_problem(instance, TSPInstance)
    count = building.size_setting("num_nodes", num_nodes, 20, 2, None if only is None else only.num_nodes)
    return building.problem_in_form(TSP(count, distribution, only), form)


class TSP(Rules):
    """Tokens are nodes; their features are coordinates."""

    limited = False
    illegal_edges = 1

    def __init__(self, count: int, distribution: str, instance: TSPInstance | None = None) -> None:
        """Creates the rules for ``count`` nodes of a distribution, or for one instance."""
        edges = nodes.PLANE if instance is None else Edges.of(instance)
        super().__init__(count, 2, distributions.coordinate_draws(distribution, count), edges, edges.longest)
        self.distribution = distribution
        if instance is not None:
            self.use_instance(nodes.layout_tokens(instance), 0.0)

    def generate(self, xp: Any, draws: Any) -> tuple[Any, Any]:
        """Returns new nodes in every row."""
        return nodes.random_coordinates(xp, self.distribution, draws, self.size), xp.zeros_like(draws[:, :1])

    def token_spaces(self, tokens: int) -> dict[str, Any]:
        """Returns the space of coordinates ``[L, 2]``."""
        return nodes.coordinate_spaces(tokens)

    def token_entries(self, tokens: Any, node: Any = None, valid: Any = None) -> dict[str, Any]:
        """Returns coordinates ``[B, L, 2]``."""
        return {"coordinates": nodes.coordinates(tokens)}

    def solution(self, actions: np.ndarray) -> Any:
        """Returns the tour, which begins at node 0."""
        return np.concatenate([[0], actions])

    def picture(self, tokens: np.ndarray, actions: np.ndarray, resource: float, ended: bool) -> np.ndarray:
        """Draws the partial tour."""
        from mdpzoo_combinatorial.render.states import partial_tour

        return partial_tour(tokens.T, self.solution(actions))

    def picture_remainder(self, tokens: np.ndarray, node: np.ndarray, resource: float) -> np.ndarray:
        """Draws the remaining path."""
        from mdpzoo_combinatorial.render.states import frame_of, remaining_path

        return remaining_path(tokens.T, frame_of(self._tokens))


def quotient(state: DirectState) -> PathState:
    """The bisimulation map on tensors: keeps only the remaining path of a partial tour.

    It commutes with ``step`` for every legal action: the rewards are equal, and the quotient of the next direct state
    is the next path. Source: Drakulic et al. 2023, section 3.
    """
    return path_quotient(state)
