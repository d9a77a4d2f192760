"""The effective horizon of a tabular environment, exactly (Laidlaw, Russell and Dragan 2023; Laidlaw et al. 2024).

One call computes the optimal and the random return, the lookahead with which random exploration suffices, the gap that
samples must resolve, and the number of samples by the published bounds.

What differs from the papers: the tolerance for ties and the loss that still counts as optimal are relative to the size
of the values, where the authors' program has 0 and 1e-4; models may be stochastic and have any start distribution;
``min_k_tolerance`` and the prediction of GORP's samples are additions.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo_horizon.analysis import sample_bounds
from mdpzoo_horizon.analysis.backward_induction import Scan, greedy_values, return_range, scan, values
from mdpzoo_horizon.analysis.exploration_policies import exploration_policy
from mdpzoo_horizon.analysis.gorp_predictor import SEQUENCES, predicted_samples
from mdpzoo_horizon.analysis.horizon_report import HorizonReport
from mdpzoo_horizon.models.reachability import Rows, first_visits

SHOWN = 5  # minimum number of lookaheads whose greedy return is reported
TRUSTED = 1e-7  # relative gap below which rounding errors may decide
PREDICTED = 1 << 16  # largest product of states and steps for which GORP's samples are predicted, which takes seconds
NEGLIGIBLE = 1e-6  # relative to the largest optimal value; more than the rounding of float32 rewards


class Lookahead(NamedTuple):
    """The results for one lookahead k.

    Attributes:
        greedy_return: J_k, or NaN if it is not reported.
        scan: the gaps, and whether k solves the model.
        samples: m_k; infinite if k does not solve the model.
        hardness: ``k + log_A(1 / gap^2)``; infinite if k does not solve the model.
    """

    greedy_return: float
    scan: Scan
    samples: float
    hardness: float


@dataclass(frozen=True, eq=False)
class Question:
    """A model with the arguments of every scan; arrays as in ``backward_induction``."""

    rows: Rows
    first: np.ndarray
    best: np.ndarray
    horizon: int
    deepest: int
    ties: float
    loss: float
    target: float  # smallest return that ``min_k_tolerance`` accepts
    scale: float  # largest return minus smallest return

    def scan(self, iterate: np.ndarray, spread: np.ndarray, lookahead: int) -> Scan:
        """Scans one lookahead, and overwrites the iterate by the next one."""
        rows, first, best = self.rows, self.first, self.best
        return scan(rows, first, best, iterate, spread, lookahead, self.ties, self.loss, self.horizon)


def effective_horizon(
    model: Any,
    horizon: int | None = None,
    exploration: Any = None,
    *,
    max_lookahead: int | None = None,
    tolerance: float = 0.01,
    ties: float = 1e-9,
    loss: float | None = None,
) -> HorizonReport:
    """Computes the effective horizon of a finite environment and related quantities, exactly.

    Args:
        model: a ``TabularMDP``, an environment, an id, or a model's file (.npz).
        horizon: T, at least 1; None: the environment's ``max_episode_steps``.
        exploration: probabilities ``[A]``, ``[S, A]`` or ``[T, S, A]`` of the exploration policy; None: uniform over
            the legal actions.
        max_lookahead: largest k to compute; None: T, with which every model is solvable.
        tolerance: share of ``J* - J_random`` that policies of ``min_k_tolerance`` may lose.
        ties: actions are tied if their values differ by less than this share of the largest value in their state.
        loss: largest loss of an action that counts as optimal, in reward units; None: 1e-6 of the largest optimal
            value, which is more than the rounding of float32 rewards.

    Raises:
        SettingError: if there is no horizon, or an argument is out of range; the message names it.

    Costs O(K T nnz) time for K lookaheads, and 24 T S bytes in addition to the model, or 32 T S if it is
    deterministic: 1.2 GB for a million states and 50 steps.
    """
    if not isinstance(model, TabularMDP):
        model, horizon, exploration = _table(model, horizon, exploration)
    _check(horizon, max_lookahead, tolerance, ties, loss)
    assert horizon is not None
    rows, policy = Rows.of(model), exploration_policy(exploration, model, horizon)
    first = first_visits(rows, horizon)
    best, iterate, spread, worst = values(rows, policy, first, horizon, model.deterministic)
    returns = [float(model.start @ each) for each in (best[0], iterate[0], worst)]
    largest = max(float(best.max()), -float(best.min()))
    low, high = return_range(rows, first, horizon)
    question = Question(
        rows,
        first,
        best,
        horizon,
        min(max_lookahead or horizon, horizon),
        ties,
        NEGLIGIBLE * largest if loss is None else loss,
        returns[0] - tolerance * (returns[0] - returns[1]) - 1e-12 * max(map(abs, returns[:2])),
        high - low,
    )
    found, shown = _lookaheads(question, iterate, spread)
    iterate[:] = 0.0  # Q^1 = R
    window = _planning_window(question, iterate)
    del iterate, spread
    predicted = None
    if model.deterministic and model.num_states * horizon <= PREDICTED and model.num_actions <= SEQUENCES:
        predicted = predicted_samples(model, horizon, exploration=exploration)
    return _report(model, question, policy, returns, found, shown, window, predicted)


def _table(environment: Any, horizon: int | None, exploration: Any) -> tuple[TabularMDP, int | None, Any]:
    """Returns an environment's table, its time limit and, unless given, uniform exploration of its legal actions."""
    from mdpzoo_horizon.tables.sources import source_of

    source = source_of(environment)
    chosen = source.limit if horizon is None else horizon
    return source.model, chosen, source.exploration if exploration is None else exploration


