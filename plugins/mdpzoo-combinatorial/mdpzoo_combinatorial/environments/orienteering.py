"""Orienteering as a Markov decision process, batched, in two forms: the most prize that a budget of length allows.

Source: Drakulic et al. 2023 (BQ-NCO), section 3; instances as in Kool, van Hoof and Welling 2019. A node is legal while
the way there and from there home is within what is left of the budget; an episode ends, at the depot, when none is. The
depot's own prize, 0 unless an instance says otherwise, is paid with the last reward.

What differs from the paper: rewards, masks and termination follow Gymnasium; an illegal action costs the largest prize.
Where not even the nearest node is within the budget of a random instance, the budget is what that node needs.
"""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from gymnasium import spaces
from torch import Tensor

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo.settings import Choices, Range, ranged
from mdpzoo_combinatorial.environments import building, nodes
from mdpzoo_combinatorial.environments.direct import DirectState
from mdpzoo_combinatorial.environments.edges import Edges
from mdpzoo_combinatorial.environments.path import PathState
from mdpzoo_combinatorial.environments.path import quotient as path_left
from mdpzoo_combinatorial.environments.rules import PRIZES, Form, Rules
from mdpzoo_combinatorial.instances import OPInstance, distributions
from mdpzoo_combinatorial.instances.arrays import single
from mdpzoo_combinatorial.instances.checking import tolerance

PRIZE, HOME = 2, 3  # features of a token, after its coordinates


@ranged
def build_orienteering(
    num_customers: Annotated[int | None, Range(1, building.MOST)] = None,
    form: Form = "direct",
    instance: "str | Path | OPInstance | None" = None,
    distribution: Annotated[str, Choices(distributions.PLACES)] = "uniform",
    prizes: Annotated[str, Choices(distributions.PRIZES)] = "distance",
    limit: Annotated[float | None, Range(0, above=True)] = None,
) -> Any:
    """Builds the problem.

    Rewards: The prize of the chosen node, in (0, 1] in random instances.

    Ends: When no node can be visited within what is left of the budget.

    Args:
        num_customers: n nodes besides the depot, at least 1; new random ones in every episode. Default 20.
        form: ``"direct"`` or ``"bq"``.
        instance: a file or an instance, the same in every episode, in place of ``num_customers``.
        distribution: ``"uniform"`` or ``"clustered"`` in the unit square, the depot among them.
        prizes: ``"distance"``, ``"uniform"`` or ``"constant"``; in (0, 1].
        limit: the budget, positive. Default: the literature's for such a size.

    Raises:
        SettingError: an argument has no such value.
        InstanceError: the file cannot be used.
    """
    only: OPInstance | None = None if instance is None else building.instance_of_kind(instance, OPInstance)
    if only is not None and limit not in (None, only.limit):
        raise SettingError(f"the instance has the limit {only.limit}, the setting says {limit}; give one")
    count = building.size_setting("num_customers", num_customers, 20, 1, None if only is None else only.num_nodes - 1)
    budget = distributions.by_size(distributions.LIMITS, count) if limit is None else limit
    if not 0 < budget < float("inf"):
        raise SettingError(f"limit must be positive, got {limit}")
    return building.problem_in_form(
        Orienteering(count, distribution, prizes, budget, only),
        form,
    )


