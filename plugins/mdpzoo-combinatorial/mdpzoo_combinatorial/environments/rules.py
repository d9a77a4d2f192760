"""The rules of one combinatorial problem, independent of the form in which it is played (``direct.py``, ``path.py``).

An instance is a set of tokens (nodes or items) with F features each. An action chooses one of the remaining tokens;
some problems offer several variants of a choice. The effect of a choice depends on the token, on the cost of the edge
from the current node, and on one resource that choices may use up, a capacity or a budget.

A problem states its legality and rewards twice: densely, in the methods of its ``Rules``, and compiled, in its
``CompiledRules``. A test compares both to the last bit.
"""

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from torch import Tensor

from mdpzoo.compiling import inlined
from mdpzoo_combinatorial.environments.edges import Edges

Form = Literal["direct", "bq"]
Reals = NDArray[np.float32]
Flags = NDArray[np.bool_]


class CompiledRules(NamedTuple):
    """The inlined functions of a problem, from which ``compiled_steps.py`` makes its steps.

    Each has the parameters of the function of the same name in this module.

    Attributes:
        legal_into: fills in the legal actions of a row.
        reward_and_resource: the reward of a choice, and the resource after it.
        final_reward: what the end of an episode adds to its last reward.
    """

    legal_into: Callable[..., bool]
    reward_and_resource: Callable[..., tuple[float, float]]
    final_reward: Callable[..., float]


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
    """Fills ``legal_`` for the tokens ``first`` to ``last`` unless ``removed``; returns whether any action is legal."""
    for token in range(first, last):
        legal_[row, token] = not removed[removed_row, token]
    return first < last


@inlined
def reward_and_resource(
    tokens: Reals, row: int, token: int, variant: int, cost: float, home: float, resource: float, refill: float
) -> tuple[float, float]:
    """Minus the cost of the edge; nothing is used up."""
    return -cost, resource


@inlined
def final_reward(tokens: Reals, row: int, end: int, cost: float) -> float:
    """Minus the cost of the edge to token ``end``, which stands for token 0."""
    return -np.float64(cost)


