"""Token tasks as ``CompiledProblem``: the same states in arrays, written in place by ``token_kernels``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mdpzoo.interop.shells.states import mapped
from mdpzoo.protocols import Outcome
from mdpzoo_token.environments import token_kernels as kernels

if TYPE_CHECKING:
    from mdpzoo_token.environments.countdown import Countdown
    from mdpzoo_token.environments.key_door import KeyDoor
    from mdpzoo_token.environments.sum_target import SumTarget
    from mdpzoo_token.environments.task import TokenTask


class CompiledTask:
    """A task whose state is a ``TokenState`` and whose context is the prompt.

    Attributes:
        task: the rules on tensors.
    """

    def __init__(self, task: "TokenTask") -> None:
        """Keeps the task and the start states of all its prompts."""
        self.task = task
        self.initial_draws, self.step_draws = task.initial_draws, task.step_draws
        self._starts = mapped(task.pose(task.prompts), lambda each: each.numpy())
        self.observation_space, self.action_space = task.observation_space, task.action_space
        self._width = len(task.context_sizes) + task.length

    def initial(self, draws: np.ndarray, before: Any = None) -> Any:
        """Draws a prompt for each row, from ``[B, 1]`` numbers."""
        index = (draws[:, 0] * len(self.task.prompts)).astype(np.int64)
        return mapped(self._starts, lambda each: each[index])

    def step(self, state: Any, action: np.ndarray, draws: np.ndarray, asleep: np.ndarray) -> Outcome:
        """Writes ``[B]`` tokens in the rows that are not asleep; an illegal one ends its row unwritten."""
        rows = len(action)
        results = np.empty(rows), np.empty(rows, np.bool_), np.empty(rows, np.bool_)
        self._write(state, action, asleep, results)
        return Outcome(state, *results)

    def observe(self, state: Any) -> np.ndarray:
        """Returns ``[B, F + L]`` int64: the context and the tokens so far."""
        seen = np.empty((len(state.step), self._width), np.int64)
        self._show(state, seen)
        return seen

    def action_mask(self, state: Any) -> None:
        """Returns None: every token may always be written."""
        return None

    def reveal(self, state: Any) -> Mapping[str, np.ndarray]:
        """Returns the facts that the task reveals, as new arrays."""
        return {name: each.numpy().copy() for name, each in self.task.reveal(mapped(state, torch.from_numpy)).items()}

    def render(self, state: Any, row: int) -> np.ndarray:
        """Returns the task's picture."""
        return self.task.render(mapped(state, torch.from_numpy), row)

    def _write(self, state: Any, action: np.ndarray, asleep: np.ndarray, results: tuple[np.ndarray, ...]) -> None:
        """Steps in place and fills reward, terminated and illegal, ``[B]`` each."""
        if kernels.write(self.task.vocabulary, *state, action, asleep, *results):
            reward, terminated, illegal = results
            rows = np.flatnonzero(terminated & ~illegal)
            prompt, tokens = torch.from_numpy(state.prompt[rows]), torch.from_numpy(state.tokens[rows])
            reward[rows] = self.task.verify(prompt, tokens).numpy()

    def _show(self, state: Any, seen: np.ndarray) -> None:
        """Fills ``[B, F + L]`` observations."""
        kernels.observe_prompts(state.prompt, state.tokens, seen)


class CompiledSumTarget(CompiledTask):
    """``SumTarget`` in arrays."""

    task: "SumTarget"

    def __init__(self, task: "SumTarget") -> None:
        """Stores the contribution of each token as an array."""
        super().__init__(task)
        self._added = task.added.numpy()

    def _write(self, state: Any, action: np.ndarray, asleep: np.ndarray, results: tuple[np.ndarray, ...]) -> None:
        given = self.task.vocabulary, self.task.turn_length, self._added, self.task.junk
        kernels.write_sums(*given, *state, action, asleep, *results)

    def _show(self, state: Any, seen: np.ndarray) -> None:
        kernels.observe_sums(self.task.highest, state.prompt, state.tokens, state.shown, seen)


class CompiledCountdown(CompiledTask):
    """``Countdown`` in arrays."""

    task: "Countdown"

    def __init__(self, task: "Countdown") -> None:
        """Keeps the tables as arrays."""
        super().__init__(task)
        self._tables = [each.numpy() for each in (task.tables.successors, task.tables.leaf, task.tables.values)]

    def _write(self, state: Any, action: np.ndarray, asleep: np.ndarray, results: tuple[np.ndarray, ...]) -> None:
        kernels.write_expressions(self.task.vocabulary, *self._tables, *state, action, asleep, *results)


class CompiledKeyDoor(CompiledTask):
    """``KeyDoor`` in arrays."""

    task: "KeyDoor"

    def _write(self, state: Any, action: np.ndarray, asleep: np.ndarray, results: tuple[np.ndarray, ...]) -> None:
        kernels.write_codes(self.task.vocabulary, *state, action, asleep, *results)

    def _show(self, state: Any, seen: np.ndarray) -> None:
        codes = state.room, state.code, state.first, state.shown
        kernels.observe_codes(self.task.vocabulary, state.tokens, *codes, seen)
