"""How many samples a lookahead asks for: bounds after Laidlaw, Russell and Dragan 2023 and Laidlaw et al. 2024.

What differs from the papers: the simple bound is what the authors' program computes for BRIDGE's files, whose constant
may differ from the printed theorem's; the stochastic effective horizon takes the gap over all steps.
"""

import math
from typing import NamedTuple

import numpy as np

from mdpzoo_horizon.analysis.backward_induction import occupancy
from mdpzoo_horizon.models.reachability import Rows


def samples(ratio: float, horizon: int, actions: int, lookahead: int) -> float:
    """The simple bound's episodes for each action sequence, ``m_k = max(1, ceil(16 V_k / gap^2 ln(2 T A^k)))``.

    Args:
        ratio: the largest ``V_k / gap^2``; infinite where the gap is 0.
        horizon: T.
        actions: A.
        lookahead: k.

    Returns:
        A whole number, or infinity.
    """
    if math.isinf(ratio):
        return math.inf
    return max(1, math.ceil(16 * ratio * (math.log(2 * horizon) + lookahead * math.log(actions))))


def exponent(lookahead: int, count: float, actions: int) -> float:
    """The effective horizon of a lookahead, ``H_k = k + log_A m_k``: GORP takes at most ``T^2 A^H_k`` steps."""
    if math.isinf(count):
        return math.inf
    return lookahead + (math.log(count) / math.log(actions) if actions > 1 else 0.0)


def stochastic_exponent(lookahead: int, gap: float, scale: float, actions: int) -> float:
    """The stochastic effective horizon of a lookahead, ``k + log_A(1 / gap^2)``, with returns scaled to [0, 1].

    Args:
        lookahead: k, for which the model is solvable.
        gap: the smallest over all steps, in reward units; infinite where no action is ever suboptimal.
        scale: the largest return that an episode can have, less the smallest.
        actions: A.
    """
    if math.isinf(gap) or actions == 1:
        return float(lookahead)
    if gap <= 0 or scale <= 0:
        return math.inf
    return lookahead + 2 * math.log(scale / gap) / math.log(actions)


class Visits(NamedTuple):
    """How rarely exploration visits what it visits, terminal states left out.

    Attributes:
        rarest_state: the smallest ``max_t Pr(s_t = s)``.
        rarest_state_sum: the smallest sum of these over t.
        rarest_pair: the smallest ``max_t Pr(s_t = s, a_t = a)``.
        rarest_pair_sum: the smallest sum of these over t.
        pairs: how many pairs of state and action are visited.
        length: the mean length of an episode, in steps.
    """

    rarest_state: float
    rarest_state_sum: float
    rarest_pair: float
    rarest_pair_sum: float
    pairs: int
    length: float


def visits(rows: Rows, policy: np.ndarray, horizon: int) -> Visits:
    """Follows exploration forward.

    Args:
        rows: the model.
        policy: ``[1 or T, 1 or S, A]``.
        horizon: T.

    Costs O(T nnz).
    """
    found = occupancy(rows, policy, horizon)
    state, state_sum, pair, pair_sum = (float(each[each > 0].min(initial=np.inf)) for each in found)
    return Visits(state, state_sum, pair, pair_sum, int((found.pairs > 0).sum()), float(found.state_sums.sum()))


def covering_length(rarest: float, pairs: int) -> float:
    """Episodes after which exploration has tried everything with probability 1/2, at most ``ln(2 S A) / q``.

    Args:
        rarest: q, the smallest ``max_t Pr(s_t = s, a_t = a)`` over what is visited.
        pairs: how many states and actions are visited, ``S A``.

    Source: as the authors' program computes it; times T in steps.
    """
    return math.log(2 * pairs) / rarest if pairs else 0.0
