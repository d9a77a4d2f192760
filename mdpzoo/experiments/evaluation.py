"""How well a policy does: whole episodes, each counted once, with an interval."""

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mdpzoo.errors import SettingError

if TYPE_CHECKING:
    from stable_baselines3.common.vec_env import VecEnv

    from mdpzoo.protocols import Policy

RESAMPLES = 2_000


@dataclass(frozen=True)
class Evaluation:
    """What a number of episodes brought.

    Attributes:
        returns: ``[episodes]`` float64, undiscounted.
        lengths: ``[episodes]`` int64, in steps.
        illegal: how many episodes an illegal action ended.
    """

    returns: np.ndarray
    lengths: np.ndarray
    illegal: int

    def interval(self, seed: int = 0, level: float = 0.95) -> tuple[float, float]:
        """The bootstrap interval of the mean return (percentiles of 2000 resamples)."""
        generator = np.random.default_rng(seed)
        count = len(self.returns)
        means = self.returns[generator.integers(count, size=(RESAMPLES, count))].mean(1)
        low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)


def evaluate(policy: "Policy", envs: "VecEnv", episodes: int, deterministic: bool = True) -> Evaluation:
    """Plays whole episodes.

    Every row plays its share, so that short episodes are not counted more often than long ones. Where
    ``policy.predict`` takes ``action_masks`` (MaskablePPO), it is told them.

    Args:
        policy: anything with SB3's ``predict``.
        envs: an SB3 ``VecEnv``, seeded by ``envs.seed``.
        episodes: how many to play, at least 1.
        deterministic: what ``predict`` is told.

    Raises:
        SettingError: episodes is less than 1.
    """
    if episodes < 1:
        raise SettingError(f"episodes must be at least 1, got {episodes}")
    masked = "action_masks" in inspect.signature(policy.predict).parameters and envs.has_attr("action_masks")
    share = np.array([(episodes + row) // envs.num_envs for row in range(envs.num_envs)])
    observation, memory = envs.reset(), None
    first = np.ones(envs.num_envs, bool)
    total, length, illegal = np.zeros(envs.num_envs), np.zeros(envs.num_envs, np.int64), 0
    returns: list[float] = []
    lengths: list[int] = []
    while len(returns) < episodes:
        told: dict[str, Any] = {"action_masks": np.stack(envs.env_method("action_masks"))} if masked else {}
        action, memory = policy.predict(observation, memory, first, deterministic, **told)
        observation, rewards, first, infos = envs.step(action)
        total += rewards
        length += 1
        for row in np.flatnonzero(first):
            if share[row] > 0:
                share[row] -= 1
                returns.append(float(infos[row].get("episode", {"r": total[row]})["r"]))
                lengths.append(int(length[row]))
                illegal += bool(infos[row].get("illegal"))
            total[row], length[row] = 0.0, 0
    return Evaluation(np.array(returns), np.array(lengths), illegal)
