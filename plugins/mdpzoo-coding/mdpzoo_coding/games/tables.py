"""Tables as the MDP of a coding game, with or without masked moves."""

from typing import Any

import numpy as np
from gymnasium.spaces import Discrete

from mdpzoo.errors import IllegalActionError
from mdpzoo.models import TabularMDP
from mdpzoo.protocols import Draw


class MaskedTable:
    """A table some of whose actions lead nowhere in some states; a ``Model`` whose mask leaves them out.

    If played, such an action stays in place. No policy of ``soft_policy`` plays one.

    Attributes:
        model: the table for planners, with one state more: masked moves lead there at a forbidding price.
        legal: ``[S, A]`` bool, the actions that are not masked.
    """

    def __init__(self, model: TabularMDP, legal: np.ndarray) -> None:
        """Takes a table of S + 1 states and the mask of the first S."""
        self.model, self.legal = model, legal
        self.observation_space, self.action_space = Discrete(len(legal)), Discrete(legal.shape[1])

    def initial(self, draw: Draw, before: Any = None) -> int:
        """Draws a start state."""
        return self.model.initial(draw)

    def step(self, state: int, action: int, draw: Draw) -> tuple[int, float, bool]:
        """Moves.

        Raises:
            IllegalActionError: if there is no such action.
        """
        if not 0 <= action < self.legal.shape[1]:
            raise IllegalActionError(f"action must lie in 0..{self.legal.shape[1] - 1}, got {action}")
        if not self.legal[state, action]:
            draw()  # each step takes one number
            return state, 0.0, False
        return self.model.step(state, action, draw)

    def observe(self, state: int) -> int:
        """Returns the state, row by row."""
        return state

    def action_mask(self, state: int) -> np.ndarray:
        """Returns the actions that lead somewhere, ``[A]`` bool."""
        return self.legal[state]


def table_of(model: Any) -> TabularMDP | None:
    """Returns the table underlying the rules of an MDP; None if there is none."""
    found = model.model if isinstance(model, MaskedTable) else model
    return found if isinstance(found, TabularMDP) else None
