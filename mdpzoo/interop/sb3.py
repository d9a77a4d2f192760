"""A vector environment of ours as Stable-Baselines3 sees one.

SB3 resets a row in the step that ends it: ``terminal_observation``, ``TimeLimit.truncated`` and the episode's
statistics stand in that row's info, so no Monitor is needed (``env_is_wrapped(Monitor)`` is True).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv

from mdpzoo.errors import SettingError
from mdpzoo.interop.tensors import pick
from mdpzoo.interop.vector import BatchedVectorEnv


class BatchedVecEnv(VecEnv):
    """A ``BatchedVectorEnv`` with NumPy output and same-step autoreset, as a ``VecEnv``."""

    def __init__(self, envs: BatchedVectorEnv) -> None:
        """Wraps a vector environment.

        Raises:
            SettingError: it resets in another step, gives tensors or keeps no statistics.
        """
        if envs.metadata["autoreset_mode"] != AutoresetMode.SAME_STEP or envs.output != "numpy":
            raise SettingError("SB3 needs output='numpy' and autoreset_mode='same_step'; use mdpzoo.make_sb3")
        self.envs = envs
        self._actions: np.ndarray | None = None
        super().__init__(envs.num_envs, envs.single_observation_space, envs.single_action_space)

    def reset(self) -> Any:
        """Starts an episode in every row, from the seeds of ``seed`` where they were set."""
        observations, _ = self.envs.reset(seed=self._seeds if any(each is not None for each in self._seeds) else None)
        self._reset_seeds()
        self.reset_infos = [{} for _ in range(self.num_envs)]
        return observations

    def step_async(self, actions: np.ndarray) -> None:
        """Keeps ``[B]`` actions for ``step_wait``."""
        self._actions = actions

    def step_wait(self) -> tuple[Any, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Acts once in every row."""
        observations, rewards, terminated, truncated, told = self.envs.step(self._actions)
        dones = terminated | truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for index in np.flatnonzero(dones):
            infos[index] = {
                "terminal_observation": pick(told["final_obs"], index),
                "TimeLimit.truncated": bool(truncated[index] and not terminated[index]),
                "episode": {
                    "r": float(told["episode"]["r"][index]),
                    "l": int(told["episode"]["l"][index]),
                    "t": round(float(told["episode"]["t"][index]), 6),
                },
            }
        for index in np.flatnonzero(told["illegal"]):
            infos[index]["illegal"] = True
        return observations, rewards.astype(np.float32), dones, infos

    def close(self) -> None:
        """Closes the vector environment."""
        self.envs.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of each row; rows share the vector environment's own.

        Raises:
            AttributeError: there is no such attribute.
        """
        return [getattr(self.envs, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Refused: rows share one immutable set of rules.

        Raises:
            AttributeError: always.
        """
        raise AttributeError(f"{attr_name} cannot be set: the rows share one set of rules; make a new environment")

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """Calls a method once and gives each row its own part of the answer; ``action_masks`` serves MaskablePPO."""
        answer = getattr(self.envs, method_name)(*method_args, **method_kwargs)
        return [pick(answer, index) for index in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """True for Monitor alone, whose statistics the infos hold."""
        return [wrapper_class is Monitor for _ in self._get_indices(indices)]

    def get_images(self) -> Sequence[np.ndarray | None]:
        """A picture of every row."""
        return self.envs.render() or [None] * self.num_envs
