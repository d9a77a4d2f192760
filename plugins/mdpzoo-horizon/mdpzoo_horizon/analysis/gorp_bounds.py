"""Numbers of samples that suffice for GORP on any deterministic model, with any returns and any way to break ties.

Sums of m returns-to-go are compared on a lattice (``return_lattice.py``). Since rewards may be rounded, each action's
probability to win has a lower and an upper limit. The worst probabilities within these limits, combined by backward
induction, are a lower bound on the success of GORP (Laidlaw, Russell and Dragan 2023).

What differs from the tighter bounds published with BRIDGE: distributions of sums are convolved, where the authors
bracket quantiles by binomial, Berry-Esseen and other inequalities. For freeway and k = 1 this gives 38 where 37 is
published, and for k = 2, 13 where 61 is published.
"""

from typing import Any, NamedTuple

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo_horizon.analysis.backward_induction import values
from mdpzoo_horizon.analysis.exploration_policies import exploration_policy
from mdpzoo_horizon.analysis.gorp_predictor import SCANNED, SEQUENCES
from mdpzoo_horizon.analysis.return_lattice import Distribution, lattice_rewards, return_distributions, sum_of_returns
from mdpzoo_horizon.analysis.sample_bounds import exponent
from mdpzoo_horizon.models.reachability import Rows, first_visits

LONGEST = 1 << 18  # lattice points of a sum
NEGLIGIBLE = 1e-6  # largest loss of an optimal action, relative to the largest value; as in ``effective_horizon``


class GorpBound(NamedTuple):
    """Samples with which GORP is optimal with probability at least 1/2.

    Attributes:
        samples: m, episodes for each of the ``A^k`` sequences.
        exponent: ``k + log_A m``.
        steps: ``T^2 A^k m``, environment steps at most.
    """

    samples: int
    exponent: float
    steps: int


class Node(NamedTuple):
    """A state that optimal actions reach at some step.

    Attributes:
        state: the state.
        successors: ``[A]``.
        optimal: ``[A]``, whether each action is optimal.
        ends: for each action, the number of sequences that begin with it, by (lower and upper reward in units, state).
        depth: actions of a sequence, cut at the horizon.
    """

    state: int
    successors: list[int]
    optimal: list[bool]
    ends: list[dict[tuple[int, int, int], int]]
    depth: int


class Problem(NamedTuple):
    """The part of the computation that does not depend on the number of samples.

    Attributes:
        nodes: by step.
        returns: lower and upper distributions of the return from each step on, by state.
        start: the start state.
    """

    nodes: list[list[Node]]
    returns: list[list[dict[int, Distribution]]]
    start: int


def gorp_bound(model: TabularMDP, horizon: int, lookahead: int = 1, exploration: Any = None) -> GorpBound | None:
    """Finds a number of samples with which GORP is optimal with probability at least 1/2, however ties are broken.

    The number is the smallest up to 64. Above 64 it is found by bisection, which assumes that the guaranteed success
    grows with m; the number suffices in any case.

    Args:
        model: a deterministic model with any rewards.
        horizon: T.
        lookahead: k.
        exploration: as for ``effective_horizon``.

    Returns:
        The bound, or None if none is found before sums exceed 2^18 lattice points.

    Raises:
        SettingError: if the model is stochastic, an argument is out of range, or ``A^k`` is above 4096.

    Costs O(T S A W) time and memory, where W is the number of lattice points of a return, and for each m that is
    tried O(m W A^2) for each state and step that optimal actions reach.
    """
    problem = _problem(model, horizon, lookahead, exploration)
    widest = max(
        (len(distribution[1]) for side in problem.returns for step in side for distribution in step.values()), default=1
    )
    most = LONGEST // widest

    def enough(samples: int) -> bool:
        return _success(problem, samples) >= 0.5

    found = next((m for m in range(1, min(SCANNED, most) + 1) if enough(m)), None)
    if found is None:
        low, high = SCANNED, 2 * SCANNED
        while high <= most and not enough(high):
            low, high = high, 2 * high
        if high > most:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if enough(middle) else (middle, high)
        found = high
    deepest = min(lookahead, horizon)
    return GorpBound(
        found, exponent(deepest, found, model.num_actions), horizon**2 * model.num_actions**deepest * found
    )


def guaranteed_success(
    model: TabularMDP, horizon: int, samples: int, lookahead: int = 1, exploration: Any = None
) -> float:
    """Computes a lower bound on the probability that GORP finds an optimal sequence, however ties are broken.

    Args:
        model: as for ``gorp_bound``, as are horizon, lookahead and exploration.
        samples: m.

    Raises:
        SettingError: as ``gorp_bound``.
    """
    if samples < 1:
        raise SettingError(f"samples must be at least 1, got {samples}")
    return _success(_problem(model, horizon, lookahead, exploration), samples)


