"""The orienteering problem as a Markov decision process, batched, in two forms.

A tour from the depot and back collects prizes; a budget limits its length. Source: Drakulic et al. 2023 (BQ-NCO),
section 3; instances as in Kool, van Hoof and Welling 2019. A node is legal if the budget suffices to visit it and to
return to the depot; an episode ends, at the depot, when no node is. The last reward includes the prize of the depot,
which is 0 unless an instance says otherwise.

What differs from the paper: rewards, masks and termination follow Gymnasium; an illegal action costs the largest prize.
The budget of a random instance is raised so that it suffices for the nearest node.
"""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from gymnasium import spaces
from torch import Tensor

from mdpzoo.compiling import inlined
from mdpzoo.errors import InstanceError, SettingError
from mdpzoo.settings import Choices, Range, ranged
from mdpzoo_combinatorial.environments import building, nodes
from mdpzoo_combinatorial.environments.direct import DirectState
from mdpzoo_combinatorial.environments.edges import Edges
from mdpzoo_combinatorial.environments.path import PathState
from mdpzoo_combinatorial.environments.path import quotient as path_quotient
from mdpzoo_combinatorial.environments.rules import CompiledRules, Flags, Form, Reals, Rules
from mdpzoo_combinatorial.instances import OPInstance, distributions
from mdpzoo_combinatorial.instances.arrays import single
from mdpzoo_combinatorial.instances.checking import tolerance

PRIZE, HOME = 2, 3  # features of a token, after its coordinates


@ranged
def build_orienteering(
    num_customers: Annotated[int | None, Range(1, building.MAX_SIZE)] = None,
    form: Form = "direct",
    instance: "str | Path | OPInstance | None" = None,
    distribution: Annotated[str, Choices(distributions.LAYOUTS)] = "uniform",
    prizes: Annotated[str, Choices(distributions.PRIZES)] = "distance",
    limit: Annotated[float | None, Range(0, above=True)] = None,
) -> Any:
    """Builds the problem.

    Rewards: The prize of the chosen node, in (0, 1] in random instances.

    Ends: When the remaining budget does not suffice to visit any other node and return to the depot.

    Args:
        num_customers: n nodes besides the depot, at least 1; every episode has new random nodes. Default 20.
        form: ``"direct"`` or ``"bq"``.
        instance: a file or an instance for all episodes, instead of random nodes.
        distribution: of nodes and depot, ``"uniform"`` or ``"clustered"`` in the unit square.
        prizes: ``"distance"``, ``"uniform"`` or ``"constant"``; in (0, 1].
        limit: the budget, positive. Default: as in the literature for this size.

    Raises:
        SettingError: if an argument is out of range.
        InstanceError: if the file cannot be used.
    """
    only: OPInstance | None = None if instance is None else building.instance_of_problem(instance, OPInstance)
    if only is not None and limit not in (None, only.limit):
        raise SettingError(f"the instance has the limit {only.limit}, but the setting is {limit}")
    count = building.size_setting("num_customers", num_customers, 20, 1, None if only is None else only.num_nodes - 1)
    budget = distributions.by_size(distributions.LIMITS, count) if limit is None else limit
    return building.problem_in_form(Orienteering(count, distribution, prizes, budget, only), form)


@inlined
def legal_into(
    tokens: Reals,
    cost: Reals,
    row: int,
    removed: Flags,
    removed_row: int,
    first: int,
    last: int,
    resource: float,
    at_home: bool,
    legal_: Flags,
) -> bool:
    """``reaches_home`` for the remaining nodes of one row; returns whether any is legal."""
    any_legal: Any = False
    for token in range(first, last):
        needed = np.float64(cost[row, token]) + np.float64(tokens[row, HOME, token])
        allowed = (not removed[removed_row, token]) & (needed <= resource)
        legal_[row, token] = allowed
        any_legal |= allowed
    return any_legal


@inlined
def reward_and_resource(
    tokens: Reals, row: int, token: int, variant: int, cost: float, home: float, resource: float, refill: float
) -> tuple[float, float]:
    """The node's prize; the remaining budget."""
    return np.float64(tokens[row, PRIZE, token]), resource - cost


@inlined
def final_reward(tokens: Reals, row: int, end: int, cost: float) -> float:
    """The prize of the depot."""
    return np.float64(tokens[row, PRIZE, end])


