"""A batched problem as a Gymnasium environment, on tensors of any device: a batch of one."""

from typing import Any

import numpy as np

from mdpzoo.interop.shells.problem_env import ProblemEnv
from mdpzoo.interop.shells.tensors import row, tensor
from mdpzoo.protocols import BatchedProblem


class TensorEnv(ProblemEnv):
    """A ``BatchedProblem`` on a device, as a batch of one."""

    def __init__(
        self,
        rules: BatchedProblem,
        render_mode: str | None = None,
        device: Any = "cpu",
        illegal: str = "raise",
        reveal: str = "never",
        max_episode_steps: int | None = None,
    ) -> None:
        """Wraps rules; arguments and errors are those of ``ProblemEnv``."""
        super().__init__(rules.to(device), render_mode, illegal, reveal, max_episode_steps)
        self._device = device

    def _initial(self, draws: np.ndarray, before: Any) -> Any:
        return self.rules.initial(tensor(draws, self._device), before)

    def _act(self, action: Any) -> Any:
        draws = tensor(self._source.take(self.rules.step_draws), self._device)
        batch = np.asarray(action, self.action_space.dtype)[None]
        return self.rules.step(self._state, tensor(batch, self._device), draws)

    def _facts(self) -> dict[str, Any]:
        return {name: each[0].numpy(force=True).copy()[()] for name, each in self.rules.reveal(self._state).items()}

    def _look(self) -> Any:
        mask = self.rules.action_mask(self._state)
        self._mask = None if mask is None else mask[0].cpu().numpy()
        if self._legal_space is not None:
            self._legal_space.legal = self._mask
        return row(self.rules.observe(self._state), 0, self.observation_space)
