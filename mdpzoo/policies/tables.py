"""A policy as a table of probabilities, for Discrete observations and actions."""

from typing import Any

import numpy as np

from mdpzoo.errors import SettingError

TOLERANCE = 1e-6  # how far a row may sum from 1; rows are divided by their sums


class TablePolicy:
    """Draws an action from the row of the observation.

    Attributes:
        draws: numbers that one decision takes, 1.
    """

    draws = 1

    def __init__(self, probabilities: Any) -> None:
        """Checks a table.

        Args:
            probabilities: ``[S, A]``, non-negative, each row summing to 1.

        Raises:
            SettingError: if it is no such table; names the row.
        """
        table = np.asarray(probabilities, np.float64)
        if table.ndim != 2 or 0 in table.shape:
            raise SettingError(f"a table of probabilities must have shape [S, A], got {list(table.shape)}")
        sums = table.sum(1)
        wrong = np.flatnonzero(~((table >= 0).all(1) & (np.abs(sums - 1) <= TOLERANCE)))
        if wrong.size:
            row = int(wrong[0])
            raise SettingError(f"row {row} of the table must be probabilities that sum to 1, got {table[row]!s:.60}")
        self.probabilities = table / sums[:, None]
        self._thresholds: Any = np.cumsum(self.probabilities, 1)[:, :-1]

    def act(self, observations: Any, numbers: Any, masks: Any = None) -> Any:
        """Returns ``[B]`` actions.

        Args:
            observations: ``[B]`` int64, an array or a tensor.
            numbers: ``[B, 1]`` float64, uniform in [0, 1).
            masks: not used.
        """
        return (self._thresholds[observations] <= numbers).sum(1)

    def to(self, device: Any) -> "TablePolicy":
        """Returns the same policy for tensors on a device."""
        import torch

        moved = TablePolicy(self.probabilities)
        moved._thresholds = torch.as_tensor(self._thresholds, device=device)
        return moved

    def predict(
        self, observation: Any, state: Any = None, episode_start: Any = None, deterministic: bool = True
    ) -> tuple[np.ndarray, Any]:
        """Returns the most probable actions, in SB3's form; to draw, call ``act`` with numbers."""
        return self.probabilities[np.asarray(observation)].argmax(-1), state
