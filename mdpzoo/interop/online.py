"""Agents that process one step of every environment at a time, as Stable-Baselines3 algorithms.

The training loop is written here once: callbacks, logger, progress bar, several environments, truncation, saving,
loading and continuing are SB3's own. An agent defines how it acts while it learns and how it processes a step.
"""

import sys
import time
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import MaybeCallback
from stable_baselines3.common.utils import safe_mean

from mdpzoo.protocols import Transitions


class OnlineAgent(BaseAlgorithm, ABC):
    """The training loop of an agent that observes every step.

    A subclass implements ``observe`` and may override ``act``. Its constructor must have defaults for everything but
    ``policy`` and ``env`` and take ``_init_setup_model``, because SB3's ``load`` calls it that way. Only the policy's
    parameters and buffers are saved: nothing else is restored from a file.

    Attributes:
        generator: the agent's only source of randomness, from ``seed``; created again when it is loaded.
        resumes_exactly: whether ``save`` and ``unsaved_state`` together hold the agent's whole state, so that a
            resumed run is bitwise identical.
    """

    resumes_exactly: ClassVar[bool] = False
    generator: np.random.Generator
    _memory: tuple[int, Any] = 0, None  # number of environments of the policy's recurrent state, and the state

    def __init__(
        self,
        policy: type[BasePolicy],
        env: Any,
        learning_rate: Any = 0.0,
        *,
        policy_kwargs: dict[str, Any] | None = None,
        stats_window_size: int = 100,
        tensorboard_log: str | None = None,
        verbose: int = 0,
        device: Any = "cpu",
        seed: int | None = None,
    ) -> None:
        """Takes SB3's arguments; a subclass then calls ``_setup_model`` unless ``_init_setup_model`` is False."""
        super().__init__(
            policy,
            env,
            learning_rate,
            policy_kwargs=policy_kwargs,
            stats_window_size=stats_window_size,
            tensorboard_log=tensorboard_log,
            verbose=verbose,
            device=device,
            support_multi_env=True,
            seed=seed,
        )

    @abstractmethod
    def observe(self, transitions: Transitions) -> None:
        """Learns from one step of every environment."""

    def act(self, observations: Any) -> np.ndarray:
        """Chooses ``[B, ...]`` actions while learning; by default the policy's own, drawn, with its recurrent state."""
        assert self.env is not None
        rows, state = self._memory
        state = state if rows == self.env.num_envs else None
        actions, state = self.predict(observations, state, self._last_episode_starts, deterministic=False)
        self._memory = self.env.num_envs, state
        return actions

    def learn(
        self,
        total_timesteps: int,
        callback: MaybeCallback = None,
        log_interval: int = 100,
        tb_log_name: str = "run",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        """Plays and learns for ``total_timesteps`` steps, counted over all environments.

        Args:
            total_timesteps: steps to take; with several environments, rounded up to whole steps of all of them.
            callback: SB3's callbacks; training stops when one returns False.
            log_interval: episodes between two lines of the log; None: only the last line.
            tb_log_name: the run's name in TensorBoard.
            reset_num_timesteps: False: continue from the last call.
            progress_bar: whether to show a bar.

        Returns:
            The agent itself.
        """
        total_timesteps, callback = self._setup_learn(
            total_timesteps, callback, reset_num_timesteps, tb_log_name, progress_bar
        )
        callback.on_training_start(locals(), globals())  # SB3's progress bar reads the local total_timesteps
        logged = self._episode_num
        while self.num_timesteps < total_timesteps and self._play(callback):
            if log_interval and self._episode_num - logged >= log_interval:
                logged = self._episode_num
                self.dump_logs()
        self.dump_logs()
        callback.on_training_end()
        return self

    def unsaved_state(self) -> dict[str, Any]:
        """Returns the state that ``save`` omits, as JSON values, tuples and arrays; subclasses extend it."""
        return {"generator": self.generator.bit_generator.state, "memory": self._memory}

    def restore_unsaved(self, state: dict[str, Any]) -> None:
        """Restores a result of ``unsaved_state`` after the agent has been loaded."""
        self.generator.bit_generator.state = state["generator"]
        self._memory = state["memory"]

    def dump_logs(self) -> None:
        """Writes means over the last episodes, and the rate, to the logger."""
        seconds = max((time.time_ns() - self.start_time) / 1e9, sys.float_info.epsilon)
        if self.ep_info_buffer:
            self.logger.record("rollout/ep_rew_mean", safe_mean([episode["r"] for episode in self.ep_info_buffer]))
            self.logger.record("rollout/ep_len_mean", safe_mean([episode["l"] for episode in self.ep_info_buffer]))
        if self.ep_success_buffer:
            self.logger.record("rollout/success_rate", safe_mean(self.ep_success_buffer))
        self.logger.record("time/episodes", self._episode_num, exclude="tensorboard")
        self.logger.record("time/fps", int((self.num_timesteps - self._num_timesteps_at_start) / seconds))
        self.logger.record("time/time_elapsed", int(seconds), exclude="tensorboard")
        self.logger.record("time/total_timesteps", self.num_timesteps, exclude="tensorboard")
        self.logger.dump(step=self.num_timesteps)

    def _setup_model(self) -> None:
        self._memory = 0, None
        self._setup_lr_schedule()
        self.set_random_seed(self.seed)
        policy = self.policy_class(self.observation_space, self.action_space, **self.policy_kwargs)
        self.policy = policy.to(self.device)

    def set_random_seed(self, seed: int | None = None) -> None:
        """Seeds the environment, the action space and ``generator``; no global random state."""
        self.generator = np.random.default_rng(seed)
        if seed is not None:
            self.action_space.seed(seed)
            if self.env is not None:
                self.env.seed(seed)

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "generator", "_memory"]

    def _play(self, callback: BaseCallback) -> bool:
        """Takes one step in every environment; returns False if a callback stops the training."""
        assert self.env is not None
        actions = self.act(self._last_obs)
        new_obs, rewards, dones, infos = self.env.step(actions)  # callbacks know these four by SB3's names
        self.num_timesteps += self.env.num_envs
        self._update_current_progress_remaining(self.num_timesteps, self._total_timesteps)
        following, terminated = new_obs, dones
        if 1 in dones.tobytes():  # twenty times as fast as dones.any()
            truncated = np.array([info.get("TimeLimit.truncated", False) for info in infos], bool)
            following, terminated = _with_last_observations(new_obs, dones, infos), dones & ~truncated
            self._episode_num += int(dones.sum())
        self.observe(Transitions(self._last_obs, actions, rewards, following, terminated, dones))
        self._last_obs, self._last_episode_starts = new_obs, dones  # type: ignore[assignment]
        self._update_info_buffer(infos, dones)
        callback.update_locals(locals())
        return callback.on_step()


def _with_last_observations(seen: Any, dones: np.ndarray, infos: list[dict[str, Any]]) -> Any:
    """Puts an ended episode's last observation where SB3 gives the first of the next one."""
    if not dones.any():
        return seen
    if isinstance(seen, dict):
        last = [info.get("terminal_observation", {}) for info in infos]
        parts = {name: [{"terminal_observation": each[name]} if each else {} for each in last] for name in seen}
        return {name: _with_last_observations(value, dones, parts[name]) for name, value in seen.items()}
    following = np.array(seen)
    for row in np.flatnonzero(dones):
        following[row] = infos[row]["terminal_observation"]
    return following
