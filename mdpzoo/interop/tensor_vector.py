"""The vector shell of rules on tensors, on any device: dense, and without waiting for the device.

On a CPU the shell looks whether any row has ended before it builds fresh ones; on other devices it always builds them,
since looking would wait for the device.
"""

import time
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from torch import Tensor

from mdpzoo import streams
from mdpzoo.errors import SettingError
from mdpzoo.interop.tensors import tensor, to_numpy, where
from mdpzoo.interop.vector import BatchedVectorEnv
from mdpzoo.protocols import BatchedProblem


class TensorVectorEnv(BatchedVectorEnv):
    """B episodes of a ``BatchedProblem`` in lock step; arguments and errors are those of ``BatchedVectorEnv``."""

    _done: Tensor  # [B] bool, rows that ended in the last step
    _never: Tensor  # [B] bool, all False
    _some_done: bool

    def __init__(self, rules: BatchedProblem, num_envs: int, *, device: Any = "cpu", **settings: Any) -> None:
        """Wraps rules."""
        super().__init__(rules, num_envs, device=torch.device(device), **settings)
        self.rules: BatchedProblem = rules.to(device)
        self._counters = torch.zeros(num_envs, dtype=torch.int64, device=self.device)

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Acts once in every row.

        Args:
            actions: ``[B]``, an array or a tensor. An illegal one ends its row at the rules' own penalty and is
                reported in ``infos["illegal"]`` (``[B]`` bool).

        Raises:
            SettingError: there are not B actions.
        """
        action = tensor(actions, self.device)
        if len(action) != self.num_envs:
            raise SettingError(f"expected {self.num_envs} actions, got {len(action)}")
        asleep, before = self._done, self._state
        state, reward, terminated, illegal = self.rules.step(before, action, self._draws(self.rules.step_draws))
        if self.rules.step_draws:
            self._counters += self.rules.step_draws
        self._elapsed += 1
        truncated = self._elapsed >= self._limit if self._limit > 0 else self._never
        self._state = state
        if self._some_done and self._mode != AutoresetMode.SAME_STEP:
            reward, terminated, truncated, illegal = self._wake(asleep, before, reward, terminated, truncated, illegal)
        self._returns += reward
        done = terminated if truncated is self._never else terminated | truncated
        infos: dict[str, Any] = {"illegal": self._out(illegal), "_illegal": self._out(illegal)}
        self._done, self._some_done = done, self.device.type != "cpu" or bool(done.any())
        if self._some_done:
            self._finish(done, infos)
        return self._look(self._state), self._out(reward), self._out(terminated), self._out(truncated), infos

    def action_masks(self) -> Any:
        """``[B, actions]`` bool, the legal actions of the current states."""
        mask = self.rules.action_mask(self._state)
        if mask is None:
            actions = spaces.flatdim(self.single_action_space)
            mask = torch.ones(self.num_envs, actions, dtype=torch.bool, device=self.device)
        return self._out(mask)

    def _start(self, mask: Any) -> None:
        if mask is not None:
            return self._restart(tensor(mask, self.device).bool())
        self._state = self.rules.initial(self._draws(self.rules.initial_draws))
        self._counters += self.rules.initial_draws
        self._elapsed = torch.zeros(self.num_envs, dtype=torch.int64, device=self.device)
        self._returns = torch.zeros(self.num_envs, dtype=torch.float64, device=self.device)
        self._some_done = False
        self._done = self._never = torch.zeros(self.num_envs, dtype=torch.bool, device=self.device)

    def _wake(
        self, asleep: Tensor, before: Any, reward: Tensor, terminated: Tensor, truncated: Tensor, illegal: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Rows that had ended ignore their action: they start anew, or wait for the caller's reset."""
        if self._mode == AutoresetMode.NEXT_STEP:
            self._counters -= asleep * self.rules.step_draws
            self._restart(asleep)
            terminated, truncated = terminated & ~asleep, truncated & ~asleep
        else:
            self._state = where(asleep, before, self._state)
            terminated = terminated | asleep
        return torch.where(asleep, 0, reward), terminated, truncated, illegal & ~asleep

    def _finish(self, done: Tensor, infos: dict[str, Any]) -> None:
        """Reports what has ended and, in the same-step mode, starts it anew."""
        if self._statistics:
            seconds = torch.full_like(self._returns, time.perf_counter() - self._began)
            episode = {"r": self._returns, "l": self._elapsed, "t": seconds}
            infos["episode"] = {name: self._out(torch.where(done, value, 0)) for name, value in episode.items()}
            infos["_episode"] = self._out(done)
        if self._mode == AutoresetMode.SAME_STEP:
            infos["final_obs"], infos["_final_obs"] = self._look(self._state), self._out(done)
            infos["final_info"] = {"illegal": infos["illegal"], "_illegal": infos["illegal"]}
            infos["_final_info"] = infos["_final_obs"]
            self._restart(done)

    def _restart(self, rows: Tensor) -> None:
        fresh = self.rules.initial(self._draws(self.rules.initial_draws))
        everywhere = self.device.type == "cpu" and bool(rows.all())
        self._state = fresh if everywhere else where(rows, fresh, self._state)
        self._counters += rows * self.rules.initial_draws
        self._elapsed = self._elapsed * ~rows
        self._returns = self._returns * ~rows
        self._done = self._done & ~rows

    def _rekey(self, keys: np.ndarray, kept: np.ndarray | None) -> None:
        self._keys = torch.from_numpy(keys.view(np.int64)).to(self.device)
        if kept is None:
            self._counters = torch.zeros_like(self._counters)
        else:
            self._counters = self._counters * torch.from_numpy(kept).to(self.device)

    def _draws(self, count: int) -> Tensor:
        if count == 0:
            return torch.empty(self.num_envs, 0, dtype=torch.float64, device=self.device)
        return streams.uniforms_torch(self._keys, self._counters, count)

    def _look(self, state: Any) -> Any:
        seen = self.rules.observe(state)
        return seen if self.output == "torch" else to_numpy(seen, self.observation_space)

    def _out(self, value: Tensor) -> Any:
        return value if self.output == "torch" else value.numpy(force=True)
