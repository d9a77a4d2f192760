"""Clipped surrogates that several strategies build on: PPO's (Schulman et al. 2017) and the dual-clipped one (Ye et al.
2020, arXiv:1912.09729), which also bounds the loss of negative advantages.
"""

import torch
from torch import Tensor

from mdpzoo_token.losses.token_values import as_tokens, ratio_of


def clipped(advantages: Tensor, logp: Tensor, old_logp: Tensor, mask: Tensor, clip: tuple[float, float]) -> Tensor:
    """Returns ``max(-A r, -A clip(r, 1 - clip[0], 1 + clip[1]))`` ``[B, L]``, 0 at masked positions."""
    mask = mask.bool()
    weight, ratio = as_tokens(advantages, logp), ratio_of(logp, old_logp, mask)
    surrogate = torch.maximum(-weight * ratio, -weight * ratio.clamp(1 - clip[0], 1 + clip[1]))
    return surrogate.masked_fill(~mask, 0)


def dual_clipped(
    advantages: Tensor, logp: Tensor, old_logp: Tensor, mask: Tensor, clip: tuple[float, float], bound: float
) -> Tensor:
    """Returns the clipped surrogate, at most ``-bound A`` where A is negative; ``bound`` exceeds 1."""
    loss, weight = clipped(advantages, logp, old_logp, mask, clip), as_tokens(advantages, logp)
    bounded = torch.where(weight < 0, torch.minimum(loss, -bound * weight), loss)
    return bounded.masked_fill(~mask.bool(), 0)
