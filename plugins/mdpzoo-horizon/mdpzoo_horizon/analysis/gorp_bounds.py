"""How many samples suffice for GORP on any deterministic model, whatever its returns are and however ties are broken.

Sums of m returns-to-go are compared on a lattice. The law of one return-to-go follows backward in time, mixing over
what exploration does; the law of m of them is its m-th convolution power. Where every reward is a multiple of one unit,
as with whole numbers, nothing is lost; else each reward is rounded down for a lower sum and up for an upper one, and
the true sum lies between the two. So each action's probability to win has a lower and an upper limit; the worst law
within these limits, step by step and backward, is a success that GORP (Laidlaw, Russell and Dragan 2023) has at least.

What differs from the tighter bounds that come with BRIDGE: laws of sums are convolved, where the authors bracket
quantiles by binomial, Berry-Esseen and other inequalities. The numbers differ: 38 for freeway where 37 is published,
and for k = 2, 13 where 61 is.
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
NEGLIGIBLE = 1e-6  # of the largest optimal value: what an optimal action may lose, as in ``effective_horizon``


class GorpBound(NamedTuple):
    """What suffices for GORP to be optimal with probability at least 1/2.

    Attributes:
        samples: m, episodes for each of the ``A^k`` sequences.
        exponent: ``k + log_A m``.
        steps: ``T^2 A^k m``, environment steps at most.
    """

    samples: int
    exponent: float
    steps: int


class Node(NamedTuple):
    """A state and step that optimal actions reach: ``[A]`` successors and whether optimal, and what sequences lead to.

    ``ends``: for each action, how many sequences begin with it and end in (units gained, lower and upper, state).
    """

    state: int
    successors: list[int]
    optimal: list[bool]
    ends: list[dict[tuple[int, int, int], int]]
    depth: int


class Game(NamedTuple):
    """All that does not depend on the samples: nodes by step, and the lower and upper laws by step and state."""

    nodes: list[list[Node]]
    laws: list[list[dict[int, Distribution]]]
    start: int


def gorp_bound(model: TabularMDP, horizon: int, lookahead: int = 1, exploration: Any = None) -> GorpBound | None:
    """A number of samples with which GORP is optimal with probability at least 1/2, however ties are broken.

    The smallest up to 64; above, doubling and halving take the guaranteed success to grow with m. The number found
    suffices in any case.

    Args:
        model: deterministic; its rewards may be any.
        horizon: T.
        lookahead: k.
        exploration: as for ``effective_horizon``.

    Returns:
        The bound; None where none was found before sums grew longer than 2^18 lattice points.

    Raises:
        SettingError: the model is not deterministic, an argument is out of its range, or ``A^k`` is above 4096.

    Costs, for each m tried, O(m W A^2) for each state and step that optimal actions reach, W the lattice points of a
    return; before, O(T S A W) time and memory.
    """
    game = _game(model, horizon, lookahead, exploration)
    widest = max((len(law[1]) for side in game.laws for step in side for law in step.values()), default=1)
    most = LONGEST // widest

    def enough(samples: int) -> bool:
        return _success(game, samples) >= 0.5

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
    """A lower bound on the probability that GORP finds an optimal sequence, however ties are broken.

    Args:
        model: as for ``gorp_bound``, as are horizon, lookahead and exploration.
        samples: m.

    Raises:
        SettingError: as ``gorp_bound``.
    """
    if samples < 1:
        raise SettingError(f"samples must be at least 1, got {samples}")
    return _success(_game(model, horizon, lookahead, exploration), samples)


def _game(model: TabularMDP, horizon: int, lookahead: int, exploration: Any) -> Game:
    if not model.deterministic:
        raise SettingError("GORP's samples are bounded for deterministic models; this one is stochastic")
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
    return Game(_nodes(rows, best, units, start, horizon, lookahead), [lower, upper], start)


def _nodes(
    rows: Rows, best: np.ndarray, units: tuple[np.ndarray, np.ndarray], start: int, horizon: int, lookahead: int
) -> list[list[Node]]:
    """What optimal actions reach, by step."""
    loss = NEGLIGIBLE * float(np.abs(best).max())
    reached, nodes = {start}, []
    for t in range(horizon):
        here, following = [], set()
        depth = min(lookahead, horizon - t)
        for s in sorted(reached):
            if rows.terminal[s]:
                continue
            row = s * rows.actions
            successors = [int(rows.successors[rows.offsets[row + a]]) for a in range(rows.actions)]
            worth = [float(rows.expected[row + a] + best[t + 1, after]) for a, after in enumerate(successors)]
            optimal = [each >= max(worth) - loss for each in worth]
            ends = [_ends(rows, units, row + a, depth) for a in range(rows.actions)]
            here.append(Node(s, successors, optimal, ends, depth))
            following |= {after for after, fine in zip(successors, optimal, strict=True) if fine}
        nodes.append(here)
        reached = following
    return nodes


def _ends(rows: Rows, units: tuple[np.ndarray, np.ndarray], row: int, depth: int) -> dict[tuple[int, int, int], int]:
    """Where the sequences that begin with a row end, and how many do."""
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


def _success(game: Game, samples: int) -> float:
    """The guaranteed success from the start."""
    later: dict[int, float] = {}
    for t in range(len(game.nodes) - 1, -1, -1):
        now = {}
        powers: list[dict[int, Distribution]] = [{}, {}]
        for node in game.nodes[t]:
            worth = np.array(
                [later.get(s, 1.0) if fine else 0.0 for s, fine in zip(node.successors, node.optimal, strict=True)]
            )
            if worth.min() == worth.max():
                now[node.state] = float(worth[0])
            else:
                now[node.state] = _worst(*_groups(game, node, t, worth, samples, powers))
        later = now
    return later.get(game.start, 1.0)


def _groups(
    game: Game, node: Node, t: int, worth: np.ndarray, samples: int, powers: list[dict[int, Distribution]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distribution functions of the largest lower and upper sums, ``[groups, points]``, and ``[groups]`` worths.

    Actions with the same successor and worth are one group: it does not matter which of them wins.
    """
    placed = []
    for a, ends in enumerate(node.ends):
        for end, count in ends.items():
            for side in (0, 1):
                offset, law = sum_of_returns(game.laws[side][t + node.depth], end[2], samples, powers[side])
                placed.append((a, side, samples * end[side] + offset, law, count))
    bottom = min(each[2] for each in placed) - 1
    size = max(each[2] + len(each[3]) for each in placed) - bottom
    names = list(zip(node.successors, worth.tolist(), strict=True))
    groups = list(dict.fromkeys(names))
    below = np.ones((2, len(groups), size))
    for a, side, offset, law, count in placed:
        function = np.ones(size)
        function[: offset - bottom] = 0.0
        function[offset - bottom : offset - bottom + len(law)] = np.minimum(np.cumsum(law), 1.0)
        below[side, groups.index(names[a])] *= function**count
    return below[0], below[1], np.array([value for _, value in groups])


def _worst(lower: np.ndarray, upper: np.ndarray, worth: np.ndarray) -> float:
    """The least mean worth of the winner: each one's probability to win lies within limits; the least worth first."""
    count = len(worth)
    least, most = np.zeros(count), np.zeros(count)
    for i in range(count):
        others = np.arange(count) != i
        least[i] = (np.diff(lower[i]) * upper[others, :-1].prod(0)).sum()
        most[i] = min(1.0, (np.diff(upper[i]) * lower[others, 1:].prod(0)).sum())
    total, left = float((least * worth).sum()), 1.0 - float(least.sum())
    for i in np.argsort(worth, kind="stable"):
        share = max(0.0, min(left, most[i] - least[i]))
        total, left = total + share * worth[i], left - share
    return total
