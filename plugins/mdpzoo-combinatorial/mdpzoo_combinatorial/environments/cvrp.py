"""Capacitated vehicle routing as a Markov decision process, batched, in two forms.

Source: Drakulic et al. 2023 (BQ-NCO), section 3: each action chooses the next customer, and whether the vehicle returns
to the depot first to be reloaded; action = 2 * token + via_depot. An episode serves n customers in n choices; the last
reward includes the edge back to the depot.

What differs from the paper: rewards, masks and termination follow Gymnasium; at the depot, where both variants are the
same, only ``via_depot = 0`` is legal; an illegal action costs two longest edges for every remaining customer and one
for the return. ``visits`` and ``actions`` convert to and from sequences of nodes that contain the depot.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from torch import Tensor

from mdpzoo.compiling import inlined
from mdpzoo.errors import SettingError
from mdpzoo.settings import Choices, Range, ranged
from mdpzoo_combinatorial.environments import building, nodes
from mdpzoo_combinatorial.environments.direct import DirectState
from mdpzoo_combinatorial.environments.edges import Edges
from mdpzoo_combinatorial.environments.path import PathState
from mdpzoo_combinatorial.environments.path import quotient as path_quotient
from mdpzoo_combinatorial.environments.rules import Flags, Form, Reals, Rules
from mdpzoo_combinatorial.instances import CVRPInstance, distributions
from mdpzoo_combinatorial.instances.arrays import single

DEMAND, HOME = 2, 3  # features of a token, after its coordinates


@ranged
def build_cvrp(
    num_customers: Annotated[int | None, Range(1, building.MAX_SIZE)] = None,
    form: Form = "direct",
    instance: "str | Path | CVRPInstance | None" = None,
    distribution: Annotated[str, Choices(distributions.LAYOUTS)] = "uniform",
    capacity: Annotated[int | None, Range(9)] = None,
) -> Any:
    """Builds the problem.

    Rewards: Minus the distance to the chosen customer, by way of the depot if the action says so; the last reward
        includes the return to the depot.

    Ends: When every customer has been served.

    Args:
        num_customers: n, at least 1; every episode has new random customers with demands in 1..9. Default 20.
        form: ``"direct"`` or ``"bq"``.
        instance: a file or an instance for all episodes, instead of random customers.
        distribution: of customers and depot, ``"uniform"`` or ``"clustered"`` in the unit square.
        capacity: of a vehicle, at least 9. Default: as in the literature for this size.

    Raises:
        SettingError: if an argument is out of range.
        InstanceError: if the file cannot be used.
    """
    only: CVRPInstance | None = None if instance is None else building.instance_of_problem(instance, CVRPInstance)
    if only is not None and capacity not in (None, only.capacity):
        raise SettingError(f"the instance has the capacity {only.capacity}, but the setting is {capacity}")
    count = building.size_setting("num_customers", num_customers, 20, 1, None if only is None else only.num_customers)
    largest_load = distributions.by_size(distributions.CAPACITIES, count) if capacity is None else capacity
    if largest_load < 9 and only is None:
        raise SettingError(f"capacity must be at least 9, the largest demand, got {largest_load}")
    return building.problem_in_form(CVRP(count, distribution, largest_load, only), form)


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
    """``legal_variants`` of one row; returns whether any action is legal."""
    any_free: Any = False
    for token in range(first, last):
        free = not removed[removed_row, token]
        legal_[row, 2 * token] = free & (tokens[row, DEMAND, token] <= resource)
        legal_[row, 2 * token + 1] = free & (not at_home)
        any_free |= free
    return any_free


@inlined
def reward_and_resource(
    tokens: Reals, row: int, token: int, variant: int, cost: float, home: float, resource: float, refill: float
) -> tuple[float, float]:
    """Minus the distance; the load after the customer is served."""
    if variant == 1:
        return -(home + tokens[row, HOME, token]), refill - tokens[row, DEMAND, token]
    return -cost, resource - tokens[row, DEMAND, token]


class CVRP(Rules):
    """Tokens are nodes, the depot first; their features are coordinates, demand and the cost to the depot."""

    compiled_rules = Rules.compiled_rules._replace(legal_into=legal_into, reward_and_resource=reward_and_resource)
    action_variants = 2
    illegal_edges = 2

    def __init__(self, count: int, distribution: str, capacity: int, instance: CVRPInstance | None = None) -> None:
        """Creates the rules for ``count`` customers of a distribution and a capacity, or for one instance."""
        edges = nodes.PLANE if instance is None else Edges.of(instance)
        draws = distributions.coordinate_draws(distribution, count + 1) + count
        super().__init__(count + 1, 4, draws, edges, edges.longest)
        self.distribution, self.refill = distribution, float(capacity if instance is None else instance.capacity)
        self.unit = self.refill or 1.0  # of demands in observations; an instance's capacity may be 0
        if instance is not None:
            self.use_instance(nodes.layout_tokens(instance, instance.demands, nodes.costs_home(instance)), self.refill)

    def generate(self, xp: Any, draws: Any) -> tuple[Any, Any]:
        """Returns new customers in every row."""
        points = nodes.random_coordinates(xp, self.distribution, draws, self.size)
        demands = single(distributions.demands(xp, draws[:, 1 - self.size :]))
        demands = xp.concatenate((xp.zeros_like(demands[:, :1]), demands), 1)
        tokens = xp.concatenate((points, demands[:, None], nodes.distances_home(xp, points)[:, None]), 1)
        return tokens, xp.full_like(draws[:, :1], self.refill)

    def token_spaces(self, tokens: int) -> dict[str, Any]:
        """Returns the spaces of coordinates, demands and load as fractions of the capacity, and costs to the depot."""
        return nodes.coordinate_spaces(tokens) | {
            "demand": spaces.Box(0.0, 1.0, (tokens,), np.float32),
            "distance_home": spaces.Box(0.0, 1.5, (tokens,), np.float32),
            "capacity_left": spaces.Box(0.0, 1.0, (1,), np.float32),
        }

    def token_entries(self, tokens: Any, node: Any = None, valid: Any = None) -> dict[str, Any]:
        """Returns coordinates ``[B, L, 2]``, demands ``[B, L]`` and costs to the depot ``[B, L]``."""
        return {
            "coordinates": nodes.coordinates(tokens),
            "demand": single(tokens[:, DEMAND] / self.unit),
            "distance_home": single(self.edges.scale_costs(tokens[:, HOME])),
        }

    def resource_entries(self, resource: Any) -> dict[str, Any]:
        """Returns the remaining load as a fraction of the capacity."""
        return {"capacity_left": single(resource / self.unit)}

    def legal_actions(self, tokens: Tensor, free: Tensor, cost: Tensor, resource: Tensor, at_home: Tensor) -> Tensor:
        """See ``legal_variants``."""
        return legal_variants(tokens[:, DEMAND], free, resource, at_home).flatten(1)

    def reward_and_resource(
        self, chosen: Tensor, cost: Tensor, home: Tensor, variant: Tensor, resource: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Minus the distance; the load after the customer is served."""
        from_depot, demand = chosen[:, HOME : HOME + 1].double(), chosen[:, DEMAND : DEMAND + 1].double()
        via_depot = variant == 1
        return -cost.where(~via_depot, home + from_depot), load_after(via_depot, demand, resource, self.refill)

    def solution(self, actions: np.ndarray) -> list[list[int]]:
        """Returns the routes, as lists of customers."""
        routes: list[list[int]] = []
        for action in actions.tolist():
            if action % 2 or not routes:
                routes.append([])
            routes[-1].append(action // 2)
        return routes

    def picture(self, tokens: np.ndarray, actions: np.ndarray, resource: float, ended: bool) -> np.ndarray:
        """Draws the routes so far and the vehicles' loads."""
        from mdpzoo_combinatorial.render.states import partial_routes

        return partial_routes(tokens[:2].T, self.solution(actions), tokens[DEMAND], self.refill)

    def picture_remainder(self, tokens: np.ndarray, node: np.ndarray, resource: float) -> np.ndarray:
        """Draws the remaining path and the vehicle's load."""
        from mdpzoo_combinatorial.render.states import frame_of, remaining_routes

        return remaining_routes(tokens[:2].T, tokens[DEMAND], resource, self.refill, frame_of(self._tokens))


def legal_variants(demand: Tensor, free: Tensor, load: Tensor, at_depot: Tensor) -> Tensor:
    """Returns legal actions ``[B, L, 2]`` bool: directly if the load suffices; via the depot unless already there.

    Args:
        demand: ``[B, L]``.
        free: ``[B, L]`` bool, customers not yet served.
        load: ``[B, 1]``, the vehicle's load.
        at_depot: ``[B, 1]`` bool.
    """
    return torch.stack((free & (demand <= load), free & ~at_depot), 2)


def load_after(via_depot: Tensor, demand: Tensor, load: Tensor, capacity: Tensor | float) -> Tensor:
    """Returns the vehicle's load after it has served a customer, directly or via the depot, where it is reloaded."""
    return torch.where(via_depot, capacity, load) - demand


def visits(actions: Iterable[int]) -> NDArray[np.int64]:
    """Converts direct actions into the sequence of visited nodes, which contains the depot, 0, between routes.

    Args:
        actions: ``2 * customer + via_depot``, in order.

    Returns:
        ``[...]`` int64; begins with the first customer, since every episode begins at the depot.
    """
    order: list[int] = []
    for action in actions:
        customer, via_depot = divmod(int(action), 2)
        order += [0, customer] if via_depot else [customer]
    return np.array(order, np.int64)


def actions(visited: Iterable[int]) -> NDArray[np.int64]:
    """The inverse of ``visits``; ignores the depot at the beginning, at the end, and repeated."""
    chosen: list[int] = []
    via_depot = 0
    for node in visited:
        if node == 0:
            via_depot = int(bool(chosen))
        else:
            chosen.append(2 * int(node) + via_depot)
            via_depot = 0
    return np.array(chosen, np.int64)


def quotient(state: DirectState) -> PathState:
    """The bisimulation map on tensors, as in ``tsp.py``; keeps the vehicle's load."""
    return path_quotient(state)
