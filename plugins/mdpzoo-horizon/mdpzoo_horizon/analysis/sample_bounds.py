"""Bounds on the samples that a lookahead needs, after Laidlaw, Russell and Dragan 2023 and Laidlaw et al. 2024.

What differs from the papers: the simple bound is the one that the authors' program computes for the BRIDGE files, whose
constant may differ from the printed theorem; the stochastic effective horizon uses the gap over all steps.
"""

import math
from typing import NamedTuple

import numpy as np

from mdpzoo_horizon.analysis.backward_induction import occupancy
from mdpzoo_horizon.models.reachability import Rows


def samples(ratio: float, horizon: int, actions: int, lookahead: int) -> float:
    """Computes the simple bound on episodes per action sequence, ``max(1, ceil(16 V_k / gap^2 ln(2 T A^k)))``.

    Args:
        ratio: the largest ``V_k / gap^2``; infinite if the gap is 0.
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
    """Computes a lookahead's effective horizon, ``H_k = k + log_A m_k``: GORP takes at most ``T^2 A^H_k`` steps."""
    if math.isinf(count):
        return math.inf
    return lookahead + (math.log(count) / math.log(actions) if actions > 1 else 0.0)


def stochastic_exponent(lookahead: int, gap: float, scale: float, actions: int) -> float:
    """Computes the stochastic effective horizon of a lookahead, ``k + log_A(1 / gap^2)``, for returns in [0, 1].

    Args:
        lookahead: k, with which the model is solvable.
        gap: the smallest gap over all steps, in reward units; infinite if no action is ever suboptimal.
        scale: the largest possible return minus the smallest, in reward units.
        actions: A.
    """
    if math.isinf(gap) or actions == 1:
        return float(lookahead)
    if gap <= 0 or scale <= 0:
        return math.inf
    return lookahead + 2 * math.log(scale / gap) / math.log(actions)


class Visits(NamedTuple):
    """The rarest visits of exploration to states and actions that it can visit; terminal states are left out.

    Attributes:
        rarest_state: the smallest ``max_t Pr(s_t = s)``.
        rarest_state_sum: the smallest sum over t of ``Pr(s_t = s)``.
        rarest_pair: the smallest ``max_t Pr(s_t = s, a_t = a)``.
        rarest_pair_sum: the smallest sum over t of ``Pr(s_t = s, a_t = a)``.
        pairs: number of pairs of a state and an action that are visited.
        length: mean length of an episode in steps.
    """

    rarest_state: float
    rarest_state_sum: float
    rarest_pair: float
    rarest_pair_sum: float
    pairs: int
    length: float


def visits(rows: Rows, policy: np.ndarray, horizon: int) -> Visits:
    """Computes ``Visits`` of an exploration policy.

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
    """Bounds the episodes in which exploration tries everything with probability 1/2: ``ln(2 S A) / q``.

    Args:
        rarest: q, the smallest ``max_t Pr(s_t = s, a_t = a)`` over visited pairs.
        pairs: number of visited pairs, at most ``S A``.

    Source: the authors' program; multiply by T for steps.
    """
    return math.log(2 * pairs) / rarest if pairs else 0.0
