"""How often GORP succeeds, exactly: binomial counts compared with each other, step by step.

For deterministic models whose return under exploration is 0 or one number: the sum of m returns is then a binomial
count, counts of different action sequences are independent, and which of them wins is a finite sum.

What differs from the tighter bounds that come with BRIDGE: where this applies, nothing is bounded but ties, and those
only where asked for; returns of other kinds are refused, where the authors turn to Berry-Esseen and other inequalities.
"""

from typing import Any, Literal

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo_horizon.analysis.backward_induction import values
from mdpzoo_horizon.analysis.binomial_counts import one_reward, success
from mdpzoo_horizon.analysis.exploration_policies import exploration_policy
from mdpzoo_horizon.models.reachability import Rows, first_visits

Ties = Literal["first", "worst"]

SCANNED = 64  # samples tried one by one; above them, success is taken to grow with the samples
LARGEST = 1 << 20
SEQUENCES = 1 << 12


def gorp_success(
    model: TabularMDP, horizon: int, samples: int, lookahead: int = 1, exploration: Any = None, ties: Ties = "first"
) -> float:
    """The probability that GORP finds an optimal sequence of actions.

    Args:
        model: deterministic, its return under exploration 0 or one number.
        horizon: T.
        samples: m, episodes for each of the ``A^k`` sequences.
        lookahead: k.
        exploration: as for ``effective_horizon``.
        ties: ``"first"``: the first of the best sequences is taken, and the probability is exact; ``"worst"``: a lower
            bound, however ties are broken.

    Raises:
        SettingError: the model is of another kind, an argument is out of its range, or ``A^k`` is above 4096.

    Costs O(T S A^2k sqrt(m)) at worst; only states that optimal actions reach are looked at.
    """
    game = _asked(model, horizon, exploration)
    if game is None:
        raise SettingError("the success of GORP is known for deterministic models whose return is 0 or one number")
    _check(model, horizon, lookahead, ties)
    if samples < 1:
        raise SettingError(f"samples must be at least 1, got {samples}")
    rows, best, explored, amount, start = game
    deepest = min(lookahead, horizon)
    return float(success(rows, best, explored, amount, start, horizon, deepest, samples, ties == "worst"))


def predicted_samples(
    model: TabularMDP, horizon: int, lookahead: int = 1, exploration: Any = None, ties: Ties = "first"
) -> int | None:
    """The smallest m with which GORP is optimal with probability at least 1/2; arguments as for ``gorp_success``.

    Up to 64 every m is tried; above, doubling and halving take success to grow with m.

    Returns:
        m; None where the return is not 0 or one number, or where more than 2^20 would be needed.

    Raises:
        SettingError: an argument is out of its range, or ``A^k`` is above 4096.
    """
    _check(model, horizon, lookahead, ties)
    game = _asked(model, horizon, exploration)
    if game is None:
        return None
    rows, best, explored, amount, start = game
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


def _asked(model: TabularMDP, horizon: int, exploration: Any) -> Any:
    """The arrays for ``success``; None where the model is of another kind."""
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
