"""The alternation of the two learners."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Turns:
    """The place in the alternation.

    Attributes:
        taken: turns that have ended.
        learner: 0: the protagonist, 1: the adversary, who begins.
        episodes_done: number of episodes in this turn.
        plan: ``[n]`` temperatures of the present iteration; None before the first.
    """

    taken: int = 0
    learner: int = 1
    episodes_done: int = 0
    plan: np.ndarray | None = None

    def ordered(self, players: Mapping[str, Any]) -> tuple[Any, Any]:
        """Returns the learning player, and the other."""
        first, second = players.values()
        return (first, second) if self.learner == 0 else (second, first)

    def pass_on(self, opposed: bool) -> bool:
        """Ends a turn; returns whether it was the last of an iteration, that is the protagonist's."""
        self.taken += 1
        was_last = self.learner == 0
        if opposed:
            self.learner = 1 - self.learner
        return was_last
