"""Base class of token tasks: a prompt, tokens written one at a time, and a verifier that pays 1 or 0 at the end.

An action is one token. The observation holds the environment's context and the tokens so far, all whole numbers, so
that SB3's PPO with ``MlpPolicy`` runs on it unchanged.
"""

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from mdpzoo.protocols import Outcome


class TokenState(NamedTuple):
    """The states of B sequences.

    Attributes:
        prompt: ``[B, P]`` int64.
        tokens: ``[B, L]`` int64, V where nothing is written yet.
        step: ``[B]`` int64, tokens written.
    """

    prompt: Tensor
    tokens: Tensor
    step: Tensor


class TokenTask(ABC):
    """The rules of one task: a ``BatchedProblem``.

    Attributes:
        vocabulary: V, tokens that may be written.
        length: L, maximum number of tokens of a sequence.
        turn_length: tokens of a turn.
        context_sizes: F sizes; entry f of a context lies in ``[0, context_sizes[f])``.
        prompts: ``[K, P]`` int64, from which an episode draws one uniformly.
        names: of the tokens, for pictures.
    """

    initial_draws: ClassVar[int] = 1
    step_draws: ClassVar[int] = 0
    vocabulary: int
    length: int
    turn_length: int
    context_sizes: tuple[int, ...]
    prompts: Tensor
    names: tuple[str, ...]

    def _define_spaces(self) -> None:
        """Builds the spaces from the attributes; call it at the end of the constructor."""
        sizes = [*self.context_sizes, *[self.vocabulary + 1] * self.length]
        self.observation_space = spaces.MultiDiscrete(np.array(sizes), dtype=np.int64)
        self.action_space = spaces.Discrete(self.vocabulary)

    def to(self, device: Any) -> "TokenTask":
        """Returns the same rules with their prompts on a device."""
        moved = copy.copy(self)
        moved.prompts = self.prompts.to(device)
        return moved

    def initial(self, draws: Tensor, before: Any = None) -> Any:
        """Draws a prompt for each row, from ``[B, 1]`` numbers."""
        return self.pose(self.prompts[(draws[:, 0] * len(self.prompts)).long()])

    def pose(self, prompt: Tensor) -> Any:
        """Returns the states of ``[B, P]`` prompts before anything is written."""
        rows = len(prompt)
        blank = torch.full((rows, self.length), self.vocabulary, dtype=torch.int64, device=prompt.device)
        return TokenState(prompt, blank, torch.zeros(rows, dtype=torch.int64, device=prompt.device))

    def step(self, state: Any, action: Tensor, draws: Tensor) -> Outcome:
        """Writes ``[B]`` tokens; the last one pays 1 if they succeed. An illegal one ends its row unwritten."""
        token, illegal = self.legal(action)
        after = self.written(state, token)
        ended = illegal | (after.step >= self.length)
        return Outcome(after, self.succeeded(after).double(), ended, illegal)

    def legal(self, action: Tensor) -> tuple[Tensor, Tensor]:
        """Returns ``[B]`` tokens, V in place of illegal actions, and the rows with an illegal action, ``[B]`` bool."""
        illegal = action.clamp(0, self.vocabulary - 1) != action
        return torch.where(illegal, self.vocabulary, action), illegal

    def written(self, state: Any, token: Tensor) -> Any:
        """Returns the state with ``[B]`` tokens written at the rows' next positions; V writes nothing."""
        place = state.step.clamp(max=self.length - 1)[:, None]
        step = state.step + (token < self.vocabulary)
        return state._replace(tokens=state.tokens.scatter(1, place, token[:, None]), step=step)

    def observe(self, state: Any) -> Tensor:
        """Returns ``[B, F + L]`` int64: the context and the tokens so far, V where nothing is written yet."""
        return torch.cat([self.context(state), state.tokens], 1)

    def action_mask(self, state: Any) -> Tensor | None:
        """Returns None: every token may always be written."""
        return None

    def reveal(self, state: Any) -> Mapping[str, Tensor]:
        """Returns ``verify`` and ``turn``, ``[B]``, and ``observation_tokens`` ``[B, F]``, which no loss counts."""
        return {
            "verify": self.succeeded(state),
            "turn": state.step.div(self.turn_length, rounding_mode="floor"),
            "observation_tokens": self.context(state),
        }

    def render(self, state: Any, row: int) -> np.ndarray:
        """Returns a table of the prompt and the tokens, ``[height, width, 3]`` uint8."""
        from mdpzoo_token.environments.token_table import draw_table

        written = [self.names[token] for token in state.tokens[row].tolist() if token < self.vocabulary]
        shown = [str(each) for each in state.prompt[row].tolist()]
        return draw_table(shown, written, self.length, self.turn_length)

    def succeeded(self, state: Any) -> Tensor:
        """Returns ``[B]`` bool: complete and correct."""
        return (state.step >= self.length) & self.verify(state.prompt, state.tokens)

    def replay(self, prompt: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Writes ``[B, L]`` tokens.

        Returns:
            The contexts before each token ``[B, L, F]`` int64, the mask ``[B, L]`` bool, False at positions after a
            sequence's end, and the rewards ``[B]`` float64.
        """
        state, contexts, alive = self.pose(prompt), [], []
        running = torch.ones(len(prompt), dtype=torch.bool, device=prompt.device)
        rewards = torch.zeros(len(prompt), dtype=torch.float64, device=prompt.device)
        for token in tokens.unbind(1):
            contexts.append(self.context(state))
            alive.append(running)
            outcome = self.step(state, token.clamp(0, self.vocabulary - 1), prompt)
            rewards = rewards + outcome.reward * running
            state, running = outcome.state, running & ~outcome.terminated
        return torch.stack(contexts, 1), torch.stack(alive, 1), rewards

    @abstractmethod
    def verify(self, prompt: Tensor, tokens: Tensor) -> Tensor:
        """Returns whether complete sequences ``[B, L]`` answer their prompts ``[B, P]``, ``[B]`` bool."""

    @abstractmethod
    def context(self, state: Any) -> Tensor:
        """Returns the environment's context, ``[B, F]`` int64: its own tokens, never trained on."""

    @abstractmethod
    def demonstrate(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draws prompts ``[count, P]`` and tokens ``[count, L]`` to fit a base policy to; most are wrong."""

    def is_junk(self, tokens: Tensor) -> Tensor:
        """Returns a mask of the tokens that are in no correct answer, bool of the tokens' shape."""
        return torch.zeros_like(tokens, dtype=torch.bool)


def drawn(probabilities: Tensor, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Draws tokens of a shape, int64, independently from probabilities ``[V]``."""
    count = int(np.prod(shape))
    return torch.multinomial(probabilities, count, replacement=True, generator=generator).view(shape)
