"""Quantities of tokens that several strategies need: entropies, ratios, covariances, means over valid positions."""

import torch
from torch import Tensor


def as_tokens(advantages: Tensor, like: Tensor) -> Tensor:
    """Returns advantages ``[B, L]`` from ``[B]`` or ``[B, L]``."""
    advantages = torch.as_tensor(advantages, dtype=like.dtype, device=like.device)
    return (advantages[:, None] if advantages.dim() == 1 else advantages).expand_as(like)


def ratio_of(logp: Tensor, old_logp: Tensor, mask: Tensor) -> Tensor:
    """Returns probability ratios ``[B, L]``, 1 at masked positions, through which no gradient flows."""
    return (logp - old_logp).masked_fill(~mask.bool(), 0).exp()


def logp_of(logits: Tensor, tokens: Tensor, mask: Tensor) -> Tensor:
    """Returns log-probabilities ``[B, L]`` of tokens ``[B, L]`` from logits ``[B, L, V]``, 0 at masked positions."""
    chosen = logits.log_softmax(-1).gather(-1, tokens.clamp(0, logits.shape[-1] - 1)[..., None])[..., 0]
    return chosen.masked_fill(~mask.bool(), 0)


def entropies(logits: Tensor) -> Tensor:
    """Returns entropies ``[B, L]`` in nats of logits ``[B, L, V]``."""
    logp = logits.log_softmax(-1)
    return -(logp.exp() * logp).sum(-1)


def mean_valid(values: Tensor, mask: Tensor) -> Tensor:
    """Returns the mean of ``[B, L]`` values over valid positions, a scalar; 0 if there are none."""
    mask = mask.bool()
    return values.masked_fill(~mask, 0).sum() / mask.sum().clamp(min=1)


def covariances(advantages: Tensor, logp: Tensor, mask: Tensor) -> Tensor:
    """Returns ``(A - mean A)(l - mean l)`` ``[B, L]`` without gradient; means over valid tokens, 0 at masked ones."""
    logp, mask = logp.detach(), mask.bool()
    weight = as_tokens(advantages, logp)
    product = (weight - mean_valid(weight, mask)) * (logp - mean_valid(logp, mask))
    return product.masked_fill(~mask, 0)


def top(values: Tensor, among: Tensor, count: int) -> Tensor:
    """Returns the positions ``among`` (``[B, L]`` bool) with the largest values, at most ``count``, bool."""
    flat = values.masked_fill(~among, -torch.inf).flatten()
    chosen = torch.zeros_like(flat, dtype=torch.bool)
    chosen[flat.topk(min(count, int(among.sum()))).indices] = True
    return chosen.view_as(values)


def turn_means(values: Tensor, mask: Tensor, turns: Tensor) -> tuple[Tensor, Tensor]:
    """Returns means ``[B, K]`` of ``[B, L]`` values by turn, and the turns with a valid token, ``[B, K]`` bool."""
    mask, turns = mask.bool(), turns.clamp(min=0).expand_as(values)
    count = int(turns.max()) + 1
    sums = values.new_zeros(len(values), count).scatter_add(1, turns, values.masked_fill(~mask, 0))
    sizes = values.new_zeros(len(values), count).scatter_add(1, turns, mask.to(values.dtype))
    return sums / sizes.clamp(min=1), sizes > 0
