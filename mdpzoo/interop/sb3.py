"""MDPZoo's vector environments in the form of Stable-Baselines3.

SB3 resets a row in the step that ends it: ``terminal_observation``, ``TimeLimit.truncated`` and the episode's
statistics stand in that row's info, so no Monitor is needed (``env_is_wrapped(Monitor)`` is True).
"""

from collections.abc import Callable, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv

from mdpzoo.errors import SettingError
from mdpzoo.interop.gymnasium import env_of
from mdpzoo.interop.shells.batched_vector import BatchedVectorEnv
from mdpzoo.interop.shells.infos import row_facts
from mdpzoo.interop.shells.model_env import ModelEnv
from mdpzoo.interop.shells.tensors import pick
from mdpzoo.interop.vector import vector_env

FOR_SB3: dict[str, Any] = {"autoreset_mode": "same_step", "statistics": True}  # what SB3 asks of a vector environment


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
        """Starts an episode in every row, from the seeds set by ``seed``, if any."""
        seeds = self._seeds if any(each is not None for each in self._seeds) else None
        observations, told = self.envs.reset(seed=seeds)
        self._reset_seeds()
        self.reset_infos = [row_facts(told, row) for row in range(self.num_envs)]
        return observations

    def step_async(self, actions: np.ndarray) -> None:
        """Keeps ``[B]`` actions for ``step_wait``."""
        self._actions = actions

    def step_wait(self) -> tuple[Any, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Acts once in every row.

        The info of a row that is done is that of its last step; the info of its reset is in ``reset_infos``.
        """
        observations, rewards, terminated, truncated, told = self.envs.step(self._actions)
        dones = terminated | truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if self.envs.reveal == "always":
            infos = [row_facts(told, row) for row in range(self.num_envs)]
        for index in dones.nonzero()[0]:
            self.reset_infos[index] = infos[index]
            infos[index] = row_facts(told["final_info"], int(index)) | {
                "terminal_observation": pick(told["final_obs"], index),
                "TimeLimit.truncated": bool(truncated[index] and not terminated[index]),
                "episode": {
                    "r": float(told["episode"]["r"][index]),
                    "l": int(told["episode"]["l"][index]),
                    "t": round(float(told["episode"]["t"][index]), 6),
                },
            }
        for index in told["illegal"].nonzero()[0]:
            infos[index]["illegal"] = True
        return observations, rewards.astype(np.float32), dones, infos

    def close(self) -> None:
        """Closes the vector environment."""
        self.envs.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Returns an attribute of each row; rows share the vector environment's own.

        Raises:
            AttributeError: there is no such attribute.
        """
        return [getattr(self.envs, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Raises AttributeError: rows share one immutable set of rules.

        Raises:
            AttributeError: always.
        """
        raise AttributeError(f"{attr_name} cannot be set: the rows share one set of rules; make a new environment")

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """Calls a method once and gives each row its own part of the answer; ``action_masks`` serves MaskablePPO."""
        answer = getattr(self.envs, method_name)(*method_args, **method_kwargs)
        return [None if answer is None else pick(answer, index) for index in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """Returns True for Monitor alone, whose statistics are in the infos."""
        return [wrapper_class is Monitor for _ in self._get_indices(indices)]

    def get_images(self) -> Sequence[np.ndarray | None]:
        """Returns a picture of every row."""
        return self.envs.render() or [None] * self.num_envs


def vec_env_of(rules: Any, num_envs: int, *, device: Any = "cpu", **settings: Any) -> VecEnv:
    """Builds SB3's ``VecEnv`` of rules: native where they have a batched form, else around single environments.

    Args:
        rules: a ``Model`` or a ``BatchedProblem``.
        num_envs: how many.
        device: where the environment's tensors live.
        settings: the shell's: ``max_episode_steps``, ``render_mode``, ``reveal``.

    Raises:
        SettingError: if an argument has no such value.
    """
    envs = vector_env(rules, num_envs, device=device, **FOR_SB3, **settings)
    return native_or(envs, lambda: env_of(rules, **settings))


def native_or(envs: gymnasium.vector.VectorEnv, single: Callable[[], gymnasium.Env[Any, Any]]) -> VecEnv:
    """Wraps a vector environment made with ``FOR_SB3``, or replaces it by single ones if it is none of ours."""
    if isinstance(envs, BatchedVectorEnv):
        return BatchedVecEnv(envs)
    envs.close()
    return make_vec_env(single, envs.num_envs)


def rules_of(source: Any) -> tuple[Any, dict[str, Any]]:
    """Returns rules, and the settings of the shell that they came in, if they came in one.

    Args:
        source: rules, or a Gymnasium environment of ours such as a seat.

    Raises:
        SettingError: if it is an environment whose rules cannot be taken.
    """
    if isinstance(source, gymnasium.vector.VectorEnv | VecEnv):
        name = type(source).__name__
        raise SettingError(f"{name} is several environments already; for a seat give mdpzoo.seat output='sb3'")
    if not isinstance(source, gymnasium.Env):
        return source, {}
    shell = source.unwrapped
    if not isinstance(shell, ModelEnv):
        raise SettingError(f"the rules of {type(shell).__name__} cannot be taken; give its id, or the rules")
    return shell.rules, {"max_episode_steps": shell.max_episode_steps, "reveal": shell.reveal}