def _problem(model: TabularMDP, horizon: int, lookahead: int, exploration: Any) -> Problem:
    if not model.deterministic:
        raise SettingError("bounds on GORP's samples need a deterministic model; this one is stochastic")
    if lookahead < 1 or horizon < 1:
        raise SettingError(f"horizon and lookahead must be at least 1, got {horizon} and {lookahead}")
    if model.num_actions ** min(lookahead, horizon) > SEQUENCES:
        raise SettingError(f"A^k must be at most {SEQUENCES}, got {model.num_actions}^{lookahead}")
    rows = Rows.of(model)
    policy = exploration_policy(exploration, model, horizon)
    first = first_visits(rows, horizon)
    units = lattice_rewards(rows, first, horizon)
    best = values(rows, policy, first, horizon, False).best
    lower = return_distributions(rows, policy, first, horizon, units[0])
    exact = bool((units[0] == units[1]).all())
    upper = lower if exact else return_distributions(rows, policy, first, horizon, units[1])
    start = int(model.start.argmax())
    return Problem(_nodes(rows, best, units, start, horizon, lookahead), [lower, upper], start)


def _nodes(
    rows: Rows, best: np.ndarray, units: tuple[np.ndarray, np.ndarray], start: int, horizon: int, lookahead: int
) -> list[list[Node]]:
    """Lists the states that optimal actions reach, by step."""
    loss = NEGLIGIBLE * float(np.abs(best).max())
    reached, nodes = {start}, []
    for t in range(horizon):
        here, next_states = [], set()
        depth = min(lookahead, horizon - t)
        for s in sorted(reached):
            if rows.terminal[s]:
                continue
            row = s * rows.actions
            successors = [int(rows.successors[rows.offsets[row + a]]) for a in range(rows.actions)]
            chances = [float(rows.expected[row + a] + best[t + 1, after]) for a, after in enumerate(successors)]
            optimal = [each >= max(chances) - loss for each in chances]
            ends = [_ends(rows, units, row + a, depth) for a in range(rows.actions)]
            here.append(Node(s, successors, optimal, ends, depth))
            next_states |= {after for after, fine in zip(successors, optimal, strict=True) if fine}
        nodes.append(here)
        reached = next_states
    return nodes


def _ends(rows: Rows, units: tuple[np.ndarray, np.ndarray], row: int, depth: int) -> dict[tuple[int, int, int], int]:
    """Counts the sequences that begin with a row, by their reward and last state."""
    ends = {(int(units[0][row]), int(units[1][row]), int(rows.successors[rows.offsets[row]])): 1}
    for _ in range(depth - 1):
        further: dict[tuple[int, int, int], int] = {}
        for (low, high, s), count in ends.items():
            for a in range(rows.actions):
                key = (low, high, s)
                if not rows.terminal[s]:
                    r = s * rows.actions + a
                    key = (low + int(units[0][r]), high + int(units[1][r]), int(rows.successors[rows.offsets[r]]))
                further[key] = further.get(key, 0) + count
        ends = further
    return ends


def _success(problem: Problem, samples: int) -> float:
    """Computes the guaranteed success from the start by backward induction."""
    later: dict[int, float] = {}
    for t in range(len(problem.nodes) - 1, -1, -1):
        now = {}
        powers: list[dict[int, Distribution]] = [{}, {}]
        for node in problem.nodes[t]:
            chances = np.array(
                [later.get(s, 1.0) if fine else 0.0 for s, fine in zip(node.successors, node.optimal, strict=True)]
            )
            if chances.min() == chances.max():
                now[node.state] = float(chances[0])
            else:
                now[node.state] = _worst(*_groups(problem, node, t, chances, samples, powers))
        later = now
    return later.get(problem.start, 1.0)


def _groups(
    problem: Problem, node: Node, t: int, chances: np.ndarray, samples: int, powers: list[dict[int, Distribution]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Computes the distribution functions of the largest lower and upper sums, ``[groups, points]``.

    Actions with the same successor and the same probability of success form a group: it does not matter which of them
    wins. Also returns the ``[groups]`` probabilities of success.
    """
    placed = []
    for a, ends in enumerate(node.ends):
        for end, count in ends.items():
            for side in (0, 1):
                offset, distribution = sum_of_returns(
                    problem.returns[side][t + node.depth], end[2], samples, powers[side]
                )
                placed.append((a, side, samples * end[side] + offset, distribution, count))
    bottom = min(each[2] for each in placed) - 1
    size = max(each[2] + len(each[3]) for each in placed) - bottom
    names = list(zip(node.successors, chances.tolist(), strict=True))
    groups = list(dict.fromkeys(names))
    below = np.ones((2, len(groups), size))
    for a, side, offset, distribution, count in placed:
        function = np.ones(size)
        function[: offset - bottom] = 0.0
        function[offset - bottom : offset - bottom + len(distribution)] = np.minimum(np.cumsum(distribution), 1.0)
        below[side, groups.index(names[a])] *= function**count
    return below[0], below[1], np.array([value for _, value in groups])


def _worst(lower: np.ndarray, upper: np.ndarray, chances: np.ndarray) -> float:
    """Minimises the winner's mean success over all probabilities to win within the limits, least successful first."""
    count = len(chances)
    least, most = np.zeros(count), np.zeros(count)
    for i in range(count):
        others = np.arange(count) != i
        least[i] = (np.diff(lower[i]) * upper[others, :-1].prod(0)).sum()
        most[i] = min(1.0, (np.diff(upper[i]) * lower[others, 1:].prod(0)).sum())
    total, left = float((least * chances).sum()), 1.0 - float(least.sum())
    for i in np.argsort(chances, kind="stable"):
        share = max(0.0, min(left, most[i] - least[i]))
        total, left = total + share * chances[i], left - share
    return total
