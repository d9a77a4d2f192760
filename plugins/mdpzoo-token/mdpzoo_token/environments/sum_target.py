"""Write six digits in three turns whose sum is the target; after a turn the environment shows what is missing.

Known exactly: the number of answers for target T is the coefficient of x^T in ((1 - x^10) / (1 - x))^6, so a policy
that is always right may keep up to ln(count) / 6 nats of entropy a token, 1.34 on average over the targets. Entropy
therefore costs no reward here; where it collapses, the optimiser did it.
"""

import numpy as np
import torch
from torch import Tensor

from mdpzoo.errors import SettingError
from mdpzoo_token.environments.task import TokenState, TokenTask, drawn

DIGITS = 10
BASE = (0.75, 0.10, 0.15)  # of the base policy: digits 0 to 5, digits 6 to 9, junk, in all


class SumTarget(TokenTask):
    """The sum of the tokens must be the prompt, without junk tokens."""

    def __init__(self, length: int = 6, turn_length: int = 2, vocabulary: int = 32) -> None:
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
        check_sizes(length=(length, 1), turn_length=(turn_length, 1), vocabulary=(vocabulary, DIGITS + 1))
        self.length, self.turn_length, self.vocabulary = length, turn_length, vocabulary
        self.highest = (DIGITS - 1) * length
        self.context_sizes = (self.highest + 1, 2 * self.highest + 1)
        self.prompts = torch.arange(self.highest + 1)[:, None]
        self.names = tuple(str(token) if token < DIGITS else "x" for token in range(vocabulary))
        self._define_spaces()

    def verify(self, prompt: Tensor, tokens: Tensor) -> Tensor:
        """Whether all tokens ``[B, L]`` are digits that add up to the prompt ``[B, 1]``."""
        return (tokens.amax(1) < DIGITS) & (tokens.sum(1) == prompt[:, 0])

    def context(self, state: TokenState) -> Tensor:
        """The target, and the target less the sum up to the last turn's end, shifted to be non-negative."""
        counted = state.step.div(self.turn_length, rounding_mode="floor")[:, None] * self.turn_length
        digits = (state.tokens < DIGITS) & (torch.arange(self.length, device=state.step.device) < counted)
        missing = state.prompt + self.highest - (state.tokens * digits).sum(1, keepdim=True)
        return torch.cat([state.prompt, missing], 1)

    def demonstrate(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Random tokens; half of the junk-free samples have their true sum as prompt, the others a random one."""
        few, many, junk = BASE
        probabilities = torch.full((self.vocabulary,), junk / (self.vocabulary - DIGITS), dtype=torch.float64)
        probabilities[:6], probabilities[6:DIGITS] = few / 6, many / 4
        tokens = drawn(probabilities, (count, self.length), generator)
        prompt = torch.randint(len(self.prompts), (count, 1), generator=generator)
        honest = (tokens.amax(1) < DIGITS) & (torch.rand(count, generator=generator) < 0.5)
        return torch.where(honest[:, None], tokens.sum(1, keepdim=True), prompt), tokens

    def is_junk(self, tokens: Tensor) -> Tensor:
        """Tokens that are no digits."""
        return tokens >= DIGITS


def answer_counts(length: int = 6, digits: int = DIGITS) -> np.ndarray:
    """Returns how many sequences of digits have each sum, ``[(digits - 1) length + 1]`` int64.

    Example:
        >>> int(answer_counts(6)[27])
        55252
    """
    counts = np.ones(1, np.int64)
    for _ in range(length):
        counts = np.convolve(counts, np.ones(digits, np.int64))
    return counts


def check_sizes(**sizes: tuple[int, int]) -> None:
    """Checks whole numbers against their least values.

    Raises:
        SettingError: if one is no whole number or too small; names it and its range.
    """
    for name, (value, least) in sizes.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise SettingError(f"{name} must be a whole number of at least {least}, got {value!r}")
