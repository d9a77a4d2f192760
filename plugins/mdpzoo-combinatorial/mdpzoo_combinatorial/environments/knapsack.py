"""The 0/1 knapsack problem as a Markov decision process, batched, in two forms.

Source: Drakulic et al. 2023 (BQ-NCO), section 3; classes of instances as in Pisinger 2005. An item is legal if it fits;
an episode ends when no item does.

What differs from the paper: rewards, masks and termination follow Gymnasium; an illegal action costs the largest value.
The capacity of a random instance is raised to the weight of the lightest item if that would not fit.
"""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from gymnasium import spaces
from torch import Tensor

from mdpzoo.compiling import inlined
from mdpzoo.errors import InstanceError
from mdpzoo.settings import Choices, Range, ranged
from mdpzoo_combinatorial.environments import building
from mdpzoo_combinatorial.environments.direct import DirectState
from mdpzoo_combinatorial.environments.edges import NONE, Edges
from mdpzoo_combinatorial.environments.path import PathState
from mdpzoo_combinatorial.environments.path import quotient as path_quotient
from mdpzoo_combinatorial.environments.rules import CompiledRules, Flags, Form, Reals, Rules
from mdpzoo_combinatorial.instances import KnapsackInstance, distributions
from mdpzoo_combinatorial.instances.arrays import single

VALUE, WEIGHT = 0, 1  # features of a token


@ranged
def build_knapsack(
    num_items: Annotated[int | None, Range(1, building.MAX_SIZE)] = None,
    form: Form = "direct",
    instance: "str | Path | KnapsackInstance | None" = None,
    distribution: Annotated[str, Choices(distributions.CLASSES)] = "uncorrelated",
) -> Any:
    """Builds the problem.

    Rewards: The value of the chosen item.

    Ends: When no remaining item fits.

    Args:
        num_items: n, at least 1; every episode has new random items. Default 50.
        form: ``"direct"`` or ``"bq"``.
        instance: a file or an instance for all episodes, instead of random items.
        distribution: one of Pisinger's classes: ``"uncorrelated"``, ``"weakly-correlated"``,
            ``"strongly-correlated"``, ``"inverse-strongly-correlated"``, ``"almost-strongly-correlated"``,
            ``"subset-sum"`` or ``"similar-weights"``.

    Raises:
        SettingError: if an argument is out of range.
        InstanceError: if the file cannot be used.
    """
    only: KnapsackInstance | None = (
        None if instance is None else building.instance_of_problem(instance, KnapsackInstance)
    )
    count = building.size_setting("num_items", num_items, 50, 1, None if only is None else only.num_items)
    return building.problem_in_form(Knapsack(count, distribution, only), form)


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
    """``fits`` for the remaining items of one row; returns whether any does."""
    any_legal: Any = False
    for token in range(first, last):
        allowed = (not removed[removed_row, token]) & (tokens[row, WEIGHT, token] <= resource)
        legal_[row, token] = allowed
        any_legal |= allowed
    return any_legal


@inlined
def reward_and_resource(
    tokens: Reals, row: int, token: int, variant: int, cost: float, home: float, resource: float, refill: float
) -> tuple[float, float]:
    """The item's value; the remaining capacity."""
    return np.float64(tokens[row, VALUE, token]), resource - tokens[row, WEIGHT, token]


@inlined
def final_reward(tokens: Reals, row: int, end: int, cost: float) -> float:
    """Nothing."""
    return 0.0


