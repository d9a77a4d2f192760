"""EMPG: advantages are scaled by the certainty of a turn, with a bonus for a certain next turn.

Source: arXiv:2509.09265, the formula of its project page (there is no code to compare with). It rewards low entropy, so
it is no remedy for collapse. What differs: entropies are those of the old policy, and the final mean runs over turns.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mdpzoo_token.hooks.strategy import Strategy
from mdpzoo_token.losses.token_values import as_tokens, entropies, turn_means
from mdpzoo_token.strategies import grpo


def scales(entropy: Tensor, there: Tensor, k: float = 1.0, k_future: float = 1.0) -> tuple[Tensor, Tensor]:
    """Returns g and f, ``[B, K]``, of turn entropies ``[B, K]``, min-max normalised over the existing turns."""
    low, high = entropy.masked_fill(~there, torch.inf).min(), entropy.masked_fill(~there, -torch.inf).max()
    normalised = (entropy - low) / (high - low + 1e-8)
    sure = (-k * normalised).exp()
    return sure / (sure.masked_fill(~there, 0).sum() / there.sum()), (-k_future * normalised).exp()


def modulated(
    advantages: Tensor, batch: Any, k: float = 1.0, k_future: float = 1.0, zeta: float = 0.1
) -> tuple[Tensor, Tensor]:
    """Returns advantages by turn ``[B, K]``, and the turns that exist.

    ``A g_k + zeta f_(k+1)``, the bonus not on a row's last turn, less the mean over all turns.
    """
    means, there = turn_means(entropies(batch.old_logits), batch.mask, batch.turns)
    g, f = scales(means, there, k, k_future)
    following = torch.cat([there[:, 1:], torch.zeros_like(there[:, :1])], 1)
    future = torch.cat([f[:, 1:], torch.zeros_like(f[:, :1])], 1).masked_fill(~following, 0)
    given = turn_means(as_tokens(advantages, means.new_zeros(batch.mask.shape)), batch.mask, batch.turns)[0]
    value = given * g + zeta * future
    return value - value.masked_fill(~there, 0).sum() / there.sum(), there


def token_advantages(
    advantages: Tensor, batch: Any, k: float = 1.0, k_future: float = 1.0, zeta: float = 0.1
) -> Tensor:
    """Returns modulated advantages ``[B, L]``, 0 at masked positions.

    Args:
        advantages: ``[B]`` or ``[B, L]``, one a turn.
        batch: has ``mask``, ``turns`` and ``old_logits``.
        k: how strongly entropy scales a turn.
        k_future: how strongly it scales the bonus.
        zeta: of the bonus; ARLArena uses .05.
    """
    value, _ = modulated(advantages, batch, k, k_future, zeta)
    return value.gather(1, batch.turns.clamp(min=0).expand(batch.mask.shape)).masked_fill(~batch.mask.bool(), 0)


def token_loss(
    advantages: Tensor,
    logp: Tensor,
    old_logp: Tensor,
    logits: Tensor,
    batch: Any,
    k: float = 1.0,
    k_future: float = 1.0,
    zeta: float = 0.1,
    clip: tuple[float, float] = grpo.CLIP,
) -> Tensor:
    """Returns GRPO's loss ``[B, L]`` with modulated advantages: for trainers without a hook of their own for these."""
    modified = token_advantages(advantages, batch, k, k_future, zeta).to(logp.dtype)
    return grpo.token_loss(modified, logp, old_logp, logits, batch, clip)


@dataclass
class EMPG(Strategy):
    """EMPG in the loop; see ``token_advantages``."""

    k: float = 1.0
    k_future: float = 1.0
    zeta: float = 0.1

    def advantages(self, batch: Any, advantages: Tensor) -> Tensor:
        """See ``token_advantages``."""
        return token_advantages(advantages, batch, self.k, self.k_future, self.zeta)
