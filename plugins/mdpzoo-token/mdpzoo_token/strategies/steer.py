"""STEER: tokens whose update would change the entropy most get a lower weight.

Source: arXiv:2510.10150 and its authors' code. The estimate of a token's entropy change is
``(A / pi_old) pi (1 - pi)(ln pi + H)``. What differs from the paper: ``estimate="exact"`` is ours and takes the exact
first-order change of one gradient step on the token instead, which needs the whole distribution.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

from mdpzoo_token.hooks.strategy import Strategy
from mdpzoo_token.losses.surrogates import dual_clipped
from mdpzoo_token.losses.token_values import as_tokens, entropies, ratio_of

CLIP = (0.2, 0.28)
DUAL_CLIP = 10.0  # bound of the loss of negative advantages, as in the authors' scripts
Form = Literal["exp", "linear"]
Estimate = Literal["released", "exact"]


def entropy_change(advantages: Tensor, logp: Tensor, old_logp: Tensor, logits: Tensor, mask: Tensor) -> Tensor:
    """Returns the authors' estimate ``[B, L]`` without gradient; positive where the entropy falls."""
    logp, mask = logp.detach(), mask.bool()
    chance = logp.exp()
    value = as_tokens(advantages, logp) * ratio_of(logp, old_logp, mask) * (1 - chance)
    return (value * (logp + entropies(logits.detach()))).masked_fill(~mask, 0)


def exact_entropy_change(advantages: Tensor, logp: Tensor, old_logp: Tensor, logits: Tensor, mask: Tensor) -> Tensor:
    """Returns ``-dH`` per unit step of plain gradient descent on each token alone, ``[B, L]``, in the logits.

    ``dH = -A r [pi (ln pi + H) - sum_b pi_b^2 (ln pi_b + H)]``; derived for this project.
    """
    logp, mask, all_logp = logp.detach(), mask.bool(), logits.detach().log_softmax(-1)
    entropy = entropies(logits.detach())
    second = (all_logp.exp() ** 2 * (all_logp + entropy[..., None])).sum(-1)
    weight = as_tokens(advantages, logp) * ratio_of(logp, old_logp, mask)
    return (weight * (logp.exp() * (logp + entropy) - second)).masked_fill(~mask, 0)


def weights(
    change: Tensor, mask: Tensor, form: Form = "exp", w_min: float = 0.8, w_max: float = 1.2, floor: float = 0.02
) -> Tensor:
    """Returns weights ``[B, L]`` that fall as ``|change|`` rises.

    Args:
        change: ``[B, L]``, estimated entropy changes.
        mask: ``[B, L]``, over whose valid positions extremes are taken.
        form: ``"exp"``: ``w_min ** (|change| / largest)``; ``"linear"``: from ``w_max`` at the smallest to ``w_min``.
        w_min: weight at the largest change.
        w_max: of the linear form.
        floor: least divisor of the exponential form.
    """
    size, mask = change.abs(), mask.bool()
    most = size.masked_fill(~mask, 0).max()
    if form == "exp":
        return (math.log(w_min) * size / most.clamp(min=floor)).exp().clamp(w_min, 1.0)
    least = size.masked_fill(~mask, math.inf).min()
    share = (size - least) / (most - least).clamp(min=1e-12)
    return w_max - (w_max - w_min) * share


def token_loss(
    advantages: Tensor,
    logp: Tensor,
    old_logp: Tensor,
    logits: Tensor,
    batch: Any,
    form: Form = "exp",
    w_min: float = 0.8,
    w_max: float = 1.2,
    clip: tuple[float, float] = CLIP,
    estimate: Estimate = "released",
) -> Tensor:
    """Returns the weighted dual-clipped surrogate ``[B, L]``, 0 at masked positions.

    Args:
        advantages: ``[B]`` or ``[B, L]``.
        logp: ``[B, L]``.
        old_logp: ``[B, L]``.
        logits: ``[B, L, V]``.
        batch: has ``mask``.
        form: as in ``weights``; the authors' function has ``"linear"`` as its default.
        w_min: as in ``weights``, in (0, 1].
        w_max: as in ``weights``.
        clip: of the surrogate.
        estimate: ``"released"``, or ``"exact"`` (ours).
    """
    measure = exact_entropy_change if estimate == "exact" else entropy_change
    change = measure(advantages, logp, old_logp, logits, batch.mask)
    base = dual_clipped(advantages, logp, old_logp, batch.mask, clip, DUAL_CLIP)
    return weights(change, batch.mask, form, w_min, w_max).masked_fill(~batch.mask.bool(), 0) * base


@dataclass
class Steer(Strategy):
    """STEER in the loop; see ``token_loss``."""

    form: Form = "exp"
    w_min: float = 0.8
    w_max: float = 1.2
    clip: tuple[float, float] = CLIP
    estimate: Estimate = "released"

    def token_loss(self, advantages: Tensor, logp: Tensor, old_logp: Tensor, logits: Tensor, batch: Any) -> Tensor:
        """See the function of this module."""
        return token_loss(advantages, logp, old_logp, logits, batch, **vars(self))
