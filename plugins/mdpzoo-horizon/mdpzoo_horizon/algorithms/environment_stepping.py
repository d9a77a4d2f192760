"""Stepping environments for SQIRL and GORP: those of ours natively, others as Stable-Baselines3's vector environments.

An info for each row is a dictionary that few ask for: those of ours are made when they are asked for.
"""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.vec_env import VecEnv

from mdpzoo.errors import SettingError
from mdpzoo.interop.sb3 import BatchedVecEnv
from mdpzoo.interop.shells.batched_vector import BatchedVectorEnv
from mdpzoo.interop.shells.tensors import pick


class RowInfos(Sequence[dict[str, Any]]):
    """The infos of one step as SB3 has them, one dictionary a row."""

    def __init__(self, told: dict[str, Any], terminated: np.ndarray, truncated: np.ndarray) -> None:
        """Keeps what the vector environment told."""
        self._told, self._terminated, self._truncated = told, terminated, truncated

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._terminated)

    def __getitem__(self, row: Any) -> Any:
        """The dictionary of one row."""
        if isinstance(row, slice):
            return [self[each] for each in range(len(self))[row]]
        info: dict[str, Any] = {"illegal": True} if self._told["illegal"][row] else {}
        if self._terminated[row] or self._truncated[row]:
            info["terminal_observation"] = pick(self._told["final_obs"], row)
            info["TimeLimit.truncated"] = bool(self._truncated[row] and not self._terminated[row])
            if "episode" in self._told:
                told = {name: float(value[row]) for name, value in self._told["episode"].items()}
                info["episode"] = {"r": told["r"], "l": int(told["l"]), "t": round(told["t"], 6)}
        return info


def step(env: VecEnv, actions: np.ndarray) -> tuple[Any, np.ndarray, np.ndarray, Sequence[dict[str, Any]]]:
    """Steps every row; what SB3's ``step`` gives, with rewards as exact as the environment's."""
    if type(env) is not BatchedVecEnv:
        seen, rewards, dones, infos = env.step(actions)
        return seen, np.asarray(rewards, np.float64), dones, infos
    seen, rewards, terminated, truncated, told = env.envs.step(actions)
    return seen, rewards, terminated | truncated, RowInfos(told, terminated, truncated)


def vectorised(env: Any) -> Any:
    """A vector environment of ours as SB3 sees one; anything else as it is.

    Raises:
        SettingError: its rows reset in another way than SB3's.
    """
    if not isinstance(env, gymnasium.vector.VectorEnv):
        return env
    if not isinstance(env, BatchedVectorEnv) or env.metadata["autoreset_mode"] != AutoresetMode.SAME_STEP:
        raise SettingError("a vector environment must be one of ours with autoreset_mode='same_step'; use make_sb3")
    return BatchedVecEnv(env)


def horizon_of(env: VecEnv | None) -> int:
    """The time limit of an environment, through its wrappers.

    Raises:
        SettingError: it has none.
    """
    if env is not None:
        name = "max_episode_steps" if isinstance(env.unwrapped, BatchedVecEnv) else "_max_episode_steps"
        for read in (lambda: env.get_attr(name, 0)[0], lambda: env.get_attr("spec", 0)[0].max_episode_steps):
            try:
                limit = read()
            except AttributeError:
                continue
            if isinstance(limit, int | np.integer) and limit > 0:
                return int(limit)
    raise SettingError("this environment has no time limit: give horizon=, or make it with max_episode_steps=")
