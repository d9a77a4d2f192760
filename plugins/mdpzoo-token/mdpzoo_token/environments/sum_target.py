"""Write six digits in three turns whose sum is the target; after a turn the environment shows what is missing.

Known exactly: the number of answers for target T is the coefficient of x^T in ((1 - x^10) / (1 - x))^6, so a policy
that is always right may keep up to ln(count) / 6 nats of entropy a token, 1.34 on average over the targets. Entropy
therefore costs no reward here; if it collapses, the optimiser is the cause.
"""

import copy
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from mdpzoo.protocols import Outcome
from mdpzoo.settings import Range, ranged
from mdpzoo_token.environments.task import TokenTask, drawn

if TYPE_CHECKING:
    from mdpzoo_token.environments.compiled_tasks import CompiledSumTarget

DIGITS = 10
JUNK = 1 << 20  # contribution of a junk token, more than any sum
BASE = (0.75, 0.10, 0.15)  # of the base policy: digits 0 to 5, digits 6 to 9, junk, in all


class SumState(NamedTuple):
    """The states of B sequences.

    Attributes:
        prompt: ``[B, 1]`` int64, the targets.
        tokens: ``[B, L]`` int64, V where nothing is written yet.
        step: ``[B]`` int64, tokens written.
        total: ``[B]`` int64, sum of the digits, and ``JUNK`` for each junk token.
        shown: ``[B]`` int64, sum of the digits at the end of the last turn.
    """

    prompt: Tensor
    tokens: Tensor
    step: Tensor
    total: Tensor
    shown: Tensor


class SumTarget(TokenTask):
    """The sum of the tokens must be the prompt, without junk tokens."""

    @ranged
    def __init__(
        self,
        length: Annotated[int, Range(1)] = 6,
        turn_length: Annotated[int, Range(1)] = 2,
        vocabulary: Annotated[int, Range(DIGITS + 1)] = 32,
    ) -> None:
        """Builds the task.

        Rewards: 1 with the last token if every token is a digit and their sum is the target, else 0.

        Ends: After ``length`` tokens.

        Args:
            length: tokens of an answer, at least 1.
            turn_length: tokens of a turn, at least 1.
            vocabulary: 10 digits and junk tokens; at least 11.

        Raises:
            SettingError: if an argument is out of its range.
        """
        self.length, self.turn_length, self.vocabulary = length, turn_length, vocabulary
        self.highest = (DIGITS - 1) * length
        self.context_sizes = (self.highest + 1, 2 * self.highest + 1)
        self.prompts = torch.arange(self.highest + 1)[:, None]
        self.names = tuple(str(token) if token < DIGITS else "x" for token in range(vocabulary))
        self.junk = JUNK
        self.added = torch.tensor([*range(DIGITS), *[JUNK] * (vocabulary - DIGITS), 0])  # by a token; V is none
        self._define_spaces()

    def to(self, device: Any) -> "SumTarget":
        """Returns the same rules with prompts and the tokens' contributions on a device."""
        moved = copy.copy(self)
        moved.prompts, moved.added = self.prompts.to(device), self.added.to(device)
        return moved

    def compiled(self) -> "CompiledSumTarget":
        """Returns the same rules for a CPU."""
        from mdpzoo_token.environments.compiled_tasks import CompiledSumTarget

        return CompiledSumTarget(self)

    def verify(self, prompt: Tensor, tokens: Tensor) -> Tensor:
        """Whether all tokens ``[B, L]`` are digits that add up to the prompt ``[B, 1]``."""
        return torch.where(tokens < DIGITS, tokens, self.highest + 1).sum(1) == prompt[:, 0]

    def pose(self, prompt: Tensor) -> SumState:
        """Returns the states of ``[B, 1]`` targets before anything is written."""
        start = super().pose(prompt)
        nothing = torch.zeros_like(start.step)
        return SumState(start.prompt, start.tokens, start.step, nothing, nothing)

    def step(self, state: SumState, action: Tensor, draws: Tensor) -> Outcome:
        """Writes ``[B]`` tokens; the sum is updated, which costs less than adding up again."""
        token, illegal = self.legal(action)
        after = self.written(state, token)
        total = state.total + self.added.take(token)
        shown = torch.where(after.step % self.turn_length == 0, total % JUNK, state.shown)
        complete = after.step >= self.length
        reward = (complete & (total == state.prompt[:, 0])).double()
        return Outcome(after._replace(total=total, shown=shown), reward, complete | illegal, illegal)

    def context(self, state: SumState) -> Tensor:
        """Returns the target, and the target minus the sum up to the last turn's end, shifted to be non-negative."""
        missing = state.prompt[:, 0] - state.shown + self.highest
        return torch.stack([state.prompt[:, 0], missing], 1)

    def demonstrate(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draws random tokens; half of the junk-free samples have their true sum as prompt, the others a random one."""
        few, many, junk = BASE
        probabilities = torch.full((self.vocabulary,), junk / (self.vocabulary - DIGITS), dtype=torch.float64)
        probabilities[:6], probabilities[6:DIGITS] = few / 6, many / 4
        tokens = drawn(probabilities, (count, self.length), generator)
        prompt = torch.randint(len(self.prompts), (count, 1), generator=generator)
        honest = (tokens.amax(1) < DIGITS) & (torch.rand(count, generator=generator) < 0.5)
        return torch.where(honest[:, None], tokens.sum(1, keepdim=True), prompt), tokens

    def is_junk(self, tokens: Tensor) -> Tensor:
        """Returns a mask of the tokens that are no digits."""
        return tokens >= DIGITS


def answer_counts(length: int = 6, digits: int = DIGITS) -> np.ndarray:
    """Returns the number of sequences of digits with each sum, ``[(digits - 1) length + 1]`` int64.

    Example:
        >>> int(answer_counts(6)[27])
        55252
    """
    counts = np.ones(1, np.int64)
    for _ in range(length):
        counts = np.convolve(counts, np.ones(digits, np.int64))
    return counts
