"""Capacitated vehicle routing as a Markov decision process, batched, in two forms.

Source: Drakulic et al. 2023 (BQ-NCO), section 3: each choice is the next customer and whether the vehicle goes there by
way of the depot, where it is filled; action = 2 * token + via_depot. An episode serves n customers in n choices; the
last reward includes the way home.

What differs from the paper: rewards, masks and termination follow Gymnasium; at the depot, where both ways are one,
only ``via_depot = 0`` is legal; an illegal action costs two longest edges for every customer left and one home.
``visits`` and ``actions`` translate to and from the alphabet in which the depot is a node like others.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from torch import Tensor

from mdpzoo.errors import SettingError
from mdpzoo.settings import Choices, Range, ranged
from mdpzoo_combinatorial.environments import building, nodes
from mdpzoo_combinatorial.environments.direct import DirectState
from mdpzoo_combinatorial.environments.edges import Edges
from mdpzoo_combinatorial.environments.path import PathState
from mdpzoo_combinatorial.environments.path import quotient as path_left
from mdpzoo_combinatorial.environments.rules import ROUTES, Form, Rules
from mdpzoo_combinatorial.instances import CVRPInstance, distributions
from mdpzoo_combinatorial.instances.arrays import single

DEMAND, HOME = 2, 3  # features of a token, after its coordinates


@ranged
def build_cvrp(
    num_customers: Annotated[int | None, Range(1, building.MOST)] = None,
    form: Form = "direct",
    instance: "str | Path | CVRPInstance | None" = None,
    distribution: Annotated[str, Choices(distributions.PLACES)] = "uniform",
    capacity: Annotated[int | None, Range(9)] = None,
) -> Any:
    """Builds the problem.

    Rewards: Minus the length of the way to the chosen customer, by the depot where the action says so; the last one
        includes the way home.

    Ends: When every customer has been served.

    Args:
        num_customers: n, at least 1; new random ones in every episode, demands in 1..9. Default 20.
        form: ``"direct"`` or ``"bq"``.
        instance: a file or an instance, the same in every episode, in place of ``num_customers``.
        distribution: ``"uniform"`` or ``"clustered"`` in the unit square, the depot among them.
        capacity: of a vehicle, at least 9. Default: the literature's for such a size.

    Raises:
        SettingError: an argument has no such value.
        InstanceError: the file cannot be used.
    """
    only: CVRPInstance | None = None if instance is None else building.instance_of_kind(instance, CVRPInstance)
    if only is not None and capacity not in (None, only.capacity):
        raise SettingError(f"the instance has the capacity {only.capacity}, the setting says {capacity}")
    count = building.size_setting("num_customers", num_customers, 20, 1, None if only is None else only.num_customers)
    held = distributions.by_size(distributions.CAPACITIES, count) if capacity is None else capacity
    if held < 9 and only is None:
        raise SettingError(f"capacity must be at least 9, the largest demand, got {held}")
    return building.problem_in_form(CVRP(count, distribution, held, only), form)


class CVRP(Rules):
    """Tokens are nodes, the depot first; their features are coordinates, demand and the cost of going home."""

    kind = ROUTES
    action_variants = 2

    def __init__(self, count: int, distribution: str, capacity: int, instance: CVRPInstance | None = None) -> None:
        """Takes how many customers, where they lie and what a vehicle holds, or the one instance that is played."""
        edges = nodes.PLANE if instance is None else Edges.of(instance)
        draws = distributions.place_draws(distribution, count + 1) + count
        super().__init__(count + 1, 4, draws, edges, edges.longest)
        self.distribution, self.refill = distribution, float(capacity if instance is None else instance.capacity)
        self.unit = self.refill or 1.0  # of demands that are shown; nothing may be carried
        if instance is not None:
            self.fix(nodes.laid_out(instance, instance.demands, nodes.costs_home(instance)), self.refill)

    def generated(self, xp: Any, draws: Any) -> tuple[Any, Any]:
        """New customers in every row."""
        points = nodes.random_coordinates(xp, self.distribution, draws, self.size)
        demands = single(distributions.demands(xp, draws[:, 1 - self.size :]))
        demands = xp.concatenate((xp.zeros_like(demands[:, :1]), demands), 1)
        tokens = xp.concatenate((points, demands[:, None], nodes.from_home(xp, points)[:, None]), 1)
        return tokens, xp.full_like(draws[:, :1], self.refill)

    def shown_spaces(self, tokens: int) -> dict[str, Any]:
        """Coordinates, demands as fractions of the capacity, costs home; what is left of the capacity."""
        return nodes.plane_spaces(tokens) | {
            "demand": spaces.Box(0.0, 1.0, (tokens,), np.float32),
            "distance_home": spaces.Box(0.0, 1.5, (tokens,), np.float32),
            "capacity_left": spaces.Box(0.0, 1.0, (1,), np.float32),
        }

    def shown(self, tokens: Any, node: Any = None, valid: Any = None) -> dict[str, Any]:
        """Coordinates ``[B, L, 2]``, demands ``[B, L]`` and costs home ``[B, L]``."""
        return {
            "coordinates": nodes.coordinates(tokens),
            "demand": single(tokens[:, DEMAND] / self.unit),
            "distance_home": single(self.edges.shown(tokens[:, HOME])),
        }

    def left(self, resource: Any) -> dict[str, Any]:
        """The fraction of the capacity that is left."""
        return {"capacity_left": single(resource / self.unit)}

    def legal(self, tokens: Tensor, free: Tensor, cost: Tensor, resource: Tensor, at_home: Tensor) -> Tensor:
        """Straight on where the demand fits; by way of the depot from everywhere but the depot."""
        return legal_variants(tokens[:, DEMAND], free, resource, at_home).flatten(1)

    def reward_of(
        self, chosen: Tensor, cost: Tensor, home: Tensor, way: Tensor, resource: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Minus the way travelled; what the vehicle then holds."""
        back, demand = chosen[:, HOME : HOME + 1].double(), chosen[:, DEMAND : DEMAND + 1].double()
        by_depot = way == 1
        return -cost.where(~by_depot, home + back), load_after(by_depot, demand, resource, self.refill)

    def solution(self, actions: np.ndarray) -> list[list[int]]:
        """The routes, lists of customers."""
        routes: list[list[int]] = []
        for action in actions.tolist():
            if action % 2 or not routes:
                routes.append([])
            routes[-1].append(action // 2)
        return routes

    def picture(self, tokens: np.ndarray, actions: np.ndarray, resource: float, ended: bool) -> np.ndarray:
        """The routes so far, and how full the vehicles are."""
        from mdpzoo_combinatorial.render.states import routes_so_far

        return routes_so_far(tokens[:2].T, self.solution(actions), tokens[DEMAND], self.refill)

    def picture_left(self, tokens: np.ndarray, node: np.ndarray, resource: float) -> np.ndarray:
        """The path left, and what the vehicle holds."""
        from mdpzoo_combinatorial.render.states import frame_of, routes_left

        return routes_left(tokens[:2].T, tokens[DEMAND], resource, self.refill, frame_of(self._tokens))


def legal_variants(demand: Tensor, free: Tensor, load: Tensor, at_depot: Tensor) -> Tensor:
    """``[B, L, 2]`` bool: straight on where the demand fits; by the depot from everywhere but the depot.

    Args:
        demand: ``[B, L]``.
        free: ``[B, L]`` bool, customers that are not served yet.
        load: ``[B, 1]``, what the vehicle holds.
        at_depot: ``[B, 1]`` bool.
    """
    return torch.stack((free & (demand <= load), free & ~at_depot), 2)


def load_after(by_depot: Tensor, demand: Tensor, load: Tensor, capacity: Tensor | float) -> Tensor:
    """What the vehicle holds after serving a customer, straight on or by the depot, where it is filled."""
    return torch.where(by_depot, capacity, load) - demand


def visits(actions: Iterable[int]) -> NDArray[np.int64]:
    """Direct actions as the nodes that are visited one after the other, where the depot, 0, is a node like others.

    Args:
        actions: ``2 * customer + via_depot``, in their order.

    Returns:
        ``[...]`` int64; begins at the first customer, since every episode begins at the depot.
    """
    order: list[int] = []
    for action in actions:
        customer, via_depot = divmod(int(action), 2)
        order += [0, customer] if via_depot else [customer]
    return np.array(order, np.int64)


def actions(visited: Iterable[int]) -> NDArray[np.int64]:
    """The opposite of ``visits``; depots at the beginning, at the end, and one after another do not matter."""
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
    """The bisimulation map on tensors, as in ``tsp.py``; what the vehicle holds stays."""
    return path_left(state)
