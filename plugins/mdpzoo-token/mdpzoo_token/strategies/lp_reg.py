"""Lp-Reg: rare tokens that are not noise are protected by a KL term towards a filtered copy of the old policy.

Source: arXiv:2510.03222 and its authors' code. The proxy drops tokens of less than ``kappa`` of the largest probability
and renormalises. On policy its force is at most ``-ln(1 - dropped mass)``: none once junk is gone.

What differs from the paper: nothing known. With ``rho = .01`` it is off unless a minibatch has 200 tokens of negative
advantage, and the strategy warns of that.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mdpzoo_token.hooks.selection_warnings import warn_few
from mdpzoo_token.hooks.strategy import Strategy, UpdateState
from mdpzoo_token.losses.surrogates import clipped
from mdpzoo_token.losses.token_values import as_tokens, ratio_of, top

CLIP = (1.0, 9.0)
DROPPED = -1e4  # the proxy's log-probability of a token that it drops


def proxy_logp(old_logits: Tensor, tokens: Tensor, kappa: float = 0.02) -> Tensor:
    """Returns the proxy's log-probabilities of tokens, ``[B, L]``; ``DROPPED`` where it drops them."""
    old = old_logits.log_softmax(-1)
    kept = old >= old.amax(-1, keepdim=True) + torch.log(torch.tensor(kappa, dtype=old.dtype))
    proxy = old.masked_fill(~kept, -torch.inf).log_softmax(-1).masked_fill(~kept, DROPPED)
    return proxy.gather(-1, tokens.clamp(0, old.shape[-1] - 1)[..., None])[..., 0]


def protected_tokens(
    advantages: Tensor, logp: Tensor, old_logits: Tensor, tokens: Tensor, mask: Tensor, kappa: float, rho: float
) -> Tensor:
    """Returns the protected tokens, ``[B, L]`` bool.

    Of those with a negative advantage, the ``max(1, int(rho n))`` with the lowest log-probability, if it is below the
    proxy's; none if there are fewer than two candidates.
    """
    negative = mask.bool() & (as_tokens(advantages, logp) < 0)
    count = max(1, int(rho * int(negative.sum())))
    if count < 2:
        return torch.zeros_like(negative)
    lowest = top(-logp.detach(), negative, count)
    return lowest & (logp.detach() < proxy_logp(old_logits, tokens, kappa))


def token_loss(
    advantages: Tensor,
    logp: Tensor,
    old_logp: Tensor,
    logits: Tensor,
    batch: Any,
    kappa: float = 0.02,
    rho: float = 0.01,
    beta: float = 1.0,
    clip: tuple[float, float] = CLIP,
) -> Tensor:
    """Returns ``-A r + beta min(e^d - d - 1, 10)`` at protected tokens, the clipped surrogate elsewhere, ``[B, L]``.

    Here ``d = l' - l`` with the proxy's l', and the gradient flows through l only.

    Args:
        advantages: ``[B]`` or ``[B, L]``.
        logp: ``[B, L]``.
        old_logp: ``[B, L]``.
        logits: not used.
        batch: has ``tokens``, ``mask`` and ``old_logits``.
        kappa: share of the largest probability below which the proxy drops a token.
        rho: share of the tokens of negative advantage that are candidates.
        beta: of the KL term.
        clip: of the surrogate.
    """
    mask = batch.mask.bool()
    held = protected_tokens(advantages, logp, batch.old_logits, batch.tokens, mask, kappa, rho)
    surrogate = clipped(advantages, logp, old_logp, mask, clip)
    distance = (proxy_logp(batch.old_logits, batch.tokens, kappa) - logp).masked_fill(~held, 0)
    divergence = (distance.exp() - distance - 1).clamp(max=10)
    protected = -as_tokens(advantages, logp) * ratio_of(logp, old_logp, mask) + beta * divergence
    return torch.where(held, protected, surrogate)


@dataclass
class LpReg(Strategy):
    """Lp-Reg in the loop; see ``token_loss``."""

    kappa: float = 0.02
    rho: float = 0.01
    beta: float = 1.0
    clip: tuple[float, float] = CLIP

    def begin(self, state: UpdateState) -> None:
        """Warns if there are fewer than two candidates, so that the term has no effect."""
        if state.update == 0:
            warn_few("lp-reg", "rho", self.rho, self.rho * state.minibatch_tokens)

    def token_loss(self, advantages: Tensor, logp: Tensor, old_logp: Tensor, logits: Tensor, batch: Any) -> Tensor:
        """See the function of this module."""
        return token_loss(advantages, logp, old_logp, logits, batch, **vars(self))
