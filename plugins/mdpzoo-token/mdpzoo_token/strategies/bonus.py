"""The entropy bonus: the mean token entropy, times a constant, is subtracted from the loss (Williams, Peng 1991)."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from mdpzoo_token.hooks.strategy import Strategy
from mdpzoo_token.losses.token_values import entropies, mean_valid


def regulariser(logits: Tensor, logp: Tensor, advantages: Tensor, batch: Any, c: float = 0.01) -> Tensor:
    """Returns ``-c mean(H)``, a scalar; the mean runs over valid tokens.

    Args:
        logits: ``[B, L, V]``.
        logp: not used.
        advantages: not used.
        batch: has ``mask``.
        c: of the bonus.
    """
    return -c * mean_valid(entropies(logits), batch.mask)


@dataclass
class Bonus(Strategy):
    """The bonus in the loop.

    Attributes:
        c: of the bonus; .1 makes SumTarget's policy uniform.
    """

    c: float = 0.01

    def regulariser(self, logits: Tensor, logp: Tensor, advantages: Tensor, batch: Any) -> Tensor:
        """See the function of this module."""
        return regulariser(logits, logp, advantages, batch, self.c)
