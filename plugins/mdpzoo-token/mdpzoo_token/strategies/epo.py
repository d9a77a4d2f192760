"""EPO: an entropy bonus with a penalty where the entropy leaves the band of its history.

Source: arXiv:2509.22576 and its authors' code. As released (``penalty="indicator"``) the penalty is a constant in the
parameters and has no gradient: the update is the plain bonus. ``penalty="hinge"`` is ours and grows with the distance
from the band. What differs from the code: its gate reads a key that is never set, so that the penalty starts at turn 25;
here it is always on. Its mode ``seq`` averages padding, too; here valid tokens only.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from mdpzoo_token.hooks.strategy import Strategy, UpdateState
from mdpzoo_token.strategies.token_values import entropies, mean_valid

Penalty = Literal["indicator", "hinge"]
BAND = (0.8, 1.2)
SLOPE = 5.0  # of the hinge


def phase_weight(epoch: int, epochs: int = 150) -> float:
    """Returns the penalty's weight in an epoch; it falls, from 1 to .827 in the first half and to .04 in the second.

    Args:
        epoch: from 0.
        epochs: of the schedule; the authors fix 150.
    """
    half = epochs / 2
    if epoch <= half:
        return 1 - 0.2 * (1 - math.exp(-2 * epoch / half))
    return 0.8 * math.exp(-3 * (epoch - half) / half)


def penalties(
    entropy: Tensor,
    history: float,
    penalty: Penalty = "indicator",
    band: tuple[float, float] = BAND,
    alpha: float = 0.1,
) -> Tensor:
    """Returns the penalty of each position ``[B, L]``.

    Args:
        entropy: ``[B, L]``.
        history: mean entropy of past epochs.
        penalty: ``"indicator"``: ``alpha`` outside the band, without gradient; ``"hinge"``: 5 times the distance to it.
        band: its bounds as multiples of the history.
        alpha: of the indicator.
    """
    low, high = band[0] * history, band[1] * history
    if penalty == "hinge":
        return SLOPE * ((low - entropy).relu() + (entropy - high).relu())
    inside = (entropy.detach() > low) & (entropy.detach() < high)
    return torch.where(inside, 0.0, alpha).to(entropy.dtype)


def regulariser(
    logits: Tensor,
    logp: Tensor,
    advantages: Tensor,
    batch: Any,
    history_by_turn: Sequence[float] = (),
    epoch: int = 0,
    epochs: int = 150,
    c: float = 0.001,
    penalty: Penalty = "indicator",
    band: tuple[float, float] = BAND,
    alpha: float = 0.1,
) -> Tensor:
    """Returns ``-c [mean(H) - w(epoch) mean(P)]``, a scalar.

    Args:
        logits: ``[B, L, V]``.
        logp: not used.
        advantages: not used.
        batch: has ``mask``.
        history_by_turn: mean entropies of the turns of past epochs; empty: no penalty.
        epoch: of the schedule, from 0.
        epochs: its length.
        c: of the bonus.
        penalty: as in ``penalties``, as are ``band`` and ``alpha``.
        band: bounds as multiples of the history's mean.
        alpha: of the indicator.
    """
    entropy = entropies(logits)
    loss = -c * mean_valid(entropy, batch.mask)
    if not len(history_by_turn):
        return loss
    history = float(sum(history_by_turn)) / len(history_by_turn)
    value = mean_valid(penalties(entropy, history, penalty, band, alpha), batch.mask)
    return loss + c * phase_weight(epoch, epochs) * value


@dataclass
class EPO(Strategy):
    """EPO in the loop; see ``regulariser``. An epoch is an update."""

    c: float = 0.001
    penalty: Penalty = "indicator"
    band: tuple[float, float] = BAND
    alpha: float = 0.1
    epochs: int = 150

    def __post_init__(self) -> None:
        """Starts without a history."""
        self._sum, self._count, self._epoch = 0.0, 0, 0
        self._current: tuple[float, int] = (0.0, 0)

    def begin(self, state: UpdateState) -> None:
        """Adds the last epoch's turns to the history and notes the present ones."""
        self._sum, self._count = self._sum + self._current[0], self._count + self._current[1]
        self._epoch = state.update
        batch = state.batch
        entropy = entropies(batch.old_logits)
        turns = [mean_valid(entropy, batch.mask & (batch.turns == turn)) for turn in batch.turns.unique()]
        self._current = float(sum(turns)), len(turns)

    def regulariser(self, logits: Tensor, logp: Tensor, advantages: Tensor, batch: Any) -> Tensor:
        """See the function of this module."""
        history = [self._sum / self._count] if self._count else []
        settings = (history, self._epoch, self.epochs, self.c, self.penalty, self.band, self.alpha)
        return regulariser(logits, logp, advantages, batch, *settings)

    def memory(self) -> dict[str, Any]:
        """Returns the history."""
        return {"sum": self._sum, "count": self._count, "current": list(self._current)}

    def restore(self, memory: Mapping[str, Any]) -> None:
        """Takes the history back."""
        self._sum, self._count = float(memory["sum"]), int(memory["count"])
        total, count = memory["current"]
        self._current = float(total), int(count)
