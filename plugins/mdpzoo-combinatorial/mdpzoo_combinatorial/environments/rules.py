"""What makes one combinatorial problem, apart from the two forms in which it is played (``direct.py``, ``path.py``).

An instance is a set of tokens, nodes or items, each with F features. A choice takes one of those left; some problems
take it in one of several ways. What follows from a choice depends on the token, on the cost of going there from the
current one, and on one number that is used up: a capacity, a budget, or nothing.
"""

import copy
from abc import ABC, abstractmethod
from typing import Any, Literal

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from mdpzoo_combinatorial.environments.edges import Edges

TOUR, ROUTES, PRIZES, ITEMS = range(4)  # what the compiled steps tell problems apart by
EDGES_LEFT = (1, 2, 0, 0)  # by kind: an illegal action costs this often ``price`` for every token left, and once more
Form = Literal["direct", "bq"]


class Rules(ABC):
    """One problem, from what generates its instances or from a single one; nothing here is changed by play.

    Attributes:
        kind: which compiled step it is: TOUR (all must be visited), ROUTES (likewise, by vehicles with a capacity),
            PRIZES (as many as the budget allows, and home), ITEMS (as many as fit).
        ways: K, in how many ways a token may be chosen; action = K * token + way.
        routed: whether there is a current node and a way home, to token 0.
        refill: what a vehicle holds when it leaves the depot.
        tolerance: by how much rounding may overdraw a budget.
        size: n, tokens of an instance.
        features: F.
        draws: random numbers that an instance takes.
        most: how many choices an episode has at most.
        edges: what going somewhere costs.
        price: of an illegal action, see ``EDGES_LEFT``.
    """

    kind = TOUR
    action_variants = 1
    routed = True
    refill = 0.0
    tolerance = 0.0

    def __init__(self, size: int, features: int, draws: int, edges: Edges, price: float) -> None:
        """See the class attributes; call ``fix`` to play one instance only."""
        self.size, self.features, self.draws, self.edges, self.price = size, features, draws, edges, price
        self.most = size - self.routed
        self._tokens: Tensor | None = None
        self._resource = 0.0

    def fix(self, tokens: Any, resource: float) -> None:
        """Plays one instance only: its tokens ``[F, n]`` and what may be used up."""
        self._tokens, self._resource, self.draws = torch.from_numpy(np.ascontiguousarray(tokens)), resource, 0

    def to(self, device: Any) -> "Rules":
        """The same rules with their tensors on a device."""
        moved = copy.copy(self)
        moved.edges = self.edges.to(device)
        moved._tokens = None if self._tokens is None else self._tokens.to(device)
        return moved

    def initial(self, xp: Any, draws: Any) -> tuple[Any, Any]:
        """Tokens ``[B, F, n]`` and what may be used up ``[B, 1]`` float64, from ``[B, draws]`` numbers.

        Args:
            xp: ``numpy`` or ``torch``, the library of the numbers.
            draws: float64, uniform in [0, 1).
        """
        if self._tokens is None:
            return self.generated(xp, draws)
        if xp is np:
            return np.repeat(self._tokens.numpy()[None], len(draws), 0), np.full((len(draws), 1), self._resource)
        resource = torch.full((len(draws), 1), self._resource, dtype=torch.float64, device=draws.device)
        return self._tokens.repeat(len(draws), 1, 1), resource

    @abstractmethod
    def generated(self, xp: Any, draws: Any) -> tuple[Any, Any]:
        """``initial`` where instances are random."""

    @abstractmethod
    def shown_spaces(self, tokens: int) -> dict[str, spaces.Space[Any]]:
        """The spaces of what ``shown`` and ``left`` return, for so many tokens."""

    @abstractmethod
    def shown(self, tokens: Any, node: Any = None, valid: Any = None) -> dict[str, Any]:
        """What is seen of the tokens, ``[B, L, ...]``.

        Args:
            tokens: ``[B, F, L]``, an array or a tensor.
            node: ``[B, L]`` int64, their names; None where they are in the order of their names.
            valid: ``[B, L]`` bool, which are not padding; None where there is none.
        """

    @abstractmethod
    def solution(self, actions: np.ndarray) -> Any:
        """Direct actions ``[choices]`` as the problem's instances take a solution."""

    @abstractmethod
    def picture(self, tokens: np.ndarray, actions: np.ndarray, resource: float, ended: bool) -> np.ndarray:
        """A picture of what is chosen so far, ``[height, width, 3]`` uint8.

        Args:
            tokens: ``[F, n]``.
            actions: ``[choices]`` int64, of the direct form.
            resource: what is left of it.
            ended: whether nothing more can be chosen.
        """

    @abstractmethod
    def picture_left(self, tokens: np.ndarray, node: np.ndarray, resource: float) -> np.ndarray:
        """A picture of what is left in the quotiented form, ``[height, width, 3]`` uint8.

        Args:
            tokens: ``[F, L]``, without padding.
            node: ``[L]`` int64, their names.
            resource: what is left of it.
        """

    def penalty(self, left: Tensor) -> Tensor:
        """What an illegal action costs, ``[B, 1]`` float64, while ``[B, 1]`` tokens are left."""
        return self.price * (EDGES_LEFT[self.kind] * left + 1).double()

    def left(self, resource: Any) -> dict[str, Any]:
        """What is seen of the resource, ``[B, 1]`` float32, of ``[B, 1]`` float64."""
        return {}

    def legal(self, tokens: Tensor, free: Tensor, cost: Tensor, resource: Tensor, at_home: Tensor) -> Tensor:
        """Which actions are allowed, ``[B, K L]`` bool.

        Args:
            tokens: ``[B, F, L]``.
            free: ``[B, L]`` bool, tokens left.
            cost: ``[B, L]``, from the current node.
            resource: ``[B, 1]`` float64.
            at_home: ``[B, 1]`` bool, whether the current node is token 0.
        """
        return free

    def reward_of(
        self, chosen: Tensor, cost: Tensor, home: Tensor, way: Tensor, resource: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The reward of a choice and what is left of the resource, ``[B, 1]`` float64 both.

        Args:
            chosen: ``[B, F]``, the token's features.
            cost: ``[B, 1]`` float64, of going there.
            home: ``[B, 1]`` float64, of going from the current node to token 0.
            way: ``[B, 1]`` int64, in which way.
            resource: ``[B, 1]`` float64.
        """
        return -cost, resource

    def closing(self, cost: Tensor, home: Tensor) -> Tensor:
        """What the end of an episode adds to its last reward, ``[B, 1]`` float64.

        Args:
            cost: ``[B, 1]`` float64, of going home.
            home: ``[B, F]``, the features of token 0.
        """
        return -cost
