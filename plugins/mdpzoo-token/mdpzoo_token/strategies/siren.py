"""SIREN: the entropy of the nucleus, at the positions where it peaks, is held at its initial level.

Source: arXiv:2509.25133 and its authors' code. What differs: the authors drop the token that crosses p, so that a
position whose top token exceeds p has no nucleus and no gradient (``crossing=False``); the paper's set is, as we read
it, the smallest that reaches p (the default). They look for the nucleus among the top 10,000 tokens, which fails
for small vocabularies, and their quantile ignores the response mask; here all tokens and valid positions count.
With 5 j + 1 valid positions the .8 quantile is an entry itself, and rounding decides whether it is kept:
``strict=False`` keeps it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mdpzoo_token.hooks.strategy import Strategy, UpdateState
from mdpzoo_token.losses.surrogates import clipped


def nucleus(logits: Tensor, p: float = 0.8, crossing: bool = True) -> Tensor:
    """Returns the tokens in the nucleus, ``[B, L, V]`` bool: the fewest whose probabilities reach p.

    Args:
        logits: ``[B, L, V]``.
        p: in (0, 1].
        crossing: whether the token that reaches p is part of it.
    """
    ordered, order = logits.softmax(-1).sort(dim=-1, descending=True, stable=True)
    sums = ordered.cumsum(-1)
    inside = (sums - ordered < p) if crossing else (sums <= p)
    return torch.zeros_like(inside).scatter(-1, order, inside)


def nucleus_entropies(logits: Tensor, p: float = 0.8, crossing: bool = True) -> Tensor:
    """Returns entropies ``[B, L]`` of the policy renormalised on its nucleus, 0 where that is empty."""
    inside = nucleus(logits.detach(), p, crossing)
    empty = ~inside.any(-1, keepdim=True)
    logp = logits.masked_fill(~(inside | empty), -torch.inf).log_softmax(-1).masked_fill(~inside, 0)
    return -(logp.exp() * logp).masked_fill(~inside, 0).sum(-1)


def peaks(entropy: Tensor, mask: Tensor, quantile: float = 0.8, strict: bool = True) -> Tensor:
    """Returns the positions of a sequence above the quantile of its valid entropies, ``[B, L]`` bool."""
    valid = entropy.detach().masked_fill(~mask.bool(), torch.nan)
    bound = valid.nanquantile(quantile, dim=1, keepdim=True)
    return mask.bool() & ((valid > bound) if strict else (valid >= bound))


def peak_entropy(
    logits: Tensor, mask: Tensor, p: float = 0.8, quantile: float = 0.8, crossing: bool = True, strict: bool = True
) -> Tensor:
    """Returns the mean over sequences of the mean nucleus entropy at their peaks, a scalar; 0 for a row without one."""
    entropy = nucleus_entropies(logits, p, crossing)
    kept = peaks(entropy, mask, quantile, strict)
    return (entropy.masked_fill(~kept, 0).sum(1) / kept.sum(1).clamp(min=1)).mean()


def regulariser(
    logits: Tensor,
    logp: Tensor,
    advantages: Tensor,
    batch: Any,
    anchor: float = 1.0,
    beta: float = 0.005,
    p: float = 0.8,
    quantile: float = 0.8,
    crossing: bool = True,
    strict: bool = True,
) -> Tensor:
    """Returns ``beta (h - anchor)^2``, a scalar, with h as ``peak_entropy``.

    Args:
        logits: ``[B, L, V]``.
        logp: not used.
        advantages: not used.
        batch: has ``mask``.
        anchor: the target of h; the loop takes that of the first batch.
        beta: of the term; .5 acts on small batches.
        p: mass of the nucleus.
        quantile: above which a position of a sequence counts.
        crossing: whether the nucleus holds the token that crosses p.
        strict: whether a position at the quantile itself does not count.
    """
    return beta * (peak_entropy(logits, batch.mask, p, quantile, crossing, strict) - anchor) ** 2


@dataclass
class Siren(Strategy):
    """SIREN in the loop, over plain GRPO's loss; see ``regulariser``."""

    beta: float = 0.005
    p: float = 0.8
    quantile: float = 0.8
    crossing: bool = True
    strict: bool = False
    clip: tuple[float, float] = (0.2, 0.28)

    def __post_init__(self) -> None:
        """Starts without an anchor, which the first batch sets."""
        self._anchor: float | None = None

    def _choice(self) -> tuple[float, float, bool, bool]:
        return self.p, self.quantile, self.crossing, self.strict

    def begin(self, state: UpdateState) -> None:
        """Takes the anchor from the first batch."""
        if self._anchor is None:
            self._anchor = float(peak_entropy(state.batch.old_logits, state.batch.mask, *self._choice()))

    def token_loss(self, advantages: Tensor, logp: Tensor, old_logp: Tensor, logits: Tensor, batch: Any) -> Tensor:
        """Returns the clipped surrogate with the settings' bounds."""
        return clipped(advantages, logp, old_logp, batch.mask, self.clip)

    def regulariser(self, logits: Tensor, logp: Tensor, advantages: Tensor, batch: Any) -> Tensor:
        """See the function of this module."""
        assert self._anchor is not None
        return regulariser(logits, logp, advantages, batch, self._anchor, self.beta, *self._choice())

    def memory(self) -> dict[str, Any]:
        """Returns the anchor."""
        return {"anchor": self._anchor}

    def restore(self, memory: Mapping[str, Any]) -> None:
        """Restores the anchor."""
        self._anchor = None if memory["anchor"] is None else float(memory["anchor"])
