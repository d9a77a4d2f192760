"""Plain GRPO: the clipped surrogate with one advantage per sequence (Shao et al. 2024, arXiv:2402.03300, section 4.1).

What differs from the paper: there is no KL term, and the mean is over all valid tokens of a minibatch, instead of first
over the tokens of each sequence.
"""

from typing import Any

from torch import Tensor

from mdpzoo_token.losses.surrogates import clipped

CLIP = (0.2, 0.2)


def token_loss(
    advantages: Tensor,
    logp: Tensor,
    old_logp: Tensor,
    logits: Tensor,
    batch: Any,
    clip: tuple[float, float] = CLIP,
) -> Tensor:
    """Returns ``max(-A r, -A clip(r, 1 - clip[0], 1 + clip[1]))`` ``[B, L]``, 0 at masked positions.

    Args:
        advantages: ``[B]`` or ``[B, L]``.
        logp: ``[B, L]``, log-probabilities of the tokens.
        old_logp: ``[B, L]``, log-probabilities by the policy that sampled the tokens.
        logits: ``[B, L, V]``; not used.
        batch: has ``mask`` ``[B, L]``.
        clip: distances from 1, below and above, at which the ratio is clipped.
    """
    return clipped(advantages, logp, old_logp, batch.mask, clip)
