"""Quantities of tokens that several strategies need: entropies, ratios, means over valid positions."""

import torch
from torch import Tensor


def as_tokens(advantages: Tensor, like: Tensor) -> Tensor:
    """Returns advantages ``[B, L]`` from ``[B]`` or ``[B, L]``."""
    advantages = torch.as_tensor(advantages, dtype=like.dtype, device=like.device)
    return (advantages[:, None] if advantages.dim() == 1 else advantages).expand_as(like)


def ratio_of(logp: Tensor, old_logp: Tensor, mask: Tensor) -> Tensor:
    """Returns probability ratios ``[B, L]``, 1 at masked positions, through which no gradient flows."""
    return (logp - old_logp).masked_fill(~mask, 0).exp()


def logp_of(logits: Tensor, tokens: Tensor, mask: Tensor) -> Tensor:
    """Returns log-probabilities ``[B, L]`` of tokens ``[B, L]`` from logits ``[B, L, V]``, 0 at masked positions."""
    chosen = logits.log_softmax(-1).gather(-1, tokens.clamp(min=0)[..., None])[..., 0]
    return chosen.masked_fill(~mask.bool(), 0)


def entropies(logits: Tensor) -> Tensor:
    """Returns entropies ``[B, L]`` in nats of logits ``[B, L, V]``."""
    logp = logits.log_softmax(-1)
    return -(logp.exp() * logp).sum(-1)


def mean_valid(values: Tensor, mask: Tensor) -> Tensor:
    """Returns the mean of ``[B, L]`` values over valid positions, a scalar; 0 if there are none."""
    mask = mask.bool()
    return values.masked_fill(~mask, 0).sum() / mask.sum().clamp(min=1)


