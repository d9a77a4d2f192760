"""Agentic AEPO: advantages grow with entropy, the clip keeps its gradient, and rollouts branch after tool steps.

Source: arXiv:2510.14545 and its authors' code. The clipped ratio is ``(1 + eps) r / stop_gradient(r)``, so a token past
the clip keeps the gradient of a ratio of ``1 + eps``; this acts on every token of positive advantage, whatever its
entropy. What differs: nothing known in the loss. The rollout is in ``rollouts/branching.py``.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mdpzoo_token.hooks.strategy import Strategy
from mdpzoo_token.losses.token_values import as_tokens, entropies, mean_valid, ratio_of
from mdpzoo_token.rollouts.batches import TokenBatch
from mdpzoo_token.rollouts.branching import BranchSettings, write_branching
from mdpzoo_token.rollouts.writing import Player

CLIP = (0.2, 0.2)


def scaled_advantages(advantages: Tensor, logits: Tensor, mask: Tensor, alpha: float = 0.2) -> Tensor:
    """Returns ``A (1 + alpha z(H))`` ``[B, L]`` without gradient; z over the valid tokens, n - 1."""
    entropy, mask = entropies(logits.detach()), mask.bool()
    valid = entropy[mask]
    spread = valid.std() if len(valid) > 1 else valid.new_ones(())
    z = (entropy - mean_valid(entropy, mask)) / (spread + 1e-12)
    return (as_tokens(advantages, entropy) * (1 + alpha * z)).masked_fill(~mask, 0)


def token_loss(
    advantages: Tensor,
    logp: Tensor,
    old_logp: Tensor,
    logits: Tensor,
    batch: Any,
    alpha: float = 0.2,
    clip: tuple[float, float] = CLIP,
    dual_clip: float = 3.0,
) -> Tensor:
    """Returns the loss ``[B, L]``, 0 at masked positions.

    Args:
        advantages: ``[B]`` or ``[B, L]``.
        logp: ``[B, L]``.
        old_logp: ``[B, L]``.
        logits: ``[B, L, V]``, whose entropies scale the advantages.
        batch: has ``mask``.
        alpha: how strongly they do.
        clip: how far below and above 1 the ratio counts.
        dual_clip: bound of the loss for negative advantages, times the advantage.
    """
    mask = batch.mask.bool()
    weight = scaled_advantages(advantages, logits, mask, alpha).to(logp.dtype)
    return gradient_keeping(weight, logp, old_logp, mask, clip, dual_clip)


def gradient_keeping(
    advantages: Tensor, logp: Tensor, old_logp: Tensor, mask: Tensor, clip: tuple[float, float], dual_clip: float
) -> Tensor:
    """Returns the dual-clipped surrogate ``[B, L]`` whose upper clip keeps its gradient."""
    mask = mask.bool()
    weight, ratio = as_tokens(advantages, logp), ratio_of(logp, old_logp, mask)
    above = (1 + clip[1]) * ratio / ratio.detach()
    limited = torch.where(ratio > 1 + clip[1], above, ratio.clamp(min=1 - clip[0]))
    loss = torch.maximum(-weight * ratio, -weight * limited)
    bounded = torch.where(weight < 0, torch.minimum(loss, -dual_clip * weight), loss)
    return bounded.masked_fill(~mask, 0)


@dataclass
class AgenticAEPO(Strategy):
    """The loss and, unless ``branching`` is off, the branching rollout; see ``token_loss`` and ``BranchSettings``."""

    alpha: float = 0.2
    clip: tuple[float, float] = CLIP
    dual_clip: float = 3.0
    branching: bool = True
    choose_global: bool = False

    def rollout(self, player: Player, prompts: Tensor, groups: Tensor) -> TokenBatch:
        """Writes with branches after turns, or independently."""
        if not self.branching:
            return player.write(prompts, groups)
        return write_branching(player, prompts, groups, BranchSettings(choose_global=self.choose_global))

    def token_loss(self, advantages: Tensor, logp: Tensor, old_logp: Tensor, logits: Tensor, batch: Any) -> Tensor:
        """See the function of this module."""
        return token_loss(advantages, logp, old_logp, logits, batch, self.alpha, self.clip, self.dual_clip)
