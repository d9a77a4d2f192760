"""``MaskedDenoise`` as a ``CompiledProblem``: the same ``step`` as on tensors, in one pass over the rows."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mdpzoo.compiling import compiled
from mdpzoo.interop.shells.states import mapped
from mdpzoo.protocols import Outcome

if TYPE_CHECKING:
    from mdpzoo_token.environments.masked_denoise import DenoisingState, MaskedDenoise


class CompiledDenoise:
    """The task in arrays.

    Attributes:
        task: the rules on tensors.
    """

    def __init__(self, task: "MaskedDenoise") -> None:
        """Keeps the task and its tables as arrays."""
        self.task = task
        self.initial_draws, self.step_draws = task.initial_draws, task.step_draws
        self.observation_space, self.action_space = task.observation_space, task.action_space
        self._tables = [each.numpy() for each in (task.allowed, task.first, task.standing)]

    def initial(self, draws: np.ndarray, before: Any = None) -> "DenoisingState":
        """Masks everything."""
        return mapped(self.task.initial(torch.from_numpy(draws)), lambda each: each.numpy())

    def step(self, state: Any, action: np.ndarray, draws: np.ndarray, asleep: np.ndarray) -> Outcome:
        """Applies ``[B, 2 L]`` actions in the rows that are not asleep; an illegal one ends its row as it stands."""
        rows = len(action)
        results = np.empty(rows), np.empty(rows, np.bool_), np.empty(rows, np.bool_)
        task = self.task
        unmask(task.vocabulary, task.steps, task.remask, *self._tables, *state, action, asleep, *results)
        return Outcome(state, *results)

    def observe(self, state: Any) -> np.ndarray:
        """Returns ``[B, L + 1]`` int64: the tokens, V where masked, and the steps made."""
        return np.concatenate([state.tokens, state.step[:, None]], 1)

    def action_mask(self, state: Any) -> None:
        """Returns None: every filling is allowed."""
        return None

    def reveal(self, state: Any) -> Mapping[str, np.ndarray]:
        """Returns ``verify`` ``[B]``."""
        return {name: each.numpy() for name, each in self.task.reveal(mapped(state, torch.from_numpy)).items()}

    def render(self, state: Any, row: int) -> np.ndarray:
        """Returns the task's picture."""
        return self.task.render(mapped(state, torch.from_numpy), row)


@compiled
def unmask(  # type: ignore[no-untyped-def]
    vocabulary, steps, remask, allowed, start, standing, tokens, step, action, asleep, reward, terminated, illegal
):
    """Fills, keeps and pays in place; ``allowed`` ``[V, V]`` and ``start`` ``[V]`` define the valid sequences."""
    length = tokens.shape[1]
    for row in range(len(step)):
        reward[row], terminated[row], illegal[row] = 0.0, False, False
        if asleep[row]:
            continue
        for place in range(length):
            token, mark = action[row, place], action[row, length + place]
            if token < 0 or token >= vocabulary or mark < 0 or mark > 1:
                terminated[row] = illegal[row] = True
        if illegal[row]:
            continue
        left = standing[min(step[row], steps)]
        for level in range(2, -1, -1):  # a place that was written meets its level only once, or with nothing left
            for place in range(length):
                old = tokens[row, place] < vocabulary
                wish = 2 if old and not remask else action[row, length + place]
                if wish != level:
                    continue
                if left == 0:
                    tokens[row, place] = vocabulary
                    continue
                left -= 1
                if not old:
                    tokens[row, place] = action[row, place]
        step[row] += 1
        terminated[row] = step[row] >= steps
        if terminated[row]:
            valid = tokens[row, 0] < vocabulary and start[min(tokens[row, 0], vocabulary - 1)]
            for place in range(1, length):
                now, before = tokens[row, place], tokens[row, place - 1]
                valid = valid and now < vocabulary and before < vocabulary and allowed[before, now]
            reward[row] = 1.0 if valid else 0.0
