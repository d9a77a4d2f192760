"""A batched problem as a Gymnasium vector environment: NumPy or torch output, all three autoreset modes.

The rules step densely; autoreset lives here. Row i draws from the stream of its own seed (``mdpzoo.streams``), so its
trajectory is that of a single environment with this seed, whatever B, device and output are. On a CPU the shell
looks whether any row has ended before it builds fresh ones; on other devices it always builds them, since looking
would wait for the device.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

import gymnasium
import numpy as np
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from torch import Tensor

from mdpzoo import streams
from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo.interop.gymnasium import ModelEnv
from mdpzoo.interop.tensors import tensor, to_numpy, where
from mdpzoo.protocols import BatchedProblem
from mdpzoo.specs import build

Output = Literal["numpy", "torch"]


def vector_env(
    rules: str,
    num_envs: int = 1,
    *,
    device: Any = "cpu",
    output: Output = "numpy",
    autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    max_episode_steps: int | None = None,
    statistics: bool | None = None,
    render_mode: str | None = None,
    **settings: Any,
) -> gymnasium.vector.VectorEnv:
    """What ``gymnasium.make_vec`` calls; the arguments are those of ``BatchedVectorEnv``.

    A model without ``batched()`` gets Gymnasium's own synchronous vector environment, on the CPU with NumPy output.

    Raises:
        SettingError: an argument has no such value.
    """
    mode = autoreset(autoreset_mode)
    built = build(rules, settings)
    if not isinstance(built, BatchedProblem):
        if not hasattr(built, "batched"):
            return _synchronous(lambda: ModelEnv(built, render_mode), num_envs, mode, output, max_episode_steps)
        built = built.batched()
    return BatchedVectorEnv(
        built,
        num_envs,
        device=device,
        output=output,
        autoreset_mode=mode,
        max_episode_steps=max_episode_steps,
        statistics=statistics,
        render_mode=render_mode,
    )


def autoreset(mode: AutoresetMode | str) -> AutoresetMode:
    """Reads an autoreset mode, a member or its name in any case.

    Raises:
        SettingError: there is no such mode.
    """
    names = {each.name.lower(): each for each in AutoresetMode}
    name = mode.name.lower() if isinstance(mode, AutoresetMode) else str(mode).lower()
    if name not in names:
        raise SettingError(f"unknown autoreset_mode {mode!r}.{did_you_mean(name, names) or f' Known: {list(names)}'}")
    return names[name]


class BatchedVectorEnv(gymnasium.vector.VectorEnv[Any, Any, Any]):
    """B episodes of a ``BatchedProblem`` in lock step."""

    def __init__(
        self,
        rules: BatchedProblem,
        num_envs: int,
        *,
        device: Any = "cpu",
        output: Output = "numpy",
        autoreset_mode: AutoresetMode = AutoresetMode.NEXT_STEP,
        max_episode_steps: int | None = None,
        statistics: bool | None = None,
        render_mode: str | None = None,
    ) -> None:
        """Wraps rules.

        Args:
            rules: the problem.
            num_envs: B.
            device: where the tensors live.
            output: ``"numpy"``, or ``"torch"``: tensors on the device; they may share memory with the state, so
                change a copy.
            autoreset_mode: when a row that has ended starts anew.
            max_episode_steps: steps after which an episode is truncated; None or -1: never.
            statistics: whether infos hold ``episode`` (return ``r``, length ``l``, seconds ``t``); None: with torch
                output only, since Gymnasium's own ``RecordEpisodeStatistics`` does it for NumPy.
            render_mode: ``"rgb_array"`` or None.

        Raises:
            SettingError: an argument has no such value.
        """
        if num_envs < 1:
            raise SettingError(f"num_envs must be at least 1, got {num_envs}")
        if output not in ("numpy", "torch"):
            raise SettingError(f"output must be 'numpy' or 'torch', got {output!r}")
        if max_episode_steps is not None and max_episode_steps != -1 and max_episode_steps < 1:
            raise SettingError(f"max_episode_steps must be at least 1, or -1 for no limit, got {max_episode_steps}")
        if render_mode is not None and (render_mode != "rgb_array" or not hasattr(rules, "render")):
            raise SettingError(f"{type(rules).__name__} does not render as {render_mode!r}; use 'rgb_array' or None")
        self.rules = rules.to(device)
        self.num_envs, self.device, self.output = num_envs, torch.device(device), output
        self.metadata = {"autoreset_mode": autoreset_mode, "render_modes": ["rgb_array"], "render_fps": 4}
        self.render_mode = render_mode
        self.single_observation_space, self.single_action_space = rules.observation_space, rules.action_space
        self.observation_space = batch_space(rules.observation_space, num_envs)
        self.action_space = batch_space(rules.action_space, num_envs)
        self._mode, self._limit = autoreset_mode, -1 if max_episode_steps is None else max_episode_steps
        self._statistics = output == "torch" if statistics is None else statistics
        self._seeds: list[int] | None = None
        self._counters = torch.zeros(num_envs, dtype=torch.int64, device=self.device)
        self._began = time.perf_counter()

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Starts episodes: in every row, or where ``options["reset_mask"]`` (``[B]`` bool) says.

        Args:
            seed: row i takes ``seed + i``, or ``seed[i]``; None goes on with the row's stream.
            options: ``reset_mask``, as above.

        Raises:
            SettingError: the mask or the list of seeds has not B entries.
        """
        super().reset(seed=seed if isinstance(seed, int) else None)
        mask = None if options is None else options.get("reset_mask")
        if mask is not None and (self._seeds is None or np.shape(mask) != (self.num_envs,)):
            raise SettingError(f"reset_mask must have shape [{self.num_envs}] and follow a full reset")
        self._seed(seed)
        if mask is None:
            self._state = self.rules.initial(self._draws(self.rules.initial_draws))
            self._counters += self.rules.initial_draws
            self._elapsed = torch.zeros(self.num_envs, dtype=torch.int64, device=self.device)
            self._returns = torch.zeros(self.num_envs, dtype=torch.float64, device=self.device)
            self._some_done = False
            self._done = self._never = torch.zeros(self.num_envs, dtype=torch.bool, device=self.device)
        else:
            self._restart(tensor(mask, self.device).bool())
        return self._look(self._state), {}

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

    def render(self) -> tuple[np.ndarray, ...] | None:
        """A picture of every row, ``[height, width, 3]`` uint8 each; None without a render mode."""
        if self.render_mode is None:
            return None
        return tuple(self.rules.render(self._state, row) for row in range(self.num_envs))  # type: ignore[attr-defined]

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

    def _seed(self, seed: int | Sequence[int | None] | None) -> None:
        given = [seed] * self.num_envs if seed is None else seed
        if isinstance(given, int | np.integer):
            given = [int(given) + row for row in range(self.num_envs)]
        if len(given) != self.num_envs:
            raise SettingError(f"expected {self.num_envs} seeds, got {len(given)}")
        if self._seeds is not None and all(each is None for each in given):
            return
        fresh = self.np_random.integers(2**63, size=self.num_envs) if self._seeds is None else self._seeds
        seeds = [int(old if new is None else new) for new, old in zip(given, fresh, strict=True)]
        keys = np.array([streams.key(each) for each in seeds]).view(np.int64)
        self._keys = torch.from_numpy(keys).to(self.device)
        kept = [self._seeds is not None and new is None for new in given]
        counters = torch.zeros(self.num_envs, dtype=torch.int64, device=self.device)
        self._counters = counters if not any(kept) else self._counters * torch.tensor(kept, device=self.device)
        self._seeds = seeds

    def _draws(self, count: int) -> Tensor:
        if count == 0:
            return torch.empty(self.num_envs, 0, dtype=torch.float64, device=self.device)
        return streams.uniforms_torch(self._keys, self._counters, count)

    def _look(self, state: Any) -> Any:
        seen = self.rules.observe(state)
        return seen if self.output == "torch" else to_numpy(seen, self.observation_space)

    def _out(self, value: Tensor) -> Any:
        return value if self.output == "torch" else value.numpy(force=True)


def _synchronous(
    make: Callable[[], gymnasium.Env[Any, Any]], num_envs: int, mode: AutoresetMode, output: str, limit: int | None
) -> gymnasium.vector.VectorEnv:
    if output != "numpy":
        raise SettingError(f"this model steps one state at a time, its output is 'numpy', not {output!r}")

    def limited() -> gymnasium.Env[Any, Any]:
        return make() if limit in (None, -1) else gymnasium.wrappers.TimeLimit(make(), limit)

    return gymnasium.vector.SyncVectorEnv([limited] * num_envs, autoreset_mode=mode)
