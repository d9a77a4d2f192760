"""Trajectories as frozen arrays: episode after episode, in one file without pickles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces

from mdpzoo.errors import SettingError
from mdpzoo.records import files


@dataclass(frozen=True, eq=False, repr=False)
class Trajectories:
    """E episodes with N steps in total.

    Episode e has the steps ``offsets[e]:offsets[e + 1]``. It has one observation more than steps: ``offsets[e] + e``
    is its first, and ``offsets[e + 1] + e`` its last.

    Attributes:
        observations: ``[N + E, ...]``, or a dictionary of such arrays.
        actions: ``[N, ...]``.
        rewards: ``[N]`` float64.
        terminated: ``[N]`` bool, the rules ended the episode with this step.
        truncated: ``[N]`` bool, a limit ended it. An episode that was going on when recording stopped has neither.
        offsets: ``[E + 1]`` int64.
        log_probabilities: ``[N]`` float64, of the actions under the policy that chose them; None if unknown.
        revealed: hidden facts by name: ``[N + E, ...]`` beside the observations, or with ``revealed_at="end"`` one for
            each episode, ``[E, ...]``.
        revealed_at: ``"never"``, ``"end"`` or ``"always"``.
        observation_space: of one observation.
        action_space: of one action.
        source: what was recorded, JSON values only: ``environment``, ``settings``, ``agent``, ``seed``.
    """

    observations: Any
    actions: np.ndarray
    rewards: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    offsets: np.ndarray
    observation_space: spaces.Space[Any]
    action_space: spaces.Space[Any]
    log_probabilities: np.ndarray | None = None
    revealed: Mapping[str, np.ndarray] = field(default_factory=dict)
    revealed_at: str = "never"
    source: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Checks that the arrays fit each other, and freezes them.

        Raises:
            SettingError: if one does not; names it.
        """
        steps, episodes = len(self.rewards), len(self.offsets) - 1
        lengths = np.diff(self.offsets)
        if episodes < 0 or self.offsets[0] != 0 or self.offsets[-1] != steps or (lengths < 1).any():
            raise SettingError(f"offsets must rise from 0 to the number of steps, {steps}")
        per_fact = episodes if self.revealed_at == "end" else steps + episodes
        expected = {"actions": steps, "rewards": steps, "terminated": steps, "truncated": steps}
        expected |= dict.fromkeys(self.parts("observations"), steps + episodes)
        expected |= dict.fromkeys(self.parts("revealed"), per_fact)
        expected |= {} if self.log_probabilities is None else {"log_probabilities": steps}
        arrays = self.arrays()
        for name, length in expected.items():
            if arrays[name].ndim < 1 or len(arrays[name]) != length:
                raise SettingError(f"{name} must have {length} rows, got shape {list(arrays[name].shape)}")
        ends = self.terminated | self.truncated
        if np.delete(ends, self.offsets[1:] - 1).any():
            raise SettingError("only an episode's last step may be terminated or truncated")
        for array in arrays.values():
            array.flags.writeable = False

    def __repr__(self) -> str:
        """Shows the sizes."""
        return f"Trajectories({self.num_episodes} episodes, {self.num_steps} steps)"

    @property
    def num_episodes(self) -> int:
        """Number of episodes, E."""
        return len(self.offsets) - 1

    @property
    def num_steps(self) -> int:
        """Number of steps, N."""
        return len(self.rewards)

    @property
    def returns(self) -> np.ndarray:
        """The undiscounted return of each episode, ``[E]`` float64."""
        return np.add.reduceat(self.rewards, self.offsets[:-1]) if self.num_episodes else np.zeros(0)

    def parts(self, name: str) -> dict[str, np.ndarray]:
        """Returns the arrays of ``observations`` or ``revealed`` by the names that they have in a file."""
        value = getattr(self, name)
        return {f"{name}/{key}": each for key, each in value.items()} if isinstance(value, Mapping) else {name: value}

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns every array by the name that it has in a file."""
        named = {"actions": self.actions, "rewards": self.rewards, "offsets": self.offsets}
        named |= {"terminated": self.terminated, "truncated": self.truncated}
        named |= {} if self.log_probabilities is None else {"log_probabilities": self.log_probabilities}
        return named | self.parts("observations") | self.parts("revealed")

    def save(self, path: str | Path) -> None:
        """Writes a compressed NumPy archive (.npz), whole or not at all.

        Raises:
            OSError: if the folder cannot be written.
            SettingError: if a space is of a kind that the file cannot hold.
        """
        files.write(self, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> "Trajectories":
        """Reads a file written by ``save``; nothing is unpickled.

        Raises:
            InstanceError: if the file is damaged or holds no trajectories; says why.
        """
        return files.read(cls, Path(path))

    def to_minari(self, id: str) -> Any:
        """Writes a Minari data set (the extra ``minari``) and returns it.

        Facts and log-probabilities become infos. Minari has no unfinished episodes: they count as truncated.

        Args:
            id: of the data set, as in ``"river/random-v0"``.

        Raises:
            MissingExtraError: if Minari is not installed.
            SettingError: if there is a data set of this id already.
        """
        from mdpzoo.records import minari_sets

        return minari_sets.write(self, id)

    @classmethod
    def from_minari(cls, dataset: Any) -> "Trajectories":
        """Reads a Minari data set, or the local one of an id.

        Raises:
            MissingExtraError: if Minari is not installed.
            SettingError: if there is no such data set.
        """
        from mdpzoo.records import minari_sets

        return minari_sets.read(cls, dataset)

    def to_replay_buffer(self, agent: Any) -> Any:
        """Adds every step to the replay buffer of an SB3 agent, and returns the buffer.

        With n environments, the buffer takes n steps at a time; the last ``num_steps % n`` steps are padded with the
        first ones.

        Raises:
            SettingError: if the agent has no replay buffer, one too small, or other spaces.
        """
        from mdpzoo.records.replay import fill

        return fill(self, agent)
