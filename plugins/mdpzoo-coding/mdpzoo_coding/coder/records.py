"""One step of a coder: the block that is coupled with the policy, and their coupling."""

from dataclasses import dataclass

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo_coding.coder.posteriors import action_at, weight_of


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """A coupling of the policy's actions with the symbols of one block, or with labels of them.

    Attributes:
        block: index of the block.
        row: ``[A]`` int64, the policy's masses, sum 2^40.
        rows: ``[entries]`` int64, actions.
        columns: ``[entries]`` int64, symbols; labels where ``labels`` is not None.
        masses: ``[entries]`` int64, sum 2^40.
        available: ``[A]`` bool, the actions that noise can put in the place of the chosen one.
        labels: ``[n]`` int64, the label that an encoder gives each symbol; None without a rate limit.
    """

    block: int
    row: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    masses: np.ndarray
    available: np.ndarray
    labels: np.ndarray | None = None

    def check(self, action: int, noise: int) -> None:
        """Checks that policy or noise can have led to an action.

        Raises:
            SettingError: if not.
        """
        inside = 0 <= action < len(self.row)
        if not inside or not (self.row[action] or (noise and self.available[action])):
            raise SettingError(f"action {action} has probability 0 under the shared policy; the policies differ")

    def draw(self, symbol: int, generator: np.random.Generator) -> int:
        """Draws the action of a sender of this symbol.

        Raises:
            SettingError: if the belief has ruled the symbol out.
        """
        column = symbol if self.labels is None else int(self.labels[symbol])
        total = weight_of(self.columns, self.masses, column)
        if total == 0:
            raise SettingError("this message has been ruled out: the actions so far are not its sender's")
        return int(action_at(self.rows, self.columns, self.masses, column, int(generator.integers(total))))
