"""Unmask a sequence of a Markov chain in T steps: the action fills every masked position and marks tokens to keep.

After step i (from 0) exactly ``floor(L (i + 1) / T)`` positions are kept. The reward is 1 with the last step if the
sequence holds no forbidden transition. With re-masking, kept tokens may be masked again.
"""

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from mdpzoo.errors import SettingError
from mdpzoo.protocols import Outcome
from mdpzoo.settings import Choices, Range, ranged
from mdpzoo_token.denoising.orders import standing_after
from mdpzoo_token.denoising.sources import MarkovSource

if TYPE_CHECKING:
    from mdpzoo_token.environments.compiled_denoise import CompiledDenoise

SOURCES = {
    "two-cycles": (
        [[0.0, 0.6, 0.4, 0.0], [0.5, 0.0, 0.0, 0.5], [0.0, 0.7, 0.3, 0.0], [0.45, 0.0, 0.55, 0.0]],
        [0.25, 0.25, 0.25, 0.25],
    ),
    "ring": ([[0.1, 0.9, 0.0], [0.0, 0.2, 0.8], [0.7, 0.0, 0.3]], [0.5, 0.3, 0.2]),
}


class DenoisingState(NamedTuple):
    """The states of B sequences.

    Attributes:
        tokens: ``[B, L]`` int64, V where masked.
        step: ``[B]`` int64, steps made.
    """

    tokens: Tensor
    step: Tensor


class MaskedDenoise:
    """The rules: a ``BatchedProblem``. A reset needs no random numbers, and neither does a step."""

    initial_draws = 0
    step_draws = 0

    @ranged
    def __init__(
        self,
        source: Annotated[str, Choices(tuple(SOURCES))] = "two-cycles",
        length: Annotated[int, Range(2)] = 8,
        steps: Annotated[int, Range(1)] = 4,
        remask: bool = True,
    ) -> None:
        """Builds the task.

        Rewards: 1 with the last step if no transition of the sequence is forbidden, else 0.

        Ends: After ``steps`` steps.

        Args:
            source: ``"two-cycles"`` (4 tokens) or ``"ring"`` (3 tokens).
            length: L, at least 2.
            steps: T, 1 to L.
            remask: whether kept tokens may be masked again.

        Raises:
            SettingError: if an argument is out of its range.
        """
        if steps > length:
            raise SettingError(f"steps must be at most length, {length}, got {steps}")
        self.source = MarkovSource.of(*SOURCES[source], length)
        self.length, self.steps, self.remask, self.vocabulary = length, steps, remask, self.source.vocabulary
        self.allowed = torch.from_numpy(self.source.transition > 0)
        self.first = torch.from_numpy(self.source.start > 0)
        self.standing = torch.tensor([*standing_after(length, steps), length])
        self.observation_space = spaces.MultiDiscrete(np.array([self.vocabulary + 1] * length + [steps + 1]), np.int64)
        self.action_space = spaces.MultiDiscrete(np.array([self.vocabulary] * length + [2] * length), np.int64)
        self.sizes = torch.from_numpy(self.action_space.nvec)

    def to(self, device: Any) -> "MaskedDenoise":
        """Returns the same rules with their tensors on a device."""
        moved = copy.copy(self)
        for name in ("allowed", "first", "standing", "sizes"):
            setattr(moved, name, getattr(self, name).to(device))
        return moved

    def compiled(self) -> "CompiledDenoise":
        """Returns the same rules for a CPU."""
        from mdpzoo_token.environments.compiled_denoise import CompiledDenoise

        return CompiledDenoise(self)

    def initial(self, draws: Tensor, before: Any = None) -> DenoisingState:
        """Masks everything."""
        rows, device = len(draws), draws.device
        tokens = torch.full((rows, self.length), self.vocabulary, device=device)
        return DenoisingState(tokens, torch.zeros(rows, dtype=torch.int64, device=device))

    def step(self, state: DenoisingState, action: Tensor, draws: Tensor) -> Outcome:
        """Fills masked positions with the first L entries of ``[B, 2 L]`` actions and keeps those that the others mark.

        If too many or too few are marked, marked ones are kept first, then those of the lower index. An action outside
        the space ends its row unchanged.
        """
        illegal = ((action < 0) | (action >= self.sizes)).any(1)
        filling, marks = action.split(self.length, 1)
        old = state.tokens < self.vocabulary
        filled = torch.where(old, state.tokens, filling)
        wish = marks if self.remask else torch.where(old, 2, marks)
        count = self.standing[state.step.clamp(max=self.steps)]
        order = (wish * self.length + torch.arange(self.length - 1, -1, -1, device=wish.device)).argsort(
            dim=1, descending=True
        )
        rank = order.argsort(dim=1)
        tokens = torch.where(rank < count[:, None], filled, self.vocabulary)
        after = DenoisingState(torch.where(illegal[:, None], state.tokens, tokens), state.step + ~illegal)
        complete = after.step >= self.steps
        return Outcome(after, (complete & self.verify(after.tokens)).double(), complete | illegal, illegal)

    def verify(self, tokens: Tensor) -> Tensor:
        """Whether sequences ``[B, L]`` are complete and hold no forbidden transition, ``[B]`` bool."""
        whole, safe = (tokens < self.vocabulary).all(1), tokens.clamp(max=self.vocabulary - 1)
        return whole & self.first[safe[:, 0]] & self.allowed[safe[:, :-1], safe[:, 1:]].all(1)

    def observe(self, state: DenoisingState) -> Tensor:
        """Returns ``[B, L + 1]`` int64: the tokens, V where masked, and the steps made."""
        return torch.cat([state.tokens, state.step[:, None]], 1)

    def action_mask(self, state: DenoisingState) -> Tensor | None:
        """Returns None: every filling is allowed."""
        return None

    def reveal(self, state: DenoisingState) -> Mapping[str, Tensor]:
        """Returns ``verify`` ``[B]``."""
        return {"verify": self.verify(state.tokens)}

    def render(self, state: DenoisingState, row: int) -> np.ndarray:
        """Returns a table of the tokens, ``[height, width, 3]`` uint8."""
        from mdpzoo_token.environments.token_table import draw_table

        names = [str(each) if each < self.vocabulary else "_" for each in state.tokens[row].tolist()]
        return draw_table([str(int(state.step[row]))], names, self.length, self.length)
