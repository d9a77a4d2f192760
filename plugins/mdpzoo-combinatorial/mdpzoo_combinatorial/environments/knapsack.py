"""The 0/1 knapsack as a Markov decision process, batched, in two forms: the most value that a capacity holds.

Source: Drakulic et al. 2023 (BQ-NCO), section 3; classes of instances as in Pisinger 2005. An item is legal while it
fits; an episode ends when none does.

What differs from the paper: rewards, masks and termination follow Gymnasium; an illegal action costs the largest value.
Where not even the lightest item of a random instance fits, the capacity is its weight.
"""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from gymnasium import spaces
from torch import Tensor

from mdpzoo.errors import InstanceError
from mdpzoo.settings import Choices, Range, ranged
from mdpzoo_combinatorial.environments import building
from mdpzoo_combinatorial.environments.direct import DirectState
from mdpzoo_combinatorial.environments.edges import NONE, Edges
from mdpzoo_combinatorial.environments.path import PathState
from mdpzoo_combinatorial.environments.path import quotient as path_left
from mdpzoo_combinatorial.environments.rules import ITEMS, Form, Rules
from mdpzoo_combinatorial.instances import KnapsackInstance, distributions
from mdpzoo_combinatorial.instances.arrays import single

VALUE, WEIGHT = 0, 1  # features of a token


@ranged
def build_knapsack(
    num_items: Annotated[int | None, Range(1, building.MOST)] = None,
    form: Form = "direct",
    instance: "str | Path | KnapsackInstance | None" = None,
    distribution: Annotated[str, Choices(distributions.CLASSES)] = "uncorrelated",
) -> Any:
    """Builds the problem.

    Rewards: The value of the chosen item.

    Ends: When no item fits any more.

    Args:
        num_items: n, at least 1; new random items in every episode. Default 50.
        form: ``"direct"`` or ``"bq"``.
        instance: a file or an instance, the same in every episode, in place of ``num_items``.
        distribution: one of Pisinger's classes: ``"uncorrelated"``, ``"weakly-correlated"``,
            ``"strongly-correlated"``, ``"inverse-strongly-correlated"``, ``"almost-strongly-correlated"``,
            ``"subset-sum"`` or ``"similar-weights"``.

    Raises:
        SettingError: an argument has no such value.
        InstanceError: the file cannot be used.
    """
    only: KnapsackInstance | None = None if instance is None else building.instance_of_kind(instance, KnapsackInstance)
    count = building.size_setting("num_items", num_items, 50, 1, None if only is None else only.num_items)
    return building.problem_in_form(Knapsack(count, distribution, only), form)


class Knapsack(Rules):
    """Tokens are items, their features value and weight."""

    kind = ITEMS
    routed = False

    def __init__(self, count: int, distribution: str, instance: KnapsackInstance | None = None) -> None:
        """Takes how many items of which class, or the one instance that is played."""
        if instance is None:
            self.largest, self.room = distributions.item_scales(distribution, count)
        else:
            self.largest, self.room = float(instance.values.max()) or 1.0, instance.in_units.capacity or 1.0
        super().__init__(count, 2, 2 * count, Edges(NONE), self.largest)
        self.heaviest = 5.0  # no weight or capacity of a class is more, as it is shown
        self.distribution = distribution
        if instance is not None:
            if instance.weights.min() > instance.capacity:
                raise InstanceError(
                    f"{instance.name}: no item fits: the lightest weighs {instance.weights.min():g}, the capacity is "
                    f"{instance.capacity:g}; raise it"
                )
            units = instance.in_units
            self.heaviest = max(1.0, float(units.weights.max()) / self.room)
            self.fix(np.stack([instance.values, units.weights]), units.capacity + 0.5 * units.tolerance)

    def generated(self, xp: Any, draws: Any) -> tuple[Any, Any]:
        """New items in every row."""
        values, weights, capacity = distributions.items(xp, self.distribution, draws, self.size)
        return xp.stack((values, weights), 1), capacity

    def shown_spaces(self, tokens: int) -> dict[str, Any]:
        """Values and weights as fractions of what is usual for the class; what is left of the capacity likewise."""
        return {
            "value": spaces.Box(0.0, 2.0, (tokens,), np.float32),
            "weight": spaces.Box(0.0, self.heaviest, (tokens,), np.float32),
            "capacity_left": spaces.Box(0.0, self.heaviest, (1,), np.float32),
        }

    def shown(self, tokens: Any, node: Any = None, valid: Any = None) -> dict[str, Any]:
        """Values and weights, ``[B, L]`` both."""
        return {"value": single(tokens[:, VALUE] / self.largest), "weight": single(tokens[:, WEIGHT] / self.room)}

    def left(self, resource: Any) -> dict[str, Any]:
        """What is left of the capacity, in the units of the weights shown."""
        return {"capacity_left": single(resource / self.room)}

    def legal(self, tokens: Tensor, free: Tensor, cost: Tensor, resource: Tensor, at_home: Tensor) -> Tensor:
        """What fits."""
        return free & fits(tokens[:, WEIGHT], resource)

    def reward_of(
        self, chosen: Tensor, cost: Tensor, home: Tensor, way: Tensor, resource: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The value; the room that is left."""
        return chosen[:, VALUE : VALUE + 1], resource - chosen[:, WEIGHT : WEIGHT + 1]

    def closing(self, cost: Tensor, home: Tensor) -> Tensor:
        """Nothing: there is no way home."""
        return cost * 0.0

    def solution(self, actions: np.ndarray) -> Any:
        """The items, sorted."""
        return np.sort(actions)

    def picture(self, tokens: np.ndarray, actions: np.ndarray, resource: float, ended: bool) -> np.ndarray:
        """The items so far in the knapsack, in the order in which they were taken, and those left."""
        from mdpzoo_combinatorial.render.states import items_so_far

        return items_so_far(tokens[VALUE], tokens[WEIGHT], actions, resource)

    def picture_left(self, tokens: np.ndarray, node: np.ndarray, resource: float) -> np.ndarray:
        """The items left, and the room for them."""
        from mdpzoo_combinatorial.render.states import items_left

        return items_left(tokens[VALUE], tokens[WEIGHT], resource, self.room)


def fits(weight: Tensor, room: Tensor) -> Tensor:
    """``[B, L]`` bool: whether items of weights ``[B, L]`` fit into the room ``[B, 1]``."""
    return weight <= room


def quotient(state: DirectState) -> PathState:
    """The bisimulation map on tensors: forgets which items were taken; what is left of the capacity stays."""
    return path_left(state, routed=False)