class Rules(ABC):
    """One problem, with random instances or a single fixed one. Stepping changes nothing here.

    The defaults are those of a tour: every token must be visited, and each edge costs its length.

    Attributes:
        compiled_rules: legality and rewards as inlined functions.
        action_variants: K, the variants of a choice; action = K * token + variant.
        routed: whether there is a current node, and a final edge back to token 0.
        limited: whether choices use up a resource, on which legality depends.
        illegal_edges: an illegal action costs ``illegal_cost`` so many times for each remaining token, and once more.
        refill: the load of a vehicle when it leaves the depot.
        tolerance: rounding error by which a budget may be exceeded.
        size: n, the tokens of an instance.
        features: F, the features of a token.
        draws: random numbers that an instance needs.
        max_choices: maximum length of an episode.
        edges: costs between nodes.
        illegal_cost: unit of the penalty for an illegal action, see ``penalty``.
    """

    compiled_rules: ClassVar[CompiledRules] = CompiledRules(legal_into, reward_and_resource, final_reward)
    action_variants: ClassVar[int] = 1
    routed: ClassVar[bool] = True
    limited: ClassVar[bool] = True
    illegal_edges: ClassVar[int] = 0
    refill = 0.0
    tolerance = 0.0

    def __init__(self, size: int, features: int, draws: int, edges: Edges, illegal_cost: float) -> None:
        """See the class attributes; ``use_instance`` replaces random instances by a fixed one."""
        self.size, self.features, self.draws, self.edges = size, features, draws, edges
        self.illegal_cost = illegal_cost
        self.max_choices = size - self.routed
        self._tokens: Tensor | None = None
        self._resource = 0.0

    def use_instance(self, tokens: Any, resource: float) -> None:
        """Starts every episode from the same tokens ``[F, n]`` and resource."""
        self._tokens, self._resource, self.draws = torch.from_numpy(np.ascontiguousarray(tokens)), resource, 0

    def to(self, device: Any) -> "Rules":
        """Returns the same rules with their tensors on a device."""
        moved = copy.copy(self)
        moved.edges = self.edges.to(device)
        moved._tokens = None if self._tokens is None else self._tokens.to(device)
        return moved

    def initial(self, xp: Any, draws: Any) -> tuple[Any, Any]:
        """Returns tokens ``[B, F, n]`` and resources ``[B, 1]`` float64, from ``[B, draws]`` numbers.

        Args:
            xp: ``numpy`` or ``torch``, the library of the numbers.
            draws: float64, uniform in [0, 1).
        """
        if self._tokens is None:
            return self.generate(xp, draws)
        if xp is np:
            return np.repeat(self._tokens.numpy()[None], len(draws), 0), np.full((len(draws), 1), self._resource)
        resource = torch.full((len(draws), 1), self._resource, dtype=torch.float64, device=draws.device)
        return self._tokens.repeat(len(draws), 1, 1), resource

    @abstractmethod
    def generate(self, xp: Any, draws: Any) -> tuple[Any, Any]:
        """Returns random instances, with the arguments and the result of ``initial``."""

    @abstractmethod
    def token_spaces(self, tokens: int) -> dict[str, spaces.Space[Any]]:
        """Returns the spaces of ``token_entries`` and ``resource_entries``, for so many tokens."""

    @abstractmethod
    def token_entries(self, tokens: Any, node: Any = None, valid: Any = None) -> dict[str, Any]:
        """Returns the entries of the observation that describe tokens, ``[B, L, ...]``.

        Args:
            tokens: ``[B, F, L]``, an array or a tensor.
            node: ``[B, L]`` int64, the tokens' indices in the instance; None if they are 0, 1, 2, ...
            valid: ``[B, L]`` bool, False for padding; None if there is none.
        """

    def resource_entries(self, resource: Any) -> dict[str, Any]:
        """Returns the entries of the observation that describe the resource ``[B, 1]`` float64, as float32."""
        return {}

    @abstractmethod
    def solution(self, actions: np.ndarray) -> Any:
        """Converts direct actions ``[choices]`` into a solution as the problem's instances expect it."""

    @abstractmethod
    def picture(self, tokens: np.ndarray, actions: np.ndarray, resource: float, ended: bool) -> np.ndarray:
        """Draws a partial solution, ``[height, width, 3]`` uint8.

        Args:
            tokens: ``[F, n]``.
            actions: ``[choices]`` int64, of the direct form.
            resource: the remaining resource.
            ended: whether no legal action remains.
        """

    @abstractmethod
    def picture_remainder(self, tokens: np.ndarray, node: np.ndarray, resource: float) -> np.ndarray:
        """Draws the remaining problem of the quotiented form, ``[height, width, 3]`` uint8.

        Args:
            tokens: ``[F, L]``, without padding.
            node: ``[L]`` int64, the tokens' indices in the instance.
            resource: the remaining resource.
        """

    def penalty(self, remaining: Tensor) -> Tensor:
        """Returns the cost of an illegal action, ``[B, 1]`` float64, while ``[B, 1]`` tokens remain."""
        return self.illegal_cost * (self.illegal_edges * remaining + 1).double()

    def legal_actions(self, tokens: Tensor, free: Tensor, cost: Tensor, resource: Tensor, at_home: Tensor) -> Tensor:
        """Returns the legal actions, ``[B, K L]`` bool.

        Args:
            tokens: ``[B, F, L]``.
            free: ``[B, L]`` bool, the remaining tokens.
            cost: ``[B, L]``, from the current node.
            resource: ``[B, 1]`` float64.
            at_home: ``[B, 1]`` bool, whether the current node is token 0.
        """
        return free

    def reward_and_resource(
        self, chosen: Tensor, cost: Tensor, home: Tensor, variant: Tensor, resource: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Returns the reward of a choice and the resource after it, ``[B, 1]`` float64 each.

        Args:
            chosen: ``[B, F]``, the token's features.
            cost: ``[B, 1]`` float64, from the current node to the token.
            home: ``[B, 1]`` float64, from the current node to token 0.
            variant: ``[B, 1]`` int64, of the choice.
            resource: ``[B, 1]`` float64.
        """
        return -cost, resource

    def final_reward(self, cost: Tensor, home: Tensor) -> Tensor:
        """Returns what the end of an episode adds to its last reward, ``[B, 1]`` float64.

        Args:
            cost: ``[B, 1]`` float64, from the last node to token 0.
            home: ``[B, F]``, the features of token 0.
        """
        return -cost
