"""Write the digits of the prompt in ascending order: the negative control.

Each prompt has one answer, so an optimal policy has no entropy, and any method that keeps entropy up costs reward.
"""

from typing import TYPE_CHECKING, Annotated

import torch
from torch import Tensor

from mdpzoo.settings import Range, ranged
from mdpzoo_token.environments.sum_target import DIGITS
from mdpzoo_token.environments.task import TokenState, TokenTask, drawn

if TYPE_CHECKING:
    from mdpzoo_token.environments.compiled_tasks import CompiledTask


class CopySort(TokenTask):
    """The tokens must be the prompt's digits, sorted."""

    @ranged
    def __init__(
        self,
        length: Annotated[int, Range(1)] = 6,
        vocabulary: Annotated[int, Range(DIGITS)] = 32,
        prompts: Annotated[int, Range(1)] = 55,
        right: Annotated[float, Range(0, 1)] = 0.5,
        seed: Annotated[int, Range(0)] = 0,
    ) -> None:
        """Builds the task.

        Rewards: 1 with the last token if the tokens are the prompt's digits in ascending order, else 0.

        Ends: After ``length`` tokens.

        Args:
            length: digits of a prompt, at least 1.
            vocabulary: 10 digits and junk tokens; at least 10.
            prompts: number of fixed prompts, at least 1.
            right: share of right answers among the demonstrations of the base policy, in [0, 1].
            seed: of the fixed prompts.

        Raises:
            SettingError: if an argument is out of its range.
        """
        self.length = self.turn_length = length
        self.vocabulary, self.right = vocabulary, right
        self.context_sizes = (DIGITS,) * length
        generator = torch.Generator().manual_seed(seed)
        self.prompts = torch.randint(DIGITS, (prompts, length), generator=generator)
        self.names = tuple(str(token) if token < DIGITS else "x" for token in range(vocabulary))
        self._define_spaces()

    def compiled(self) -> "CompiledTask":
        """Returns the same rules for a CPU."""
        from mdpzoo_token.environments.compiled_tasks import CompiledTask

        return CompiledTask(self)

    def verify(self, prompt: Tensor, tokens: Tensor) -> Tensor:
        """Whether tokens ``[B, L]`` are the sorted prompts ``[B, L]``."""
        return (tokens == prompt.sort(1).values).all(1)

    def context(self, state: TokenState) -> Tensor:
        """Returns the prompt."""
        return state.prompt

    def demonstrate(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """A share of right answers, of whose tokens some are replaced, among random digits and junk."""
        prompt = self.prompts[torch.randint(len(self.prompts), (count,), generator=generator)]
        probabilities = torch.full((self.vocabulary,), 0.15 / max(self.vocabulary - DIGITS, 1), dtype=torch.float64)
        probabilities[:DIGITS] = 0.085
        noise = drawn(probabilities, (count, self.length), generator)
        right = torch.rand(count, self.length, generator=generator) < self.right
        return prompt, torch.where(right, prompt.sort(1).values, noise)

    def is_junk(self, tokens: Tensor) -> Tensor:
        """Returns a mask of the tokens that are no digits."""
        return tokens >= DIGITS
