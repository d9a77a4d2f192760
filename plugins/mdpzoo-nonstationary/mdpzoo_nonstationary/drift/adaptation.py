"""Online adaptation of a Stable-Baselines3 agent while the environment drifts, and its return around each change.

Answers Stable-Baselines3's issues 792 and 2100: ``model.learn(n, reset_num_timesteps=False)`` called again and again
resets the environment and rebuilds its callbacks each time. ``adapt`` calls it in short pieces and keeps the returns.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback

from mdpzoo.errors import SettingError


@dataclass(frozen=True, eq=False)
class AdaptationReport:
    """Returns of the episodes that an agent played while it learned.

    Attributes:
        ends: ``[E]`` int64, the step at which each episode ended.
        returns: ``[E]`` float64.
        changes: ``[K]`` int64.
    """

    ends: np.ndarray
    returns: np.ndarray
    changes: np.ndarray

    def around(self, window: int) -> list[dict[str, float]]:
        """Returns, for each change, the mean return ``before``, ``at`` and ``after`` it.

        Args:
            window: steps: episodes that ended within it before the change, within it after the change, and within it
                before the next change or the end; nan where there was none.
        """
        edges = np.append(self.changes, self.ends[-1] + 1 if len(self.ends) else 0)
        return [
            {
                "change": int(change),
                "before": self._mean(change - window, change),
                "at": self._mean(change, change + window),
                "after": self._mean(max(change, end - window), end),
            }
            for change, end in zip(edges[:-1], edges[1:], strict=True)
        ]

    def _mean(self, begin: int, end: int) -> float:
        inside = (begin < self.ends) & (self.ends <= end)
        return float(self.returns[inside].mean()) if inside.any() else float("nan")


def adapt(model: Any, steps: int, piece: int, changes: Any = ()) -> AdaptationReport:
    """Trains an SB3 agent online in pieces, and reports its returns around the changes.

    Args:
        model: any algorithm of Stable-Baselines3, with its environment; steps count from now.
        steps: to play, over all environments.
        piece: steps of one call of ``learn``.
        changes: steps at which the environment changes, for the report.

    Raises:
        SettingError: if steps or piece is below 1.
    """
    if steps < 1 or piece < 1:
        raise SettingError(f"steps and piece must be at least 1, got {steps} and {piece}")
    notes, begun = _Returns(), model.num_timesteps
    while model.num_timesteps - begun < steps:
        left = steps - (model.num_timesteps - begun)
        model.learn(min(piece, left), callback=notes, reset_num_timesteps=False, log_interval=None)
    return AdaptationReport(
        np.array(notes.ends, np.int64) - begun, np.array(notes.returns), np.asarray(changes, np.int64).reshape(-1)
    )


class _Returns(BaseCallback):
    """Records the returns of ended episodes."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[int] = []
        self.returns: list[float] = []

    def _on_step(self) -> bool:
        for info in self.locals["infos"]:
            if "episode" in info:
                self.ends.append(self.num_timesteps)
                self.returns.append(float(info["episode"]["r"]))
        return True
