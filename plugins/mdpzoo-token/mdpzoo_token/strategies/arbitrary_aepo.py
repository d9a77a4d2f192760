"""Arbitrary-entropy AEPO: some rows are replaced by good samples drawn hotter or colder, which steers the entropy.

Source: arXiv:2510.08141 and its authors' code. To first order, training on samples of temperature T changes the
entropy by ``(T - 1) sum_a pi_a^2 (ln pi_a + H)^2``. Its entropy is minus the mean log-probability of the last update's
tokens. What differs: the share is a share of the batch, 60 of 2,560 rows in the paper; the authors' cap of 60 rows is
that share. Another paper also uses the name AEPO; see ``agentic_aepo``.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from mdpzoo_token.hooks.strategy import Strategy, UpdateState
from mdpzoo_token.rollouts.batches import TokenBatch, group_advantages
from mdpzoo_token.rollouts.writing import Player

SHARE = 60 / 2560  # rows of a batch that are replaced in the paper


def tempered_change(logits: Tensor, temperature: float) -> Tensor:
    """Returns the entropy change ``[...]`` per unit step along ``pi^T - pi`` in the logits ``[..., V]``."""
    logp = logits.log_softmax(-1)
    entropy = -(logp.exp() * logp).sum(-1, keepdim=True)
    hot = (logits / temperature).softmax(-1)
    return -(logp.exp() * (logp + entropy) * (hot - logp.exp())).sum(-1)


@dataclass
class ArbitraryAEPO(Strategy):
    """The replacement of rows in the loop.

    Attributes:
        target: entropy, nats a token.
        share: maximum share of the batch's rows to replace.
        hot: temperature where the entropy is at most the target.
        cold: temperature above it; half as many rows are then replaced.
        resampled: share of the prompts that are sampled again; None: in the paper's proportion to ``share``, a
            quarter of them for 60 of 2,560 rows, at most all.
        least_advantage: group advantage above which a new sequence is kept.
    """

    target: float = 0.5
    share: float = SHARE
    hot: float = 1.2
    cold: float = 0.8
    resampled: float | None = None
    least_advantage: float = 0.05

    def __post_init__(self) -> None:
        """Starts with the batch's own entropy, which counts before the first update."""
        self._entropy = 0.0

    def begin(self, state: UpdateState) -> None:
        """Records the entropy of the last update's tokens."""
        self._entropy = state.entropy if state.sampled_entropy is None else state.sampled_entropy

    def extra_rollouts(self, player: Player, batch: TokenBatch, advantages: Tensor) -> tuple[TokenBatch, Tensor]:
        """Replaces the first rows of the batch by good samples of another temperature, with advantage 1."""
        resampled = min(1.0, 0.25 * self.share / SHARE) if self.resampled is None else self.resampled
        again = batch.groups < max(1, round(resampled * (int(batch.groups.max()) + 1)))
        high = self._entropy > self.target
        extra = player.write(batch.prompts[again], batch.groups[again], self.cold if high else self.hot)
        kept = (group_advantages(extra.rewards, extra.groups) > self.least_advantage).nonzero()[:, 0]
        count = min(int(self.share * len(batch.tokens)), len(kept))
        count = count // 2 if high else count
        if count == 0:
            return batch, advantages
        rows, changed = torch.arange(count), advantages.clone()
        changed[rows] = 1.0
        return batch.replaced(rows, extra.rows(kept[:count])), changed
