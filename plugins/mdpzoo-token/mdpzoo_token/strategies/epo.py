"""EPO: an entropy bonus with a penalty if the entropy leaves the band of its history.

Source: arXiv:2509.22576 and its authors' code. As released (``penalty="indicator"``) the penalty is a constant in the
parameters and has no gradient: the update is the plain bonus. ``penalty="hinge"`` is ours and grows with the distance
from the band. What differs from the code: its gate reads a key that is never set, so that the penalty starts at turn
25; here it is always on. Its mode ``seq`` averages padding, too; here valid tokens only.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from mdpzoo_token.hooks.strategy import Strategy, UpdateState
from mdpzoo_token.losses.token_values import entropies, mean_valid, turn_means

Penalty = Literal["indicator", "hinge"]
BAND = (0.8, 1.2)
EPOCHS = 150  # of the schedule, fixed by the authors
DEFAULT_ALPHA = {"indicator": 0.1, "hinge": 5.0}


def phase_weight(epoch: int) -> float:
    """Returns the penalty's weight in an epoch; it falls, from 1 to .827 in the first half and to .04 in the second.

    Args:
        epoch: from 0.
    """
    half = EPOCHS / 2
    if epoch <= half:
        return 1 - 0.2 * (1 - math.exp(-2 * epoch / half))
    return 0.8 * math.exp(-3 * (epoch - half) / half)


def penalties(
    entropy: Tensor,
    history: Tensor,
    penalty: Penalty = "indicator",
    band: tuple[float, float] = BAND,
    alpha: float | None = None,
) -> Tensor:
    """Returns the penalty of each position ``[B, L]``.

    Args:
        entropy: ``[B, L]``.
        history: ``[B, L]``, mean entropy of past epochs in the turn of each position.
        penalty: ``"indicator"``: ``alpha`` outside the band, without gradient; ``"hinge"``: the distance to it, scaled.
        band: its bounds as multiples of the history.
        alpha: of the indicator, .1 by default, or the slope of the hinge, 5 by default.
    """
    alpha = DEFAULT_ALPHA[penalty] if alpha is None else alpha
    low, high = band[0] * history, band[1] * history
    if penalty == "hinge":
        return alpha * ((low - entropy).relu() + (entropy - high).relu())
    inside = (entropy.detach() > low) & (entropy.detach() < high)
    return torch.where(inside, 0.0, alpha).to(entropy.dtype)


def by_position(history_by_turn: Sequence[float], turns: Tensor, like: Tensor) -> Tensor:
    """Returns the history of each position's turn, ``[B, L]``."""
    history = torch.as_tensor(history_by_turn, dtype=like.dtype)
    return history[turns.clamp(0, len(history) - 1)].expand_as(like)


def regulariser(
    logits: Tensor,
    logp: Tensor,
    advantages: Tensor,
    batch: Any,
    history_by_turn: Sequence[float] = (),
    epoch: int = 0,
    c: float = 0.001,
    penalty: Penalty = "indicator",
    band: tuple[float, float] = BAND,
    alpha: float | None = None,
) -> Tensor:
    """Returns ``-c [mean(H) - w(epoch) mean(P)]``, a scalar.

    Args:
        logits: ``[B, L, V]``.
        logp: not used.
        advantages: not used.
        batch: has ``mask`` and ``turns``.
        history_by_turn: mean entropy of each turn over past epochs; the last entry holds for later turns; empty: no
            penalty.
        epoch: of the schedule of 150, from 0.
        c: of the bonus.
        penalty: as in ``penalties``, as are the other two.
        band: bounds as multiples of the history's mean.
        alpha: of the indicator, .1 by default, or the slope of the hinge, 5 by default.
    """
    entropy = entropies(logits)
    loss = -c * mean_valid(entropy, batch.mask)
    if not len(history_by_turn):
        return loss
    value = mean_valid(
        penalties(entropy, by_position(history_by_turn, batch.turns, entropy), penalty, band, alpha), batch.mask
    )
    return loss + c * phase_weight(epoch) * value


@dataclass
class EPO(Strategy):
    """EPO in the loop; see ``regulariser``. An epoch is an update."""

    c: float = 0.001
    penalty: Penalty = "indicator"
    band: tuple[float, float] = BAND
    alpha: float | None = None

    def __post_init__(self) -> None:
        """Starts without a history."""
        self._past: list[list[float]] = []  # of each turn, the sum of its entropies and their number
        self._present: list[float | None] = []
        self._epoch = 0

    def begin(self, state: UpdateState) -> None:
        """Adds the last epoch's turns to the history and records the current ones."""
        for turn, value in enumerate(self._present):
            if turn == len(self._past):
                self._past.append([0.0, 0])
            if value is not None:
                self._past[turn] = [self._past[turn][0] + value, self._past[turn][1] + 1]
        self._epoch = state.update
        means, there = turn_means(entropies(state.batch.old_logits), state.batch.mask, state.batch.turns)
        totals = (means * there).sum(0) / there.sum(0)
        self._present = [float(each) if each == each else None for each in totals]

    def regulariser(self, logits: Tensor, logp: Tensor, advantages: Tensor, batch: Any) -> Tensor:
        """See the function of this module."""
        history = [total / count if count else 0.0 for total, count in self._past]
        settings = (self.c, self.penalty, self.band, self.alpha)
        return regulariser(logits, logp, advantages, batch, history, self._epoch, *settings)

    def memory(self) -> dict[str, Any]:
        """Returns the history."""
        return {"past": self._past, "present": self._present}

    def restore(self, memory: Mapping[str, Any]) -> None:
        """Restores the history."""
        self._past = [[float(total), int(count)] for total, count in memory["past"]]
        self._present = [None if each is None else float(each) for each in memory["present"]]
