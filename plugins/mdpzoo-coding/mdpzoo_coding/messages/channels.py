"""One end of a channel: the frame so far, and the coder of the current group."""

import numpy as np

from mdpzoo_coding.coder.online import Coder
from mdpzoo_coding.couplings.integer_masses import TOTAL
from mdpzoo_coding.messages.framing import Frame, Symbols

CERTAIN = 2.0**-24  # a group is complete when no block leaves more doubt


class Channel:
    """One end of the channel, identical for sender and receiver, step by step.

    A group of blocks is complete when the belief in its best symbols is nearly 1. With noise this is the error
    correction: the belief counts what noise can do, and a block goes on until it is certain. As both ends see the
    executed actions, the sender knows what the receiver believes.

    Attributes:
        frame: the part of the frame that has arrived.
        arrived: number of groups that have arrived.
        last: the symbols of the last group that arrived.
    """

    def __init__(self, mask: bytes, noise: float) -> None:
        """Starts with the first group.

        Args:
            mask: 8 bytes, which hide the length.
            noise: probability that a uniform available action replaces the chosen one.
        """
        self.frame, self.arrived, self.noise = Frame(mask), 0, noise
        self.last: Symbols = ()
        self._coder: Coder | None = self._next()
        self._row = np.zeros(0, np.int64)

    @property
    def complete(self) -> bool:
        """Whether the whole frame has arrived."""
        return self._coder is None

    def couple(self, row: np.ndarray) -> None:
        """Couples the policy's masses ``[A]`` int64 with the message."""
        self._row = row
        if self._coder is not None:
            self._coder.couple(row)

    def sample(self, groups: list[Symbols], generator: np.random.Generator) -> int:
        """Draws the sender's action; when the frame is complete, an action of the policy."""
        if self._coder is not None:
            return self._coder.sample(groups[self.arrived], generator)
        return drawn(self._row, generator)

    def update(self, executed: int) -> None:
        """Conditions the belief on the executed action; a complete group joins the frame.

        Raises:
            SettingError: if neither policy nor noise can have led to the action, or the length is impossible.
        """
        if self._coder is None:
            return
        self._coder.update(executed)
        if self._coder.doubt() <= CERTAIN:
            self.last = self._coder.decode()
            self.frame.accept(self.last)
            self.arrived += 1
            self._coder = self._next()

    def entropy(self) -> float:
        """Returns the bits of the present group that are still unknown."""
        return 0.0 if self._coder is None else self._coder.entropy()

    def _next(self) -> Coder | None:
        sizes = self.frame.sizes()
        return Coder(list(sizes), self.noise, coupling="greedy") if sizes else None


def drawn(row: np.ndarray, generator: np.random.Generator) -> int:
    """Draws an action from masses ``[A]`` int64 that sum to 2^40."""
    return int(np.searchsorted(np.cumsum(row), int(generator.integers(TOTAL)), side="right"))