class Orienteering(Rules):
    """Tokens are nodes, the depot first; their features are coordinates, prize and the cost to the depot."""

    compiled_rules = CompiledRules(legal_into, reward_and_resource, final_reward)

    def __init__(
        self, count: int, distribution: str, prizes: str, limit: float, instance: OPInstance | None = None
    ) -> None:
        """Creates the rules for ``count`` nodes of a distribution, their prizes and a budget, or for one instance."""
        edges = nodes.PLANE if instance is None else Edges.of(instance)
        self.largest = 1.0 if instance is None else float(instance.prizes.max()) or 1.0
        draws = distributions.coordinate_draws(distribution, count + 1) + count
        super().__init__(count + 1, 4, draws, edges, self.largest)
        self.distribution, self.prizes, self.limit = distribution, prizes, limit
        self.largest_budget = max(limit, 2.0 * edges.longest) if instance is None else instance.limit * edges.scale
        self.tolerance = tolerance(limit, False) if instance is None else instance.tolerance
        if instance is not None:
            self._fix_instance(instance)

    def _fix_instance(self, instance: OPInstance) -> None:
        home = nodes.costs_home(instance)
        nearest = 1 + int(home[1:].argmin())
        if 2 * home[nearest] > instance.limit + self.tolerance:
            raise InstanceError(
                f"{instance.name}: no node can be visited within the limit {instance.limit:g}: the nearest, {nearest}, "
                f"needs {2 * home[nearest]:g}; raise the limit"
            )
        self.use_instance(nodes.layout_tokens(instance, instance.prizes, home), float(instance.limit))

    def generate(self, xp: Any, draws: Any) -> tuple[Any, Any]:
        """Returns new nodes in every row."""
        points = nodes.random_coordinates(xp, self.distribution, draws, self.size)
        home = nodes.distances_home(xp, points)
        prizes = single(distributions.prizes(xp, self.prizes, draws[:, 1 - self.size :], home[:, 1:]))
        prizes = xp.concatenate((xp.zeros_like(prizes[:, :1]), prizes), 1)
        tokens = xp.concatenate((points, prizes[:, None], home[:, None]), 1)
        least = 2.0 * xp.amin(home[:, 1:], 1)[:, None]
        return tokens, xp.maximum(xp.full_like(draws[:, :1], self.limit), xp.zeros_like(draws[:, :1]) + least)

    def token_spaces(self, tokens: int) -> dict[str, Any]:
        """Returns the spaces of coordinates, prizes over the largest, costs to the depot, and the remaining budget."""
        return nodes.coordinate_spaces(tokens) | {
            "prize": spaces.Box(0.0, 1.0, (tokens,), np.float32),
            "distance_home": spaces.Box(0.0, 1.5, (tokens,), np.float32),
            "budget_left": spaces.Box(-1e-3, self.largest_budget, (1,), np.float32),
        }

    def token_entries(self, tokens: Any, node: Any = None, valid: Any = None) -> dict[str, Any]:
        """Returns coordinates ``[B, L, 2]``, prizes ``[B, L]`` and costs to the depot ``[B, L]``."""
        return {
            "coordinates": nodes.coordinates(tokens),
            "prize": single(tokens[:, PRIZE] / np.float32(self.largest)),
            "distance_home": single(self.edges.scale_costs(tokens[:, HOME])),
        }

    def resource_entries(self, resource: Any) -> dict[str, Any]:
        """Returns the remaining budget, in the units of the observed distances."""
        return {"budget_left": single(resource * self.edges.scale)}

    def legal_actions(self, tokens: Tensor, free: Tensor, cost: Tensor, resource: Tensor, at_home: Tensor) -> Tensor:
        """See ``reaches_home``."""
        return free & reaches_home(cost.double(), tokens[:, HOME].double(), resource + self.tolerance)

    def reward_and_resource(
        self, chosen: Tensor, cost: Tensor, home: Tensor, variant: Tensor, resource: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The node's prize; the remaining budget."""
        return chosen[:, PRIZE : PRIZE + 1].double(), resource - cost

    def final_reward(self, cost: Tensor, home: Tensor) -> Tensor:
        """The prize of the depot."""
        return home[:, PRIZE : PRIZE + 1].double()

    def solution(self, actions: np.ndarray) -> Any:
        """Returns the nodes in order of their visits, the depot first."""
        return np.concatenate([[0], actions])

    def picture(self, tokens: np.ndarray, actions: np.ndarray, resource: float, ended: bool) -> np.ndarray:
        """Draws the partial tour and the remaining budget."""
        from mdpzoo_combinatorial.render.states import partial_prize_tour

        tour, home = self.solution(actions), tokens[HOME]
        limit = max(self.limit, 2.0 * float(home[1:].min())) if self._tokens is None else self._resource
        return_cost = float(home[tour[-1]])
        return partial_prize_tour(tokens[:2].T, tour, tokens[PRIZE], limit, resource, return_cost, ended)

    def picture_remainder(self, tokens: np.ndarray, node: np.ndarray, resource: float) -> np.ndarray:
        """Draws the remaining path and the remaining budget."""
        from mdpzoo_combinatorial.render.states import frame_of, remaining_prizes

        limit = self.limit if self._tokens is None else self._resource
        return remaining_prizes(tokens[:2].T, tokens[PRIZE], self.largest, resource, limit, frame_of(self._tokens))


def reaches_home(cost: Tensor, home: Tensor, budget: Tensor) -> Tensor:
    """Returns whether the budget suffices to visit a node and to return to the depot, ``[B, L]`` bool.

    Args:
        cost: ``[B, L]``, from the current node to each node.
        home: ``[B, L]``, from each node to the depot.
        budget: ``[B, 1]``, the remaining budget plus the tolerance for rounding.
    """
    return cost + home <= budget


def quotient(state: DirectState) -> PathState:
    """The bisimulation map on tensors, as in ``tsp.py``; keeps the remaining budget."""
    return path_quotient(state)
