"""The exact probability that GORP succeeds, from comparisons of binomial counts.

Applies to deterministic models whose return under exploration is 0 or one other number. The sum of m returns is then a
binomial count, counts of different action sequences are independent, and the probability that one wins is a finite sum.

What differs from the tighter bounds published with BRIDGE: nothing is bounded except ties, on request. Models with
other returns raise an error, where the authors use Berry-Esseen and other inequalities.
"""

from typing import Any, Literal

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo_horizon.analysis.backward_induction import values
from mdpzoo_horizon.analysis.binomial_counts import one_reward, success
from mdpzoo_horizon.analysis.exploration_policies import exploration_policy
from mdpzoo_horizon.models.reachability import Rows, first_visits

Ties = Literal["first", "worst"]

SCANNED = 64  # sample counts tried one by one; larger ones by bisection
LARGEST = 1 << 20
SEQUENCES = 1 << 12


def gorp_success(
    model: TabularMDP, horizon: int, samples: int, lookahead: int = 1, exploration: Any = None, ties: Ties = "first"
) -> float:
    """Computes the probability that GORP finds an optimal sequence of actions.

    Args:
        model: a deterministic model whose return under exploration is 0 or one other number.
        horizon: T.
        samples: m, episodes for each of the ``A^k`` sequences.
        lookahead: k.
        exploration: as for ``effective_horizon``.
        ties: ``"first"``: the first of equal sequences wins, as in GORP, and the probability is exact; ``"worst"``:
            a lower bound for any way to break ties.

    Raises:
        SettingError: if the model is of another kind, an argument is out of range, or ``A^k`` is above 4096.

    Costs at most O(T S A^2k sqrt(m)); only states that optimal actions reach are computed.
    """
    inputs = _inputs(model, horizon, exploration)
    if inputs is None:
        raise SettingError(
            "gorp_success needs a deterministic model whose return is 0 or one other number; use guaranteed_success"
        )
    _check(model, horizon, lookahead, ties)
    if samples < 1:
        raise SettingError(f"samples must be at least 1, got {samples}")
    rows, best, explored, amount, start = inputs
    deepest = min(lookahead, horizon)
    return float(success(rows, best, explored, amount, start, horizon, deepest, samples, ties == "worst"))


def predicted_samples(
    model: TabularMDP, horizon: int, lookahead: int = 1, exploration: Any = None, ties: Ties = "first"
) -> int | None:
    """Finds the smallest m with which GORP is optimal with probability at least 1/2.

    Every m up to 64 is tried; larger ones are found by bisection, which assumes that the success grows with m. The
    arguments are those of ``gorp_success``.

    Returns:
        m, or None if the model is of another kind or more than 2^20 samples are needed.

    Raises:
        SettingError: if an argument is out of range, or ``A^k`` is above 4096.
    """
    _check(model, horizon, lookahead, ties)
    inputs = _inputs(model, horizon, exploration)
    if inputs is None:
        return None
    rows, best, explored, amount, start = inputs
    deepest = min(lookahead, horizon)

    def enough(samples: int) -> bool:
        chance = success(rows, best, explored, amount, start, horizon, deepest, samples, ties == "worst")
        return bool(chance >= 0.5)

    for samples in range(1, SCANNED + 1):
        if enough(samples):
            return samples
    low, high = SCANNED, 2 * SCANNED
    while not enough(high):
        low, high = high, 2 * high
        if high > LARGEST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _check(model: TabularMDP, horizon: int, lookahead: int, ties: str) -> None:
    if ties not in ("first", "worst"):
        raise SettingError(f"ties must be 'first' or 'worst', got {ties!r}")
    if lookahead < 1 or horizon < 1:
        raise SettingError(f"horizon and lookahead must be at least 1, got {horizon} and {lookahead}")
    if model.num_actions ** min(lookahead, horizon) > SEQUENCES:
        raise SettingError(f"A^k must be at most {SEQUENCES}, got {model.num_actions}^{lookahead}")


def _inputs(model: TabularMDP, horizon: int, exploration: Any) -> Any:
    """Returns the arrays for ``success``, or None if the model is of another kind."""
    if not model.deterministic:
        return None
    rows = Rows.of(model)
    first = first_visits(rows, horizon)
    policy = exploration_policy(exploration, model, horizon)
    found = values(rows, policy, first, horizon, False)
    amount = float(found.best[0].max())
    if amount <= 0 or not one_reward(rows, first, horizon, amount):
        return None
    return rows, found.best, found.explored, amount, int(model.start.argmax())
