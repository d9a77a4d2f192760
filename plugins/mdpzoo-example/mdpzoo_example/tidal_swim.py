"""TidalSwim: RiverSwim whose current and rewards change sides with a tide that nobody sees and no reset stops.

The rivers are those of ``river_swim``: at low tide that one, at high tide its mirror image. The tide turns every
``period`` steps of a clock that runs on through resets; ``reset(seed=...)`` starts it again.
"""

from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
from gymnasium.spaces import Discrete

from mdpzoo.models import TabularMDP
from mdpzoo.protocols import Draw
from mdpzoo.settings import Range, ranged
from mdpzoo_example.rivers import river_swim

if TYPE_CHECKING:
    from mdpzoo_example.tidal_batches import TidalSwims


class TidalState(NamedTuple):
    """The position of the swimmer, and the hidden clock.

    Attributes:
        position: ``0 .. length - 1``.
        clock: steps since ``reset(seed=...)``.
    """

    position: int
    clock: int


class TidalSwim:
    """One swimmer; a ``Model`` whose clock outlives episodes.

    Rewards: Those of RiverSwim, 1 and 0.005, which stand at opposite ends of the river in the two phases.

    Ends: Never by the rules; a limit of steps truncates it.

    Attributes:
        rivers: both rivers as one table of ``2 * length`` states: position p at phase f is state ``f * length + p``.
        length: positions.
        period: steps between two turns of the tide.
    """

    @ranged
    def __init__(self, length: Annotated[int, Range(2)] = 6, period: Annotated[int, Range(1)] = 1000) -> None:
        """Builds both rivers.

        Args:
            length: positions, at least 2.
            period: steps between two turns of the tide, at least 1.

        Raises:
            SettingError: if a number is out of its range.
        """
        self.length, self.period, self.rivers = length, period, both_rivers(length)
        self.observation_space, self.action_space = Discrete(length), Discrete(2)

    def batched(self) -> "TidalSwims":
        """Returns the same rules for many swimmers at once."""
        from mdpzoo_example.tidal_batches import TidalSwims

        return TidalSwims(self.rivers.batched(), self.length, self.period)

    def initial(self, draw: Draw, before: TidalState | None = None) -> TidalState:
        """Starts at position 0; the clock continues from the last episode."""
        draw()  # the tables of the batched form take one number, too
        return TidalState(0, 0 if before is None else before.clock)

    def step(self, state: TidalState, action: int, draw: Draw) -> tuple[TidalState, float, bool]:
        """Swims once, in the river of the present phase.

        Raises:
            IllegalActionError: if the action is neither 0 (left) nor 1 (right).
        """
        phase = state.clock // self.period % 2
        after, reward, _ = self.rivers.step(phase * self.length + state.position, action, draw)
        return TidalState(after % self.length, state.clock + 1), reward, False

    def observe(self, state: TidalState) -> int:
        """Returns the position; clock and phase are hidden."""
        return state.position

    def reveal(self, state: TidalState) -> dict[str, int]:
        """Returns the ``clock``, and the ``phase`` of the next step: 0 at low tide, 1 at high tide."""
        return {"clock": state.clock, "phase": state.clock // self.period % 2}


def both_rivers(length: int) -> TabularMDP:
    """Builds the river and its mirror image as one table of ``2 * length`` states."""
    transitions, rewards = river_swim(length).to_arrays()
    joint, paid = np.zeros((2 * length, 2, 2 * length)), np.zeros((2 * length, 2, 2 * length))
    low, high = slice(length), slice(length, None)
    for target, source in ((joint, transitions), (paid, rewards)):
        target[low, :, low] = source
        target[high, :, high] = source[::-1, ::-1, ::-1]  # positions and directions change sides
    return TabularMDP.from_arrays(joint, paid)
