"""Collects exactly m episodes from environments that step together, and keeps a window of their steps.

Rows begin new episodes until m have begun, and each of these is played to its end. Collecting the first m episodes that
end would favour short ones. A row that is no longer needed idles, because the environments step together; its steps
count as well.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdpzoo.errors import CheckpointError
from mdpzoo_horizon.algorithms.shallow_q_iteration import Window

ARRAYS = ("returns", "lengths", "counters", "playing")
COUNTS = ("_begun", "_ended", "environment_steps")


class Collection:
    """m episodes that are played in B rows.

    Attributes:
        window: the steps ``first .. last`` of the episodes.
        returns: ``[m]`` float64, the sum of each episode's rewards.
        lengths: ``[m]`` int64, the number of steps of each episode.
        counters: ``[B]`` int64, the step of each row's episode, from 0.
        environment_steps: steps of all rows so far, idle rows included.
        playing: ``[B]`` int64, which of the m episodes a row plays; -1 if it idles.
    """

    def __init__(
        self, episodes: int, rows: int, first: int, last: int, horizon: int, shape: tuple[int, ...], kind: Any
    ) -> None:
        """Allocates the window.

        Args:
            episodes: m, at least 1.
            rows: B, at least 1.
            first: the window's first step, counted from 0.
            last: the window's last step, below the horizon.
            horizon: T, steps after which an episode ends even if the environment goes on.
            shape: shape of an observation.
            kind: NumPy dtype of an observation.
        """
        length = last - first + 1
        self.window = Window(
            np.zeros((length, episodes, *shape), kind),
            np.zeros((length, episodes), np.int64),
            np.zeros((length, episodes)),
            np.zeros((length, episodes), bool),
        )
        self.returns, self.lengths = np.zeros(episodes), np.zeros(episodes, np.int64)
        self.counters = np.zeros(rows, np.int64)
        self.playing = np.full(rows, -1)
        self._first, self._last, self._horizon = first, last, horizon
        self._begun = self._ended = self.environment_steps = 0

    @property
    def complete(self) -> bool:
        """Whether all m episodes have ended."""
        return self._ended == len(self.returns)

    @property
    def stuck(self) -> bool:
        """Whether no row plays an episode, so that the environments must be reset."""
        return not self.complete and not (self.playing >= 0).any()

    @property
    def steps(self) -> int:
        """Steps of all episodes so far, without idle rows."""
        return int(self.lengths.sum())

    def state(self) -> dict[str, Any]:
        """Returns everything that has been collected, as arrays and integers, for ``restore``."""
        return {"window": tuple(self.window), **{name: getattr(self, name) for name in (*ARRAYS, *COUNTS)}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continues from a state of a collection of the same steps, with as many episodes and rows.

        Raises:
            CheckpointError: if it is one of another collection.
        """
        names = [*Window._fields, *ARRAYS]
        now = [*self.window, *(getattr(self, name) for name in ARRAYS)]
        saved = [np.array(each) for each in (*state["window"], *(state[name] for name in ARRAYS))]
        for name, mine, other in zip(names, now, saved, strict=True):
            if (mine.shape, mine.dtype) != (other.shape, other.dtype):
                raise CheckpointError(f"{name} of the saved episodes has shape {other.shape}, expected {mine.shape}")
        self.window = Window(*saved[:4])
        for name, array in zip(ARRAYS, saved[4:], strict=True):
            setattr(self, name, array)
        for name in COUNTS:
            setattr(self, name, int(state[name]))

    def grow(self, episodes: int) -> None:
        """Adds episodes; rows that have just been reset begin them."""
        more = [np.zeros((*each.shape[:1], episodes, *each.shape[2:]), each.dtype) for each in self.window]
        self.window = Window(*(np.concatenate(both, 1) for both in zip(self.window, more, strict=True)))
        self.returns = np.concatenate((self.returns, np.zeros(episodes)))
        self.lengths = np.concatenate((self.lengths, np.zeros(episodes, np.int64)))
        self.begin(np.flatnonzero((self.counters == 0) & (self.playing < 0)))

    def begin(self, rows: np.ndarray) -> None:
        """Begins episodes in rows (indices) that have just been reset, until all m have begun."""
        self.counters[rows] = 0
        taken = rows[: len(self.returns) - self._begun]
        self.playing[taken] = self._begun + np.arange(len(taken))
        self._begun += len(taken)

    def record(self, observations: np.ndarray, actions: np.ndarray, rewards: np.ndarray, dones: np.ndarray) -> None:
        """Records one step of every row.

        Args:
            observations: ``[B, ...]``, before the step.
            actions: ``[B]``, in 0 .. A - 1.
            rewards: ``[B]``.
            dones: ``[B]`` bool, whether the environment has begun a new episode.
        """
        self.environment_steps += len(dones)
        rows = (self.playing >= 0).nonzero()[0]
        steps, episodes = self.counters[rows], self.playing[rows]
        self.returns[episodes] += rewards[rows]
        self.lengths[episodes] += 1
        late = steps >= self._first
        if late.any():
            self._keep(rows[late], steps[late], episodes[late], observations, actions, rewards)
        self.counters += 1
        ended = rows[dones[rows] | (steps + 1 >= self._horizon)]
        self.playing[ended] = -1
        self._ended += len(ended)
        if dones.any():
            self.begin(np.flatnonzero(dones))

    def _keep(self, rows: Any, steps: Any, episodes: Any, observations: Any, actions: Any, rewards: Any) -> None:
        places = np.minimum(steps, self._last) - self._first
        self.window.rewards[places, episodes] += rewards[rows]
        inside = steps <= self._last
        rows, places, episodes = rows[inside], places[inside], episodes[inside]
        self.window.observations[places, episodes] = observations[rows]
        self.window.actions[places, episodes] = actions[rows]
        self.window.alive[places, episodes] = True
