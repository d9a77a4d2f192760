"""The effective horizon of a tabular environment, exactly (Laidlaw, Russell and Dragan 2023; Laidlaw et al. 2024).

One call answers: what is the optimal and the random return, how far ahead must one look for random exploration to
suffice, how large is the gap that samples must resolve, and how many samples do the published bounds ask for.

What differs from the papers: near ties are ties relative to the size of the values, and the largest loss that counts as
none scales with the values, where the authors' program has 0 and 1e-4; stochastic models and any start law are taken;
``min_k_tolerance`` and the predictor of GORP's samples are additions.
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

SHOWN = 5  # lookaheads whose greedy return is always reported
TRUSTED = 1e-7  # relative gap below which roundings may decide
PREDICTED = 1 << 16  # states times steps for which GORP's samples are predicted: it takes seconds
NEGLIGIBLE = 1e-6  # of the largest optimal value: more than float32 rewards are rounded by


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
    """A model with everything that a scan needs; arrays as in ``backward``."""

    rows: Rows
    first: np.ndarray
    best: np.ndarray
    horizon: int
    deepest: int
    ties: float
    loss: float
    target: float  # the least return that ``min_k_tolerance`` takes
    scale: float  # of returns


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
    """Analyses a finite environment exactly.

    Args:
        model: a ``TabularMDP``, an environment, an id, or a model's file (.npz).
        horizon: T, at least 1; None: the environment's ``max_episode_steps``.
        exploration: probabilities ``[A]``, ``[S, A]`` or ``[T, S, A]`` of the policy that acts where nothing has been
            learnt; None: uniform.
        max_lookahead: the largest k to look at; None: T, with which every model is solvable.
        tolerance: the share of ``J* - J_random`` that ``min_k_tolerance`` may lose.
        ties: actions whose values differ by less than this share of the largest are tied.
        loss: what an optimal action may lose, in reward units; None: 1e-6 of the largest optimal value, which is more
            than float32 rewards are rounded by.

    Raises:
        SettingError: there is no horizon, or an argument is out of its range; says which.

    Costs O(K T nnz) time, K the lookaheads it takes to answer, and 24 T S bytes beyond the model, 32 T S where the
    model is deterministic: 1.2 GB for a million states and 50 steps.
    """
    if not isinstance(model, TabularMDP):
        from mdpzoo_horizon.tables.sources import model_of

        model, limit = model_of(model)
        horizon = limit if horizon is None else horizon
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
    wanted = None
    if model.deterministic and model.num_states * horizon <= PREDICTED and model.num_actions <= SEQUENCES:
        wanted = predicted_samples(model, horizon, exploration=exploration)
    return _report(model, question, policy, returns, found, shown, window, wanted)


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


def _lookaheads(asked: Question, iterate: np.ndarray, spread: np.ndarray) -> tuple[list[Lookahead], int]:
    """Looks at k = 1, 2, .. until all questions are answered; also says how many of them make the lists."""
    found: list[Lookahead] = []
    shown = 0
    actions, bounded = asked.rows.actions, len(spread) > 0
    for k in range(1, asked.deepest + 1):
        greedy_return = math.nan
        if not shown:
            worst_greedy = greedy_values(asked.rows, asked.first, iterate, asked.ties, asked.horizon)
            greedy_return = float(asked.rows.start @ worst_greedy)
        seen = scan(asked.rows, asked.first, asked.best, iterate, spread, k, asked.ties, asked.loss, asked.horizon)
        count, hardness = math.inf, math.inf
        if seen.solvable:
            count = sample_bounds.samples(seen.ratio, asked.horizon, actions, k)
            hardness = sample_bounds.stochastic_exponent(k, seen.full_gap, asked.scale, actions)
        found.append(Lookahead(greedy_return, seen, count, hardness))
        if not shown and _answered(found, asked, bounded):
            shown = k
        if shown and k + 1 >= min(each.hardness for each in found):
            break
    return found, shown or len(found)


def _answered(found: list[Lookahead], asked: Question, bounded: bool) -> bool:
    return (
        len(found) >= SHOWN
        and any(each.scan.solvable for each in found)
        and any(each.greedy_return >= asked.target for each in found)
        and not (bounded and len(found) + 1 < _exponent(found, asked))
    )


def _planning_window(asked: Question, iterate: np.ndarray) -> int | None:
    none = np.zeros((0, 0))
    for k in range(1, asked.deepest + 1):
        if scan(asked.rows, asked.first, asked.best, iterate, none, k, asked.ties, asked.loss, asked.horizon).solvable:
            return k
    return None


def _report(
    model: TabularMDP,
    asked: Question,
    policy: np.ndarray,
    returns: list[float],
    found: list[Lookahead],
    shown: int,
    window: int | None,
    wanted: int | None,
) -> HorizonReport:
    visits = sample_bounds.visits(asked.rows, policy, asked.horizon)
    listed, bounded = found[:shown], bool(model.deterministic)
    min_k, bitwise = _first(each.scan.solvable for each in found), _first(each.scan.bitwise for each in found)
    return HorizonReport(
        horizon=asked.horizon,
        num_states=int((asked.first < asked.horizon).sum()),
        num_actions=model.num_actions,
        deterministic=bounded,
        optimal_return=returns[0],
        random_return=returns[1],
        worst_return=returns[2],
        min_k=min_k,
        min_k_bitwise=bitwise,
        min_k_tolerance=_first(each.greedy_return >= asked.target for each in listed),
        epw=window,
        greedy_returns=tuple(each.greedy_return for each in listed),
        gaps=tuple(each.scan.gap for each in listed),
        full_gaps=tuple(each.scan.full_gap for each in listed),
        variances=tuple(each.scan.variance for each in listed) if bounded else None,
        samples=tuple(each.samples for each in listed) if bounded else None,
        exponents=_exponents(listed, asked) if bounded else None,
        effective_horizon=_exponent(listed, asked) if bounded else None,
        stochastic_effective_horizon=min(each.hardness for each in found),
        covering_length=sample_bounds.covering_length(visits.rarest_pair, visits.pairs),
        rarest_visits=visits[:4],
        predicted_samples=wanted,
        predicted_steps=None if wanted is None else float(wanted * model.num_actions * asked.horizon * visits.length),
        warnings=_warnings(found, min_k, bitwise, asked),
    )


def _exponent(found: list[Lookahead], asked: Question) -> float:
    """The effective horizon by the simple bound."""
    return min(float(asked.horizon), *_exponents(found, asked))


def _exponents(found: list[Lookahead], asked: Question) -> tuple[float, ...]:
    return tuple(sample_bounds.exponent(k, each.samples, asked.rows.actions) for k, each in enumerate(found, 1))


def _first(answers: Iterable[bool]) -> int | None:
    """The number of the first yes, counted from 1."""
    return next((k for k, answer in enumerate(answers, 1) if answer), None)


def _warnings(found: list[Lookahead], min_k: int | None, bitwise: int | None, asked: Question) -> tuple[str, ...]:
    if min_k is None:
        return (f"no lookahead up to {asked.deepest} solves the model; raise max_lookahead",)
    warnings = []
    solving = found[min_k - 1].scan
    if solving.relative_gap < TRUSTED:
        warnings.append(
            f"at k = {min_k} the gap is {solving.full_gap:.3g}, {solving.relative_gap:.1g} of the values: "
            "roundings may decide"
        )
    if bitwise != min_k:
        other = bitwise or f"more than {len(found)}"
        warnings.append(f"with no tolerance for ties min_k is {other}, not {min_k}: roundings break ties")
    return tuple(warnings)
