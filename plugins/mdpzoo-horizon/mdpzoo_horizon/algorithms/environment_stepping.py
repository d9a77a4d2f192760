"""Steps environments for SQIRL and GORP: MDPZoo's vector environments natively, others through Stable-Baselines3.

Info dictionaries per row are rarely read, so those of MDPZoo's environments are built when they are read.
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
    """The infos of one step in SB3's format, one dictionary per row."""

    def __init__(self, infos: dict[str, Any], terminated: np.ndarray, truncated: np.ndarray) -> None:
        """Stores the infos of a vector environment."""
        self._infos, self._terminated, self._truncated = infos, terminated, truncated

    def __len__(self) -> int:
        """Returns the number of rows."""
        return len(self._terminated)

    def __getitem__(self, row: Any) -> Any:
        """Builds the dictionary of one row."""
        if isinstance(row, slice):
            return [self[each] for each in range(len(self))[row]]
        info: dict[str, Any] = {"illegal": True} if self._infos["illegal"][row] else {}
        if self._terminated[row] or self._truncated[row]:
            info["terminal_observation"] = pick(self._infos["final_obs"], row)
            info["TimeLimit.truncated"] = bool(self._truncated[row] and not self._terminated[row])
            if "episode" in self._infos:
                episode = {name: float(value[row]) for name, value in self._infos["episode"].items()}
                info["episode"] = {"r": episode["r"], "l": int(episode["l"]), "t": round(episode["t"], 6)}
        return info


def step(env: VecEnv, actions: np.ndarray) -> tuple[Any, np.ndarray, np.ndarray, Sequence[dict[str, Any]]]:
    """Steps every row and returns what SB3's ``step`` returns, with rewards in the environment's precision."""
    if type(env) is not BatchedVecEnv:
        observations, rewards, dones, infos = env.step(actions)
        return observations, np.asarray(rewards, np.float64), dones, infos
    observations, rewards, terminated, truncated, batch_infos = env.envs.step(actions)
    return observations, rewards, terminated | truncated, RowInfos(batch_infos, terminated, truncated)


def vectorised(env: Any) -> Any:
    """Wraps a vector environment of MDPZoo for SB3; returns anything else unchanged.

    Raises:
        SettingError: if it is a vector environment of another kind, or its autoreset mode is not that of SB3.
    """
    if not isinstance(env, gymnasium.vector.VectorEnv):
        return env
    if not isinstance(env, BatchedVectorEnv) or env.metadata["autoreset_mode"] != AutoresetMode.SAME_STEP:
        raise SettingError("a vector environment must be MDPZoo's with autoreset_mode='same_step'; use mdpzoo.make_sb3")
    return BatchedVecEnv(env)


def horizon_of(env: VecEnv | None) -> int:
    """Reads the time limit of an environment through its wrappers.

    Raises:
        SettingError: if there is no time limit.
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
    raise SettingError("this environment has no time limit: pass horizon=, or make it with max_episode_steps=")
