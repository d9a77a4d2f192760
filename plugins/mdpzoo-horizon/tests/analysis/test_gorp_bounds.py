"""The bound on GORP's samples for any returns, against laws enumerated with exact fractions."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo_horizon import (
    combination_lock,
    gorp_bound,
    gorp_success,
    guaranteed_success,
    predicted_samples,
    random_mdp,
    read_bridge,
)


def deterministic(successors, rewards, terminal):
    """A model that starts in state 0, from tables [S, A]."""
    successors, rewards = np.array(successors, np.int32), np.array(rewards, float)
    states, actions = rewards.shape
    over = np.isin(np.arange(states), terminal)
    return TabularMDP(
        np.arange(states * actions + 1),
        successors.ravel(),
        np.ones(states * actions),
        rewards.ravel(),
        np.eye(1, states)[0],
        over,
    )


def drawn(seed, actions, rewards, states=5):
    generator = np.random.default_rng(seed)
    successors = generator.integers(states, size=(states, actions))
    return deterministic(successors, generator.choice(rewards, (states, actions)), [states - 1])


def least_success(model, horizon, samples, lookahead):
    """By enumeration of all sums, ties always going to the worst of the best sequences."""
    actions = model.num_actions
    after = model.successors.reshape(-1, actions).tolist()
    gain = [[Fraction(r) for r in row] for row in model.rewards.reshape(-1, actions).tolist()]
    over = model.terminal.tolist()

    def law(s, steps):  # of the return of uniform exploration
        if steps == 0 or over[s]:
            return {Fraction(0): Fraction(1)}
        found = {}
        for a in range(actions):
            for value, chance in law(after[s][a], steps - 1).items():
                found[value + gain[s][a]] = found.get(value + gain[s][a], 0) + chance / actions
        return found

    def best(s, steps):
        if steps == 0 or over[s]:
            return Fraction(0)
        return max(gain[s][a] + best(after[s][a], steps - 1) for a in range(actions))

    def sums(sequence, s, steps):
        gained = Fraction(0)
        for a in sequence:
            if not over[s]:
                gained, s = gained + gain[s][a], after[s][a]
        one, total = law(s, steps - len(sequence)), {Fraction(0): Fraction(1)}
        for _ in range(samples):
            longer = {}
            for (x, p), (y, q) in itertools.product(total.items(), one.items()):
                longer[x + y + gained] = longer.get(x + y + gained, 0) + p * q
            total = longer
        return total

    def success(s, steps):
        if steps == 0 or over[s]:
            return Fraction(1)
        worth = [
            success(after[s][a], steps - 1) if gain[s][a] + best(after[s][a], steps - 1) == best(s, steps) else 0
            for a in range(actions)
        ]
        leading = {(-math.inf, 1): Fraction(1)}  # (the largest sum so far, the least worth of those that have it)
        for sequence in itertools.product(range(actions), repeat=min(lookahead, steps)):
            following, mine = {}, worth[sequence[0]]
            for ((top, low), p), (x, q) in itertools.product(leading.items(), sums(sequence, s, steps).items()):
                key = (x, mine) if x > top else (top, min(low, mine) if x == top else low)
                following[key] = following.get(key, 0) + p * q
            leading = following
        return sum(low * p for (_, low), p in leading.items())

    return float(success(0, horizon))


@pytest.mark.parametrize("seed", range(12))
def test_with_two_actions_the_bound_is_what_the_worst_ties_leave(seed):
    # the limits of each one's probability are those of being ahead and of not being behind; of two actions, ties that
    # always go to the worse attain them
    model = drawn(seed, 2, [-1.0, 0.0, 0.5, 2.0])
    for m in (1, 2, 4):
        assert guaranteed_success(model, 4, m) == pytest.approx(least_success(model, 4, m, 1), abs=1e-12)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("actions", "lookahead"), [(3, 1), (2, 2)])
def test_the_bound_is_below_what_the_worst_ties_leave(seed, actions, lookahead):
    model = drawn(seed, actions, [-1.0, 0.0, 1.0, 3.0])
    for m in (1, 3):
        exact = least_success(model, 3, m, lookahead)
        assert exact - 0.25 <= guaranteed_success(model, 3, m, lookahead) <= exact + 1e-12


@pytest.mark.parametrize("seed", range(8))
def test_rewards_without_a_common_unit_are_rounded_to_the_safe_side(seed):
    model = drawn(seed, 2, [-math.sqrt(2), 0.1, math.pi, math.e])
    for m in (1, 2):  # sums differ by more than the rounding of 4 rewards, 4 of 2048 units, or not at all
        exact, bound = least_success(model, 4, m, 1), guaranteed_success(model, 4, m)
        assert exact - 0.1 <= bound <= exact + 1e-12


def test_what_is_closer_than_the_lattice_is_not_told_apart():
    # 1 is 3.1e-5 below the best; a unit is the range of returns, 3, over 2048
    close = 1 + 1e-5 * math.pi
    model = deterministic([[1, 1, 1], [1, 1, 1]], [[1.0, close, -2.0], [0.0] * 3], [1])
    assert guaranteed_success(model, 1, 1) == pytest.approx(0.0, abs=1e-12)
    model = deterministic([[1, 1], [1, 1]], [[1.0, close], [0.0] * 2], [1])  # the range is 3.1e-5
    assert guaranteed_success(model, 1, 1) == pytest.approx(1.0, abs=1e-12)


def test_rounding_never_hides_a_loss():
    # returns in units of 1e-3: after action 0, 1048 or 1000.1; after action 1, 400.7 + 599.7 = 1000.4 or -1000. So
    # action 0, the best, is ahead with probability 3/4. Rounded down, 400 + 599 < 1000: it would be ahead always
    rewards = np.array([[0, 0], [400.7, 400.7], [599.7, -1400.7], [0, 0], [1048, 1000.1], [0, 0]])
    model = deterministic([[3, 1], [2, 2], [5, 5], [4, 4], [5, 5], [5, 5]], rewards / 1000, [5])
    assert least_success(model, 3, 1, 1) == 0.75
    assert guaranteed_success(model, 3, 1) == pytest.approx(0.75, abs=1e-12)


@pytest.mark.parametrize("lookahead", [1, 2])
def test_where_the_return_is_one_number_it_is_the_binomial_bound(data, lookahead):
    freeway = read_bridge(data / "bridge" / "freeway_10_fs30" / "consolidated.npz", screens=False).model
    for model, horizon in ((freeway, 10), (combination_lock(6), 6)):
        for m in (1, 5, 37, 100):
            binomial = gorp_success(model, horizon, m, lookahead, ties="worst")
            assert guaranteed_success(model, horizon, m, lookahead) == pytest.approx(binomial, abs=1e-11)
        wanted = predicted_samples(model, horizon, lookahead, ties="worst")
        assert gorp_bound(model, horizon, lookahead).samples == wanted


def test_the_bound_is_the_published_one_for_the_maze_and_one_sample_above_it_for_freeway(data):
    # published: 37 samples for freeway, where ties broken in the worst way leave 0.4960; 2, H_1 = 1 + log_9 2 = 1.31546
    # and 16,200 steps for the maze
    freeway = read_bridge(data / "bridge" / "freeway_10_fs30" / "consolidated.npz", screens=False).model
    maze = read_bridge(data / "bridge" / "maze_easy_l0_30_fs1" / "consolidated.npz", screens=False).model
    assert gorp_bound(freeway, 10)[::2] == (38, 11_400)  # 10^2 * 3 * 38
    bound = gorp_bound(maze, 30)
    assert bound[::2] == (2, 16_200)  # 30^2 * 9 * 2
    assert bound.exponent == pytest.approx(1.3154648767857287, abs=1e-14)


def baited(bait):
    """A lock of 5 steps whose first wrong action pays at once."""
    lock = combination_lock(5)
    rewards, wrong = lock.rewards.copy(), int(lock.terminal[lock.successors[:2]].argmax())
    rewards[wrong] = bait
    return TabularMDP(lock.offsets, lock.successors, lock.probabilities, rewards, lock.start, lock.terminal)


def test_a_bait_must_be_outweighed_by_chance():
    # after the right action exploration is paid with chance 1/16; m returns must sum to more than the bait's 0.02 m =
    # 1.2, to 2. Later steps j = 3, 2, 1 have no bait: one of m returns must be paid, each with chance 2^-j
    model, m = baited(0.02), 60
    assert predicted_samples(model, 5) is None  # two different returns
    at_least_two = 1 - (15 / 16) ** m - m / 16 * (15 / 16) ** (m - 1)
    rest = math.prod(1 - (1 - 2.0**-j) ** m for j in (1, 2, 3))
    assert guaranteed_success(model, 5, m) == pytest.approx(at_least_two * rest, rel=1e-9)


def test_the_bound_suffices():
    for bait in (0.02, 0.04):
        bound = gorp_bound(baited(bait), 5)
        assert guaranteed_success(baited(bait), 5, bound.samples) >= 0.5
        assert guaranteed_success(baited(bait), 5, bound.samples - 1) < 0.5
        assert bound.steps == 25 * 2 * bound.samples


def test_a_bait_above_the_mean_has_no_bound():
    assert gorp_bound(baited(0.25), 5) is None  # 1/16 on average, however many samples


def test_bad_arguments_are_refused():
    lock = combination_lock(4)
    with pytest.raises(SettingError, match="need a deterministic model; this one is stochastic"):
        gorp_bound(random_mdp(5, 2), 4)
    with pytest.raises(SettingError, match="at least 1, got 4 and 0"):
        gorp_bound(lock, 4, lookahead=0)
    with pytest.raises(SettingError, match="samples must be at least 1, got 0"):
        guaranteed_success(lock, 4, 0)
    with pytest.raises(SettingError, match="at most 4096, got 2\\^13"):
        gorp_bound(combination_lock(14), 14, lookahead=13)


def test_rounding_up_never_hides_a_loss():
    # in units of 1e-3: action 0 leads to 500.3 + 500.3 = 1000.6 or 1048, action 1 to 1000.9 or -1000. So action 0, the
    # best, is ahead with probability 3/4. Rounded up, 501 + 501 > 1001: it would be ahead always
    rewards = np.array([[0, 0], [500.3, 0], [500.3, 500.3], [1048, 1048], [1000.9, -1000], [0, 0]])
    model = deterministic([[1, 4], [2, 3], [5, 5], [5, 5], [5, 5], [5, 5]], rewards / 1000, [5])
    assert least_success(model, 3, 1, 1) == 0.75
    assert guaranteed_success(model, 3, 1) == pytest.approx(0.75, abs=1e-12)


def test_an_episode_that_ends_before_it_begins_always_succeeds():
    over = deterministic([[0, 0]], [[1.0, 2.0]], [0])
    assert guaranteed_success(over, 3, 1) == 1.0