def _check(horizon: int | None, max_lookahead: int | None, tolerance: float, ties: float, loss: float | None) -> None:
    if horizon is None:
        raise SettingError("the environment has no time limit; give a horizon (horizon=50, --horizon 50)")
    for name, value in (("horizon", horizon), ("max_lookahead", max_lookahead)):
        if value is not None and (value < 1 or value != int(value)):
            raise SettingError(f"{name} must be a whole number of at least 1, got {value}")
    for name, share in (("tolerance", tolerance), ("ties", ties)):
        if not 0 <= share < 1:
            raise SettingError(f"{name} must lie in [0, 1), got {share}")
    if loss is not None and not 0 <= loss < math.inf:
        raise SettingError(f"loss must be at least 0, got {loss}")


def _lookaheads(question: Question, iterate: np.ndarray, spread: np.ndarray) -> tuple[list[Lookahead], int]:
    """Scans k = 1, 2, .. until all numbers of the report are known; also returns how many are listed in it."""
    found: list[Lookahead] = []
    shown = 0
    actions, bounded = question.rows.actions, len(spread) > 0
    for k in range(1, question.deepest + 1):
        greedy_return = math.nan
        if not shown:
            worst_greedy = greedy_values(question.rows, question.first, iterate, question.ties, question.horizon)
            greedy_return = float(question.rows.start @ worst_greedy)
        scanned = question.scan(iterate, spread, k)
        count, hardness = math.inf, math.inf
        if scanned.solvable:
            count = sample_bounds.samples(scanned.ratio, question.horizon, actions, k)
            hardness = sample_bounds.stochastic_exponent(k, scanned.full_gap, question.scale, actions)
        found.append(Lookahead(greedy_return, scanned, count, hardness))
        if not shown and _answered(found, question, bounded):
            shown = k
        if shown and k + 1 >= min(each.hardness for each in found):
            break
    return found, shown or len(found)


def _answered(found: list[Lookahead], question: Question, bounded: bool) -> bool:
    return (
        len(found) >= SHOWN
        and any(each.scan.solvable for each in found)
        and any(each.greedy_return >= question.target for each in found)
        and not (bounded and len(found) + 1 < _exponent(found, question))
    )


def _planning_window(question: Question, iterate: np.ndarray) -> int | None:
    none = np.zeros((0, 0))
    for k in range(1, question.deepest + 1):
        if question.scan(iterate, none, k).solvable:
            return k
    return None


def _report(
    model: TabularMDP,
    question: Question,
    policy: np.ndarray,
    returns: list[float],
    found: list[Lookahead],
    shown: int,
    window: int | None,
    predicted: int | None,
) -> HorizonReport:
    visits = sample_bounds.visits(question.rows, policy, question.horizon)
    listed, bounded = found[:shown], bool(model.deterministic)
    min_k, bitwise = _first(each.scan.solvable for each in found), _first(each.scan.bitwise for each in found)
    steps = model.num_actions * question.horizon * visits.length  # of one episode for each action and step
    return HorizonReport(
        horizon=question.horizon,
        num_states=int((question.first < question.horizon).sum()),
        num_actions=model.num_actions,
        deterministic=bounded,
        optimal_return=returns[0],
        random_return=returns[1],
        worst_return=returns[2],
        min_k=min_k,
        min_k_bitwise=bitwise,
        min_k_tolerance=_first(each.greedy_return >= question.target for each in listed),
        epw=window,
        greedy_returns=tuple(each.greedy_return for each in listed),
        gaps=tuple(each.scan.gap for each in listed),
        full_gaps=tuple(each.scan.full_gap for each in listed),
        variances=tuple(each.scan.variance for each in listed) if bounded else None,
        samples=tuple(each.samples for each in listed) if bounded else None,
        exponents=_exponents(listed, question) if bounded else None,
        effective_horizon=_exponent(listed, question) if bounded else None,
        stochastic_effective_horizon=min(each.hardness for each in found),
        covering_length=sample_bounds.covering_length(visits.rarest_pair, visits.pairs),
        rarest_visits=visits[:4],
        predicted_samples=predicted,
        predicted_steps=None if predicted is None else float(predicted * steps),
        warnings=_warnings(found, min_k, bitwise, question),
    )


def _exponent(found: list[Lookahead], question: Question) -> float:
    """Computes the effective horizon by the simple bound."""
    return min(float(question.horizon), *_exponents(found, question))


def _exponents(found: list[Lookahead], question: Question) -> tuple[float, ...]:
    return tuple(sample_bounds.exponent(k, each.samples, question.rows.actions) for k, each in enumerate(found, 1))


def _first(answers: Iterable[bool]) -> int | None:
    """Returns the position of the first true answer, counted from 1, or None."""
    return next((k for k, answer in enumerate(answers, 1) if answer), None)


def _warnings(found: list[Lookahead], min_k: int | None, bitwise: int | None, question: Question) -> tuple[str, ...]:
    if min_k is None:
        return (f"no lookahead up to {question.deepest} solves the model; raise max_lookahead",)
    warnings = []
    solving = found[min_k - 1].scan
    if solving.relative_gap < TRUSTED:
        warnings.append(
            f"at k = {min_k} the gap is {solving.full_gap:.3g}, {solving.relative_gap:.1g} of the values: "
            "rounding errors may decide"
        )
    if bitwise != min_k:
        other = bitwise or f"more than {len(found)}"
        warnings.append(f"with no tolerance for ties min_k is {other}, not {min_k}: rounding errors break ties")
    return tuple(warnings)