class Orienteering(Rules):
    """Tokens are nodes, the depot first; their features are coordinates, prize and the cost of going home."""

    kind = PRIZES

    def __init__(
        self, count: int, distribution: str, prizes: str, limit: float, instance: OPInstance | None = None
    ) -> None:
        """Takes how many nodes, where they lie, what they are worth and the budget, or the one instance played."""
        edges = nodes.PLANE if instance is None else Edges.of(instance)
        self.largest = 1.0 if instance is None else float(instance.prizes.max()) or 1.0
        draws = distributions.place_draws(distribution, count + 1) + count
        super().__init__(count + 1, 4, draws, edges, self.largest)
        self.distribution, self.prizes, self.limit = distribution, prizes, limit
        self.most_budget = max(limit, 2.0 * edges.longest) if instance is None else instance.limit * edges.scale
        self.tolerance = tolerance(limit, False) if instance is None else instance.tolerance
        if instance is not None:
            self._fix_instance(instance)

    def _fix_instance(self, instance: OPInstance) -> None:
        home = nodes.costs_home(instance)
        nearest = 1 + int(home[1:].argmin())
        if 2 * home[nearest] > instance.limit + self.tolerance:
            raise InstanceError(
                f"{instance.name}: the limit {instance.limit:g} reaches no node: the nearest, {nearest}, needs "
                f"{2 * home[nearest]:g}; raise the limit"
            )
        self.fix(nodes.laid_out(instance, instance.prizes, home), float(instance.limit))

    def generated(self, xp: Any, draws: Any) -> tuple[Any, Any]:
        """New nodes in every row."""
        points = nodes.random_coordinates(xp, self.distribution, draws, self.size)
        home = nodes.from_home(xp, points)
        prizes = single(distributions.prizes(xp, self.prizes, draws[:, 1 - self.size :], home[:, 1:]))
        prizes = xp.concatenate((xp.zeros_like(prizes[:, :1]), prizes), 1)
        tokens = xp.concatenate((points, prizes[:, None], home[:, None]), 1)
        least = 2.0 * xp.amin(home[:, 1:], 1)[:, None]
        return tokens, xp.maximum(xp.full_like(draws[:, :1], self.limit), xp.zeros_like(draws[:, :1]) + least)

    def shown_spaces(self, tokens: int) -> dict[str, Any]:
        """Coordinates, prizes as fractions of the largest, costs home; what is left of the budget."""
        return nodes.plane_spaces(tokens) | {
            "prize": spaces.Box(0.0, 1.0, (tokens,), np.float32),
            "distance_home": spaces.Box(0.0, 1.5, (tokens,), np.float32),
            "budget_left": spaces.Box(-1e-3, self.most_budget, (1,), np.float32),
        }

    def shown(self, tokens: Any, node: Any = None, valid: Any = None) -> dict[str, Any]:
        """Coordinates ``[B, L, 2]``, prizes ``[B, L]`` and costs home ``[B, L]``."""
        return {
            "coordinates": nodes.coordinates(tokens),
            "prize": single(tokens[:, PRIZE] / np.float32(self.largest)),
            "distance_home": single(self.edges.shown(tokens[:, HOME])),
        }

    def left(self, resource: Any) -> dict[str, Any]:
        """What is left of the budget, in the units of the distances shown."""
        return {"budget_left": single(resource * self.edges.scale)}

    def legal(self, tokens: Tensor, free: Tensor, cost: Tensor, resource: Tensor, at_home: Tensor) -> Tensor:
        """There and home within the budget."""
        return free & reaches_home(cost.double(), tokens[:, HOME].double(), resource + self.tolerance)

    def reward_of(
        self, chosen: Tensor, cost: Tensor, home: Tensor, way: Tensor, resource: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The prize; the budget after the way there."""
        return chosen[:, PRIZE : PRIZE + 1].double(), resource - cost

    def closing(self, cost: Tensor, home: Tensor) -> Tensor:
        """The depot's own prize."""
        return home[:, PRIZE : PRIZE + 1].double()

    def solution(self, actions: np.ndarray) -> Any:
        """The nodes in their order, the depot first."""
        return np.concatenate([[0], actions])

    def picture(self, tokens: np.ndarray, actions: np.ndarray, resource: float, ended: bool) -> np.ndarray:
        """The way so far, and what is left of the budget."""
        from mdpzoo_combinatorial.render.states import prizes_so_far

        tour, home = self.solution(actions), tokens[HOME]
        limit = max(self.limit, 2.0 * float(home[1:].min())) if self._tokens is None else self._resource
        way_home = float(home[tour[-1]])
        return prizes_so_far(tokens[:2].T, tour, tokens[PRIZE], limit, resource, way_home, ended)

    def picture_left(self, tokens: np.ndarray, node: np.ndarray, resource: float) -> np.ndarray:
        """The path left, and what is left of the budget."""
        from mdpzoo_combinatorial.render.states import frame_of, prizes_left

        limit = self.limit if self._tokens is None else self._resource
        return prizes_left(tokens[:2].T, tokens[PRIZE], self.largest, resource, limit, frame_of(self._tokens))


def reaches_home(cost: Tensor, home: Tensor, budget: Tensor) -> Tensor:
    """``[B, L]`` bool: whether the budget ``[B, 1]`` allows to go to a node and home from there.

    Args:
        cost: ``[B, L]``, of going there from the current node.
        home: ``[B, L]``, of going home from there.
        budget: what is left of it, and by how much rounding may overdraw it.
    """
    return cost + home <= budget


def quotient(state: DirectState) -> PathState:
    """The bisimulation map on tensors, as in ``tsp.py``; what is left of the budget stays."""
    return path_left(state)