class Knapsack(Rules):
    """Tokens are items; their features are value and weight."""

    compiled_rules = CompiledRules(legal_into, reward_and_resource, final_reward)
    routed = False

    def __init__(self, count: int, distribution: str, instance: KnapsackInstance | None = None) -> None:
        """Creates the rules for ``count`` items of a class, or for one instance."""
        if instance is None:
            self.value_scale, self.capacity_scale = distributions.item_scales(distribution, count)
        else:
            self.value_scale, self.capacity_scale = (
                float(instance.values.max()) or 1.0,
                instance.in_units.capacity or 1.0,
            )
        super().__init__(count, 2, 2 * count, Edges(NONE), self.value_scale)
        self.heaviest = 5.0  # upper bound of weights and capacities in observations, for all classes
        self.distribution = distribution
        if instance is not None:
            if instance.weights.min() > instance.capacity:
                raise InstanceError(
                    f"{instance.name}: no item fits: the lightest weighs {instance.weights.min():g}, but the capacity "
                    f"is {instance.capacity:g}; raise the capacity"
                )
            units = instance.in_units
            self.heaviest = max(1.0, float(units.weights.max()) / self.capacity_scale)
            self.use_instance(np.stack([instance.values, units.weights]), units.capacity + 0.5 * units.tolerance)

    def generate(self, xp: Any, draws: Any) -> tuple[Any, Any]:
        """Returns new items in every row."""
        values, weights, capacity = distributions.items(xp, self.distribution, draws, self.size)
        return xp.stack((values, weights), 1), capacity

    def token_spaces(self, tokens: int) -> dict[str, Any]:
        """Returns the spaces of values, weights and the remaining capacity, divided by the scales of the class."""
        return {
            "value": spaces.Box(0.0, 2.0, (tokens,), np.float32),
            "weight": spaces.Box(0.0, self.heaviest, (tokens,), np.float32),
            "capacity_left": spaces.Box(0.0, self.heaviest, (1,), np.float32),
        }

    def token_entries(self, tokens: Any, node: Any = None, valid: Any = None) -> dict[str, Any]:
        """Returns values and weights, ``[B, L]`` each."""
        return {
            "value": single(tokens[:, VALUE] / self.value_scale),
            "weight": single(tokens[:, WEIGHT] / self.capacity_scale),
        }

    def resource_entries(self, resource: Any) -> dict[str, Any]:
        """Returns the remaining capacity, in the units of the observed weights."""
        return {"capacity_left": single(resource / self.capacity_scale)}

    def legal_actions(self, tokens: Tensor, free: Tensor, cost: Tensor, resource: Tensor, at_home: Tensor) -> Tensor:
        """See ``fits``."""
        return free & fits(tokens[:, WEIGHT], resource)

    def reward_and_resource(
        self, chosen: Tensor, cost: Tensor, home: Tensor, variant: Tensor, resource: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The item's value; the remaining capacity."""
        return chosen[:, VALUE : VALUE + 1], resource - chosen[:, WEIGHT : WEIGHT + 1]

    def final_reward(self, cost: Tensor, home: Tensor) -> Tensor:
        """Zero."""
        return cost * 0.0

    def solution(self, actions: np.ndarray) -> Any:
        """Returns the items, sorted."""
        return np.sort(actions)

    def picture(self, tokens: np.ndarray, actions: np.ndarray, resource: float, ended: bool) -> np.ndarray:
        """Draws the chosen items, in the order in which they were chosen, and the remaining ones."""
        from mdpzoo_combinatorial.render.states import partial_selection

        return partial_selection(tokens[VALUE], tokens[WEIGHT], actions, resource)

    def picture_remainder(self, tokens: np.ndarray, node: np.ndarray, resource: float) -> np.ndarray:
        """Draws the remaining items and the remaining capacity."""
        from mdpzoo_combinatorial.render.states import remaining_items

        return remaining_items(tokens[VALUE], tokens[WEIGHT], resource, self.capacity_scale)


def fits(weight: Tensor, capacity: Tensor) -> Tensor:
    """Returns whether items of weights ``[B, L]`` fit into the remaining capacity ``[B, 1]``, ``[B, L]`` bool."""
    return weight <= capacity


def quotient(state: DirectState) -> PathState:
    """The bisimulation map on tensors: keeps the remaining items and the remaining capacity."""
    return path_quotient(state, routed=False)
