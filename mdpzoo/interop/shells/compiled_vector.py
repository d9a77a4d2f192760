"""The vector shell of compiled rules on the CPU: arrays that the rules change in place, few operations a step."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

from mdpzoo.interop.shells.batched_vector import BatchedVectorEnv
from mdpzoo.interop.shells.compiled_streams import draw
from mdpzoo.interop.shells.states import replaced, taken
from mdpzoo.protocols import CompiledProblem


class CompiledVectorEnv(BatchedVectorEnv):
    """B episodes of a ``CompiledProblem`` in lock step; arguments and errors are those of ``BatchedVectorEnv``."""

    _done: np.ndarray  # [B] bool, rows that ended in the last step that ended any
    _some_done: bool

    def __init__(self, rules: Any, num_envs: int, *, device: Any = "cpu", **settings: Any) -> None:
        """Wraps the compiled rules of a problem.

        Args:
            rules: the problem; has ``compiled()``.
            num_envs: B.
            device: ``"cpu"``.
            settings: the others.
        """
        super().__init__(rules, num_envs, device=device, **settings)
        self.rules: CompiledProblem = rules.compiled()
        self._counters = np.zeros(num_envs, np.uint64)
        self._nobody, self._everybody = np.zeros(num_envs, bool), np.ones(num_envs, bool)
        self._action_type = self.single_action_space.dtype
        self._kinds = "iu" if np.issubdtype(self._action_type, np.integer) else "iuf"
        self._undrawn = np.empty((num_envs, 0))
        self._counts = self._statistics or self._limit > 0
        reveals, restarts = self._at_end or self._always, self.autoreset_mode == AutoresetMode.SAME_STEP
        self._reports = self._statistics or reveals or restarts  # something is done at an episode's end
        if self.output == "torch":
            from torch import from_numpy

            self._tensor = from_numpy

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Acts once in every row.

        Args:
            actions: ``[B, ...]``, an array or a tensor. An illegal one ends its row at the rules' own penalty and is
                reported in ``infos["illegal"]`` (``[B]`` bool).

        Raises:
            SettingError: if these are not B elements of the action space's shape and kind.
            ResetNeededError: if ``reset`` has not been called.
        """
        action = actions
        fits = action.__class__ is np.ndarray and action.dtype is self._action_type and action.shape == self._shape
        if not fits or not action.flags.c_contiguous:
            action = self._fitting(actions)
        if self._state is None:
            self._check_begun()
        asleep, some_asleep = self._done, self._some_done and self.autoreset_mode != AutoresetMode.SAME_STEP
        rules = self.rules
        draws = draw(self._keys, self._counters, rules.step_draws) if rules.step_draws else self._undrawn
        self._state, reward, terminated, illegal = rules.step(
            self._state, action, draws, asleep if some_asleep else self._nobody
        )
        truncated = self._clock(reward) if self._counts else self._nobody.copy()
        if some_asleep:
            self._wake(asleep, terminated, truncated)
        done = terminated | truncated if self._limit > 0 else terminated
        if self.output == "torch":
            illegal = self._tensor(illegal)
        infos: dict[str, Any] = {"illegal": illegal, "_illegal": illegal}
        self._some_done = 1 in done.tobytes()  # twenty times as fast as done.any()
        if self._some_done:
            self._done = done.copy()
            if self._reports:
                self._finish(done > asleep if some_asleep else done, infos)  # a row that waits has ended before
        if self._always:
            infos |= self._infos_of(self._facts(), self._everybody)
        if self.output == "numpy":
            return rules.observe(self._state), reward, terminated, truncated, infos
        tensor = self._tensor
        return self._look(self._state), tensor(reward), tensor(terminated), tensor(truncated), infos

    def action_masks(self) -> Any:
        """Returns ``[B, actions]`` bool, the legal actions of the current states."""
        mask = self.rules.action_mask(self._state)
        if mask is None:
            mask = np.ones((self.num_envs, spaces.flatdim(self.single_action_space)), bool)
        return self._out(mask)

    def _fitting(self, actions: Any) -> np.ndarray:
        """Returns actions as an array of the action space's type; raises SettingError if they do not fit it."""
        action = np.asarray(actions)
        if action.shape != self._shape or action.dtype.kind not in self._kinds:
            raise self._refused(action.dtype, action.shape)
        return np.asarray(action, self._action_type, order="C")

    def _start(self, rows: np.ndarray, forgotten: np.ndarray) -> None:
        if not rows.all():
            return self._restart(rows, self._state, forgotten[rows])
        draws = draw(self._keys, self._counters, self.rules.initial_draws)
        self._state = self._fresh(draws, self._state, forgotten)
        self._elapsed, self._returns = np.zeros(self.num_envs, np.int64), np.zeros(self.num_envs)
        self._some_done, self._done = False, self._nobody

    def _fresh(self, draws: np.ndarray, before: Any, forgotten: np.ndarray | None) -> Any:
        """Returns start states of rows that continue from ``before``, except the ``forgotten`` ones; None: all do."""
        if forgotten is None or not forgotten.any():
            return self.rules.initial(draws, before)
        fresh, index = self.rules.initial(draws, None), np.flatnonzero(~forgotten)
        if not index.size:
            return fresh
        return replaced(fresh, self.rules.initial(draws[index], taken(before, index)), index)

    def _clock(self, reward: np.ndarray) -> np.ndarray:
        """Counts steps and rewards; returns the rows that have reached the time limit."""
        self._elapsed += 1
        self._returns += reward
        return self._elapsed >= self._limit if self._limit > 0 else self._nobody.copy()

    def _wake(self, asleep: np.ndarray, terminated: np.ndarray, truncated: np.ndarray) -> None:
        """Restarts rows that had ended and ignored their action, or lets them wait for the caller's reset."""
        if self.autoreset_mode == AutoresetMode.NEXT_STEP:
            truncated &= ~asleep
            if self.rules.step_draws:
                self._counters -= asleep * np.uint64(self.rules.step_draws)
            self._restart(asleep, self._state)
        else:
            terminated |= asleep

    def _restart(self, rows: np.ndarray, before: Any, forgotten: np.ndarray | None = None) -> None:
        """Restarts rows; copies the state's arrays, so that earlier observations do not change."""
        index = np.flatnonzero(rows)
        counters = self._counters[index]
        draws = draw(self._keys[index], counters, self.rules.initial_draws)
        if len(index) == self.num_envs:
            self._state = self._fresh(draws, before, forgotten)
        else:
            fresh = self._fresh(draws, taken(before, index), forgotten)
            self._state = replaced(self._state, fresh, index)
        self._counters[index] = counters
        self._elapsed[index], self._returns[index] = 0, 0.0
        if self._done is not self._nobody:
            self._done[index] = False

    def _here(self, rows: np.ndarray) -> np.ndarray:
        return rows

    def _kept(self, value: np.ndarray) -> np.ndarray:
        return np.array(value)

    def _only(self, rows: np.ndarray, values: Any) -> np.ndarray:
        if rows is self._everybody:
            return values
        values = np.asarray(values)
        return np.where(rows.reshape(-1, *[1] * max(values.ndim - 1, 0)), values, values.dtype.type(0))

    def _rekey(self, keys: np.ndarray, kept: np.ndarray) -> None:
        self._keys = keys
        self._counters *= kept.astype(np.uint64)

    def _look(self, state: Any) -> Any:
        seen = self.rules.observe(state)
        if self.output == "numpy":
            return seen
        tensor = self._tensor
        return {name: tensor(each) for name, each in seen.items()} if isinstance(seen, Mapping) else tensor(seen)

    def _out(self, value: np.ndarray) -> Any:
        return value if self.output == "numpy" else self._tensor(value)
