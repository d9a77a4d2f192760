"""Compiled rules of a problem as a Gymnasium environment on the CPU: a batch of one."""

from typing import Any

import numpy as np
from gymnasium import spaces

from mdpzoo.interop.shells.problem_env import ProblemEnv
from mdpzoo.protocols import CompiledProblem


class CompiledEnv(ProblemEnv):
    """A ``CompiledProblem`` as a batch of one."""

    def __init__(
        self,
        rules: CompiledProblem,
        render_mode: str | None = None,
        illegal: str = "raise",
        reveal: str = "never",
        max_episode_steps: int | None = None,
    ) -> None:
        """Wraps rules; arguments and errors are those of ``ProblemEnv``."""
        super().__init__(rules, render_mode, illegal, reveal, max_episode_steps)
        self._shown: Any = {}
        self._named = isinstance(self.observation_space, spaces.Dict)
        self._action = np.zeros((1, *(self.action_space.shape or ())), self.action_space.dtype)
        self._awake, self._undrawn = np.zeros(1, bool), np.zeros((1, 0))

    def _initial(self, draws: np.ndarray, before: Any) -> Any:
        return self.rules.initial(draws, before)

    def _facts(self) -> dict[str, Any]:
        return {name: each[0].copy()[()] for name, each in self.rules.reveal(self._state).items()}

    def _act(self, action: Any) -> Any:
        self._action[0] = action
        draws = self._source.take(self.rules.step_draws) if self.rules.step_draws else self._undrawn
        return self.rules.step(self._state, self._action, draws, self._awake)

    def _look(self) -> Any:
        mask = self.rules.action_mask(self._state)
        self._mask = mask = None if mask is None else mask[0]
        if self._legal_space is not None:
            self._legal_space.legal = mask
        before, self._shown = self._shown, self.rules.observe(self._state)
        if not self._named:
            return self._shown[0]
        # the rules return constant parts as the same array every time, but observations must not share memory
        return {name: each[0].copy() if each is before.get(name) else each[0] for name, each in self._shown.items()}
