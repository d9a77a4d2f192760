"""KL-Cov: a penalty on changes of the tokens with the highest covariance between advantage and log-probability.

Source: the entropy mechanism, arXiv:2505.22617, and its authors' code. The ratio is never clipped. The penalty
``|l - l_old|`` has gradient 0 at ratio 1: the first minibatch after a rollout is untouched, and with one minibatch
KL-Cov is GRPO. Compute both log-probabilities alike, or rounding supplies the sign.

What differs from the paper: nothing known. ``percent`` is a percentage as in the authors' code; the port in verl 0.9.1
has a default of .0002 read as a fraction, a tenth of it. The authors cap the percentage at the number of tokens; here
the number of chosen tokens is capped.
"""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from mdpzoo_token.hooks.selection_warnings import warn_few
from mdpzoo_token.hooks.strategy import Strategy, UpdateState
from mdpzoo_token.losses.token_values import as_tokens, covariances, ratio_of, top


def token_loss(
    advantages: Tensor,
    logp: Tensor,
    old_logp: Tensor,
    logits: Tensor,
    batch: Any,
    percent: float = 0.2,
    coef: float = 1.0,
) -> Tensor:
    """Returns ``-A r``, plus ``coef |l - l_old|`` at the chosen tokens, ``[B, L]``, 0 at masked positions.

    Args:
        advantages: ``[B]`` or ``[B, L]``.
        logp: ``[B, L]``.
        old_logp: ``[B, L]``.
        logits: not used.
        batch: has ``mask``.
        percent: of the valid tokens that are chosen, at least one.
        coef: of the penalty.
    """
    mask = batch.mask.bool()
    loss = -as_tokens(advantages, logp) * ratio_of(logp, old_logp, mask)
    count = max(1, int(int(mask.sum()) * percent / 100))
    chosen = top(covariances(advantages, logp, mask), mask, count)
    penalty = (logp - old_logp).abs().masked_fill(~chosen, 0)
    return (loss + coef * penalty).masked_fill(~mask, 0)


@dataclass
class KLCov(Strategy):
    """KL-Cov in the loop; see ``token_loss``.

    Attributes:
        percent: of the valid tokens that are chosen.
        coef: of the penalty.
    """

    percent: float = 0.2
    coef: float = 1.0

    def begin(self, state: UpdateState) -> None:
        """Warns if the percentage selects one token."""
        if state.update == 0:
            warn_few("kl-cov", "percent", self.percent, self.percent / 100 * state.minibatch_tokens)

    def token_loss(self, advantages: Tensor, logp: Tensor, old_logp: Tensor, logits: Tensor, batch: Any) -> Tensor:
        """See the function of this module."""
        return token_loss(advantages, logp, old_logp, logits, batch, self.percent, self.coef)
