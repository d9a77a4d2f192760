"""Clip-higher: the ratio counts further above 1 than below (DAPO, Yu et al. 2025, arXiv:2503.14476, section 3.1).

What differs from the paper: only the bound; none of DAPO's other changes.
"""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from mdpzoo_token.hooks.strategy import Strategy
from mdpzoo_token.losses.surrogates import clipped

CLIP = (0.2, 0.28)


def token_loss(
    advantages: Tensor,
    logp: Tensor,
    old_logp: Tensor,
    logits: Tensor,
    batch: Any,
    clip: tuple[float, float] = CLIP,
) -> Tensor:
    """Returns the clipped surrogate ``[B, L]``; the arguments are those of ``grpo.token_loss``."""
    return clipped(advantages, logp, old_logp, batch.mask, clip)


@dataclass
class ClipHigher(Strategy):
    """GRPO with another upper bound of the ratio.

    Attributes:
        clip: how far below and above 1 the ratio counts.
    """

    clip: tuple[float, float] = CLIP

    def token_loss(self, advantages: Tensor, logp: Tensor, old_logp: Tensor, logits: Tensor, batch: Any) -> Tensor:
        """See the function of this module."""
        return token_loss(advantages, logp, old_logp, logits, batch, self.clip)
