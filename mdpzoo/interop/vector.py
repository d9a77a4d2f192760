"""Many episodes in lock step as a Gymnasium vector environment: NumPy or torch output, all three autoreset modes.

Rules step; autoreset lives here. Row i draws from the stream of its own seed (``mdpzoo.streams``), so its trajectory is
that of a single environment with this seed, whatever B, device and output are. There are two shells: compiled rules on
the CPU (``compiled_vector.py``) where a problem has them, tensors on any device (``tensor_vector.py``) everywhere else.
"""

import time
from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any, Literal

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from mdpzoo import streams
from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo.interop.gymnasium import ModelEnv
from mdpzoo.protocols import BatchedProblem, Model
from mdpzoo.settings import check_names
from mdpzoo.specs import build

Output = Literal["numpy", "torch"]


def vector_env(
    rules: str | Model | BatchedProblem,
    num_envs: int = 1,
    *,
    device: Any = "cpu",
    output: Any = "numpy",
    autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    max_episode_steps: int | None = None,
    statistics: bool | None = None,
    render_mode: str | None = None,
    **settings: Any,
) -> gymnasium.vector.VectorEnv:
    """What ``gymnasium.make_vec`` calls, with the rules by name; the arguments are those of ``BatchedVectorEnv``.

    A model without ``batched()`` gets Gymnasium's own synchronous vector environment, on the CPU with NumPy output.

    Raises:
        SettingError: an argument has no such value.
    """
    mode = autoreset(autoreset_mode)
    built: Any = rules
    if isinstance(rules, str):
        built = build(rules, settings)
    else:
        check_names(settings, signature(vector_env).parameters.keys() - {"rules", "settings"})
    if not isinstance(built, BatchedProblem):
        if not hasattr(built, "batched"):
            return _synchronous(lambda: ModelEnv(built, render_mode), num_envs, mode, output, max_episode_steps)
        built = built.batched()
    return shell_of(built, device)(
        built,
        num_envs,
        device=device,
        output=output,
        autoreset_mode=mode,
        max_episode_steps=max_episode_steps,
        statistics=statistics,
        render_mode=render_mode,
    )


def shell_of(rules: BatchedProblem, device: Any) -> "type[BatchedVectorEnv]":
    """The shell for a problem on a device: compiled on the CPU, where it can be."""
    if str(device) == "cpu" and hasattr(rules, "compiled"):
        from mdpzoo.interop.compiled_vector import CompiledVectorEnv

        return CompiledVectorEnv
    from mdpzoo.interop.tensor_vector import TensorVectorEnv

    return TensorVectorEnv


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
    """What both shells share: settings, seeds and pictures."""

    rules: Any

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
        self.num_envs, self.device, self.output = num_envs, device, output
        self.metadata = {"autoreset_mode": autoreset_mode, "render_modes": ["rgb_array"], "render_fps": 4}
        self.render_mode = render_mode
        self.single_observation_space, self.single_action_space = rules.observation_space, rules.action_space
        self.observation_space = batch_space(rules.observation_space, num_envs)
        self.action_space = batch_space(rules.action_space, num_envs)
        self._mode, self._limit = autoreset_mode, -1 if max_episode_steps is None else max_episode_steps
        self._statistics = output == "torch" if statistics is None else statistics
        self._seeds: list[int] | None = None
        self._state: Any = None
        self._began = time.perf_counter()

    @property
    def max_episode_steps(self) -> int | None:
        """Steps after which an episode is truncated; None: only the rules end it."""
        return self._limit if self._limit > 0 else None

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
        self._start(mask)
        return self._look(self._state), {}

    def render(self) -> tuple[np.ndarray, ...] | None:
        """A picture of every row, ``[height, width, 3]`` uint8 each; None without a render mode."""
        if self.render_mode is None:
            return None
        return tuple(self.rules.render(self._state, row) for row in range(self.num_envs))

    def _start(self, mask: Any) -> None:
        """Starts episodes where the mask says, or everywhere."""
        raise NotImplementedError

    def _look(self, state: Any) -> Any:
        """Observations of a state, as they are given out."""
        raise NotImplementedError

    def _rekey(self, keys: np.ndarray, kept: np.ndarray | None) -> None:
        """Takes new streams ``[B]`` uint64, from their beginnings but for the rows that are ``kept`` (``[B]`` bool)."""
        raise NotImplementedError

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
        kept = [self._seeds is not None and new is None for new in given]
        self._seeds = seeds
        self._rekey(np.array([streams.key(each) for each in seeds]), np.array(kept) if any(kept) else None)


def _synchronous(
    make: Callable[[], gymnasium.Env[Any, Any]], num_envs: int, mode: AutoresetMode, output: str, limit: int | None
) -> gymnasium.vector.VectorEnv:
    if output != "numpy":
        raise SettingError(f"this model steps one state at a time, its output is 'numpy', not {output!r}")

    def limited() -> gymnasium.Env[Any, Any]:
        return make() if limit in (None, -1) else gymnasium.wrappers.TimeLimit(make(), limit)

    return gymnasium.vector.SyncVectorEnv([limited] * num_envs, autoreset_mode=mode)
