"""Clip-Cov: a few random tokens of high covariance between advantage and log-probability get no gradient.

Source: the entropy mechanism, arXiv:2505.22617, and its authors' code. What differs from the paper: nothing known. The
default fraction selects a single token of a small batch, and the strategy warns of that.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mdpzoo_token.hooks.selection_warnings import warn_few
from mdpzoo_token.hooks.strategy import Strategy, UpdateState
from mdpzoo_token.losses.surrogates import clipped
from mdpzoo_token.losses.token_values import as_tokens, covariances, ratio_of, top

CLIP = (1.0, 1.0)  # as in the authors' scripts


def token_loss(
    advantages: Tensor,
    logp: Tensor,
    old_logp: Tensor,
    logits: Tensor,
    batch: Any,
    fraction: float = 2e-4,
    lower: float = 1.0,
    upper: float = 5.0,
    clip: tuple[float, float] = CLIP,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Returns the clipped surrogate, 0 at the chosen tokens ``[B, L]``; see ``grpo.token_loss``.

    Args:
        advantages: ``[B]`` or ``[B, L]``.
        logp: ``[B, L]``.
        old_logp: ``[B, L]``.
        logits: not used.
        batch: has ``mask``.
        fraction: of the valid tokens that are chosen, at least one, among the eligible ones.
        lower: an eligible token's covariance exceeds this,
        upper: and is below this; tokens that the surrogate clips are not eligible.
        clip: of the surrogate.
        generator: of the choice; None: the eligible tokens of the highest covariance.
    """
    mask = batch.mask.bool()
    loss = clipped(advantages, logp, old_logp, mask, clip)
    covariance = covariances(advantages, logp, mask)
    eligible = mask & (covariance > lower) & (covariance < upper) & ~_idle(advantages, logp, old_logp, mask, clip)
    count = max(1, int(fraction * int(mask.sum())))
    random = generator is not None
    order = torch.rand(covariance.shape, generator=generator).to(covariance) if random else covariance
    return loss.masked_fill(top(order, eligible, count), 0)


def _idle(advantages: Tensor, logp: Tensor, old_logp: Tensor, mask: Tensor, clip: tuple[float, float]) -> Tensor:
    """Returns the positions at which the surrogate is already clipped, ``[B, L]`` bool."""
    ratio, weight = ratio_of(logp.detach(), old_logp, mask), as_tokens(advantages, logp)
    return -weight * ratio.clamp(1 - clip[0], 1 + clip[1]) > -weight * ratio


@dataclass
class ClipCov(Strategy):
    """Clip-Cov in the loop; see ``token_loss``.

    Attributes:
        fraction: of the valid tokens that are chosen.
        lower: smallest covariance.
        upper: largest covariance.
        clip: of the surrogate.
    """

    fraction: float = 2e-4
    lower: float = 1.0
    upper: float = 5.0
    clip: tuple[float, float] = CLIP

    def begin(self, state: UpdateState) -> None:
        """Stores the run's generator, and warns if the fraction selects one token."""
        self._generator = state.generator
        if state.update == 0:
            warn_few("clip-cov", "fraction", self.fraction, self.fraction * state.minibatch_tokens)

    def token_loss(self, advantages: Tensor, logp: Tensor, old_logp: Tensor, logits: Tensor, batch: Any) -> Tensor:
        """See the function of this module."""
        settings = (self.fraction, self.lower, self.upper, self.clip, self._generator)
        return token_loss(advantages, logp, old_logp, logits, batch, *settings)
