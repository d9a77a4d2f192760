"""The vector shell of rules on tensors, on any device: dense, and without waiting for the device.

On a CPU the shell checks whether any row has ended before it builds new ones; on other devices it always builds them,
since checking would wait for the device.
"""

from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from torch import Tensor

from mdpzoo import streams
from mdpzoo.interop.shells.batched_vector import BatchedVectorEnv
from mdpzoo.interop.shells.tensors import tensor, to_numpy, where
from mdpzoo.protocols import BatchedProblem


class TensorVectorEnv(BatchedVectorEnv):
    """B episodes of a ``BatchedProblem`` in lock step; arguments and errors are those of ``BatchedVectorEnv``."""

    _done: Tensor  # [B] bool, rows that ended in the last step
    _never: Tensor  # [B] bool, all False
    _some_done: bool

    def __init__(self, rules: BatchedProblem, num_envs: int, *, device: Any = "cpu", **settings: Any) -> None:
        """Wraps rules; the arguments and errors are those of ``BatchedVectorEnv``."""
        super().__init__(rules, num_envs, device=torch.device(device), **settings)
        self.rules: BatchedProblem = rules.to(device)
        self._counters = torch.zeros(num_envs, dtype=torch.int64, device=self.device)

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Acts once in every row.

        Args:
            actions: ``[B, ...]``, an array or a tensor. An illegal one ends its row at the rules' own penalty and is
                reported in ``infos["illegal"]`` (``[B]`` bool).

        Raises:
            SettingError: if these are not B elements of the action space's shape and kind.
            ResetNeededError: if ``reset`` has not been called.
        """
        action = self._action(actions)
        self._check_begun()
        asleep, before = self._done, self._state
        some_asleep = self._some_done and self.autoreset_mode != AutoresetMode.SAME_STEP
        state, reward, terminated, illegal = self.rules.step(before, action, self._draws(self.rules.step_draws))
        if self.rules.step_draws:
            self._counters += self.rules.step_draws
        self._elapsed += 1
        truncated = self._elapsed >= self._limit if self._limit > 0 else self._never
        self._state = state
        if some_asleep:
            reward, terminated, truncated, illegal = self._wake(asleep, before, reward, terminated, truncated, illegal)
        self._returns += reward
        done = terminated if truncated is self._never else terminated | truncated
        infos: dict[str, Any] = {"illegal": self._out(illegal), "_illegal": self._out(illegal)}
        self._done, self._some_done = done, self.device.type != "cpu" or bool(done.any())
        if self._some_done:
            self._finish(done & ~asleep if some_asleep else done, infos)
        if self._always:
            infos |= self._infos_of(self._facts(), self._everybody)
        return self._look(self._state), self._out(reward), self._out(terminated), self._out(truncated), infos

    def action_masks(self) -> Any:
        """Returns ``[B, actions]`` bool, the legal actions of the current states."""
        mask = self.rules.action_mask(self._state)
        if mask is None:
            actions = spaces.flatdim(self.single_action_space)
            mask = torch.ones(self.num_envs, actions, dtype=torch.bool, device=self.device)
        return self._out(mask)

    def _action(self, actions: Any) -> Tensor:
        """Checks the shape and the kind of actions and puts them on the device."""
        action, space = tensor(actions, self.device), self.single_action_space
        whole = np.issubdtype(space.dtype, np.integer)
        if action.shape != self._shape or action.dtype == torch.bool or (whole and action.is_floating_point()):
            raise self._refused(str(action.dtype).removeprefix("torch."), action.shape)
        return action if whole else action.to(getattr(torch, str(space.dtype)))

    def _start(self, rows: np.ndarray, forgotten: np.ndarray) -> None:
        if not rows.all():
            return self._restart(self._here(rows), self._state, forgotten)
        self._state = self._fresh(self._state, forgotten)
        self._counters += self.rules.initial_draws
        self._elapsed = torch.zeros(self.num_envs, dtype=torch.int64, device=self.device)
        self._returns = torch.zeros(self.num_envs, dtype=torch.float64, device=self.device)
        self._some_done = False
        self._done = self._never = torch.zeros(self.num_envs, dtype=torch.bool, device=self.device)
        self._everybody = ~self._never

    def _fresh(self, before: Any, forgotten: np.ndarray | None) -> Any:
        """Returns start states of rows that continue from ``before``, except the ``forgotten`` ones; None: all do."""
        draws = self._draws(self.rules.initial_draws)
        if forgotten is None or not forgotten.any():
            return self.rules.initial(draws, before)
        fresh = self.rules.initial(draws, None)
        if forgotten.all():
            return fresh
        return where(tensor(forgotten, self.device), fresh, self.rules.initial(draws, before))

    def _wake(
        self, asleep: Tensor, before: Any, reward: Tensor, terminated: Tensor, truncated: Tensor, illegal: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Restarts rows that had ended and ignored their action, or lets them wait for the caller's reset."""
        if self.autoreset_mode == AutoresetMode.NEXT_STEP:
            self._counters -= asleep * self.rules.step_draws
            self._restart(asleep, before)
            terminated, truncated = terminated & ~asleep, truncated & ~asleep
        else:
            self._state = where(asleep, before, self._state)
            terminated = terminated | asleep
        return torch.where(asleep, 0, reward), terminated, truncated, illegal & ~asleep

    def _restart(self, rows: Tensor, before: Any, forgotten: np.ndarray | None = None) -> None:
        """Starts rows anew; ``before`` holds the states in which they ended."""
        fresh = self._fresh(before, forgotten)
        everywhere = self.device.type == "cpu" and bool(rows.all())
        self._state = fresh if everywhere else where(rows, fresh, self._state)
        self._counters += rows * self.rules.initial_draws
        self._elapsed = self._elapsed * ~rows
        self._returns = self._returns * ~rows
        self._done = self._done & ~rows

    def _here(self, rows: np.ndarray) -> Tensor:
        return tensor(rows, self.device)

    def _kept(self, value: np.ndarray) -> Tensor:
        return torch.from_numpy(np.array(value)).to(self.device)

    def _seconds(self) -> Tensor:
        return torch.tensor(super()._seconds(), dtype=torch.float64, device=self.device)

    def _only(self, rows: Tensor, values: Any) -> Tensor:
        if not isinstance(values, Tensor):
            values = torch.full_like(self._returns, values)
        return torch.where(rows.view(-1, *[1] * (values.dim() - 1)), values, torch.zeros_like(values))

    def _rekey(self, keys: np.ndarray, kept: np.ndarray) -> None:
        self._keys = torch.from_numpy(keys.view(np.int64)).to(self.device)
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
