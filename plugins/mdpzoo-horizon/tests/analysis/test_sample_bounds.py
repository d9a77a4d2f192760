"""The bounds by hand, and the predictor of GORP against SciPy's binomials, simulation and measured numbers."""

import functools
import itertools
import math

import gymnasium
import numpy as np
import pytest
from scipy.stats import binom

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo_horizon import combination_lock, effective_horizon, gorp_success, predicted_samples, random_mdp, read_model
from mdpzoo_horizon.analysis.sample_bounds import covering_length, exponent, samples, stochastic_exponent


def test_the_simple_bound_is_its_formula():
    # freeway, k = 1: V / gap^2 = (1/81) / (1/81)^2 = 81; 16 * 81 * ln(2 * 10 * 3) = 5306.2
    assert samples(81, 10, 3, 1) == 5307
    assert samples(0, 10, 3, 8) == 1  # no gap to resolve still takes one episode
    assert samples(math.inf, 10, 3, 1) == math.inf
    # far beyond where A^k would be a float: ln(20) + 2000 ln 3
    assert samples(1, 10, 3, 2000) == math.ceil(16 * (math.log(20) + 2000 * math.log(3)))


def test_the_exponents_are_their_formulas():
    assert exponent(2, 61, 3) == pytest.approx(2 + math.log(61) / math.log(3))
    assert exponent(1, 5, 1) == 1  # one action: nothing to tell apart
    assert exponent(3, math.inf, 2) == math.inf
    # a gap of an eighth of the returns' range: 1 + log2(64)
    assert stochastic_exponent(1, 2.0, 16.0, 2) == pytest.approx(7)
    assert stochastic_exponent(4, math.inf, 16.0, 2) == 4
    assert stochastic_exponent(1, 0.0, 16.0, 2) == math.inf


def test_the_covering_length_of_a_lock_is_that_of_its_last_action():
    # the last state is reached with probability 2^-4, either action there with 2^-5; 10 pairs
    found = effective_horizon(combination_lock(5), 5)
    assert found.covering_length == pytest.approx(math.log(2 * 10) * 2**5)
    assert found.covering_length == covering_length(2.0**-5, 10)


def test_scaling_all_rewards_changes_no_count():
    lock = combination_lock(7, 3, seed=2)
    scaled = TabularMDP(
        lock.offsets, lock.successors, lock.probabilities, lock.rewards * 1e-7, lock.start, lock.terminal
    )
    one, other = effective_horizon(lock, 7), effective_horizon(scaled, 7)
    for name in ("min_k", "epw", "samples", "predicted_samples"):
        assert getattr(one, name) == getattr(other, name)
    assert one.stochastic_effective_horizon == pytest.approx(other.stochastic_effective_horizon)


@pytest.mark.parametrize(
    ("actions", "horizon", "wanted"), [(2, 4, 7), (2, 6, 30), (2, 8, 119), (2, 12, 1910), (3, 6, 194), (4, 6, 765)]
)
def test_the_predictor_knows_what_a_lock_takes(actions, horizon, wanted):
    model = combination_lock(horizon, actions, seed=5)
    assert predicted_samples(model, horizon) == wanted
    # prod_j 1 - (1 - A^-j)^m: each right action must pay at least once; action 0, which is first, wins all other ties
    for m in (wanted - 1, wanted):
        success = math.prod(1 - (1 - float(actions) ** -j) ** m for j in range(1, horizon))
        assert gorp_success(model, horizon, m) == pytest.approx(success, rel=1e-12)
        assert (success >= 0.5) == (m == wanted)


def test_gorps_success_on_freeway_is_what_was_measured(data):
    model = read_model(data / "bridge" / "freeway_10_fs30" / "consolidated.npz")
    for m, success in ((16, 0.2325), (29, 0.4924), (30, 0.5088), (37, 0.6087), (64, 0.8281)):
        assert gorp_success(model, 10, m) == pytest.approx(success, abs=5e-5)
    found = effective_horizon(model, 10)
    assert found.predicted_samples == 30
    assert found.predicted_steps == pytest.approx(30 * 3 * 10 * 10)  # no episode ends before step 10


def test_one_episode_of_each_action_solves_the_maze(data):
    model = read_model(data / "bridge" / "maze_easy_l0_30_fs1" / "consolidated.npz")
    assert gorp_success(model, 30, 1) == pytest.approx(1, abs=5e-5)
    assert predicted_samples(model, 30) == 1


def graph(seed, states=8, actions=2):
    """A random deterministic model whose return is 0 or 3: the last state ends the episode and pays."""
    generator = np.random.default_rng(seed)
    successors = generator.integers(states, size=(states, actions))
    rewards = np.where(successors == states - 1, 3.0, 0.0)
    rewards[-1] = 0
    ends = np.arange(states) == states - 1
    count = states * actions
    start = np.eye(1, states)[0]
    return TabularMDP(np.arange(count + 1), successors.ravel(), np.ones(count), rewards.ravel(), start, ends)


def success_by_definition(model, horizon, m, lookahead):
    """Sums over all counts with SciPy, from the sequences' own values; the slow way."""
    actions, after = model.num_actions, model.successors.reshape(-1, model.num_actions)
    paid = model.expected_rewards > 0

    def chance(t, s, sequence):
        for a in sequence:
            if paid[s, a]:
                return 1.0
            s, t = after[s, a], t + 1
        return explored(t, s)

    @functools.cache
    def explored(t, s):
        return 0.0 if t == horizon else sum(chance(t, s, (a,)) for a in range(actions)) / actions

    def solvable(t, s):
        return t < horizon and any(paid[s, a] or solvable(t + 1, after[s, a]) for a in range(actions))

    @functools.cache
    def success(t, s):
        if not solvable(t, s):
            return 1.0
        length = min(lookahead, horizon - t)
        sequences = list(itertools.product(range(actions), repeat=length))
        chances = [chance(t, s, each) for each in sequences]
        counts = np.arange(m + 1)
        total = 0.0
        for i, (sequence, p) in enumerate(zip(sequences, chances, strict=True)):
            first = sequence[0]
            if not (paid[s, first] or solvable(t + 1, after[s, first])):
                continue
            product = binom.pmf(counts, m, p)
            for j, q in enumerate(chances):
                if j != i:
                    product = product * binom.cdf(counts - (j < i), m, q)
            total += product.sum() * (1.0 if paid[s, first] else success(t + 1, after[s, first]))
        return total

    return success(0, int(model.start.argmax()))


@pytest.mark.parametrize("seed", [0, 1, 2, 5, 6])
@pytest.mark.parametrize(("lookahead", "m"), [(1, 1), (1, 9), (2, 4), (3, 2)])
def test_the_predictor_is_the_sum_over_all_counts(seed, lookahead, m):
    model = graph(seed)
    expected = success_by_definition(model, 6, m, lookahead)
    assert gorp_success(model, 6, m, lookahead) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("seed", [0, 1, 2, 5, 6])
@pytest.mark.parametrize(("lookahead", "m"), [(1, 3), (2, 2)])
def test_no_way_to_break_ties_does_worse_than_the_worst(seed, lookahead, m):
    model = graph(seed, actions=3)
    bound = gorp_success(model, 6, m, lookahead, ties="worst")
    successors, rewards = model.successors.reshape(-1, 3), model.expected_rewards
    for order in itertools.permutations(range(3)):  # ties go to the first: another order breaks them in another way
        columns = successors[:, order].ravel(), model.probabilities, rewards[:, order].ravel()
        other = TabularMDP(model.offsets, *columns, model.start, model.terminal)
        assert gorp_success(other, 6, m, lookahead) >= bound - 1e-12


def test_ties_in_a_lock_always_go_to_the_wrong_action():
    lock = combination_lock(6)  # action 0 is first and never right
    for m in (1, 5, 30):
        assert gorp_success(lock, 6, m, ties="worst") == pytest.approx(gorp_success(lock, 6, m), rel=1e-12)


def test_the_bounds_for_all_ways_to_break_ties_are_about_the_published_ones(data):
    # published: 37 for freeway and 2 for the maze, H_1 = 1 + log_9 2 = 1.31546
    freeway = read_model(data / "bridge" / "freeway_10_fs30" / "consolidated.npz")
    maze = read_model(data / "bridge" / "maze_easy_l0_30_fs1" / "consolidated.npz")
    assert predicted_samples(maze, 30, ties="worst") == 2
    assert predicted_samples(freeway, 10, ties="worst") == 38
    assert gorp_success(freeway, 10, 37, ties="worst") == pytest.approx(0.4960, abs=5e-5)


def test_the_predictor_agrees_with_simulated_runs():
    model, horizon, m = combination_lock(5, seed=3), 5, 10
    generator = np.random.default_rng(0)
    successes, runs = 0, 4000
    for _ in range(runs):
        # the right action's episodes pay with 2^-(4 - t), the other's never; ties go to action 0, which is wrong
        successes += all(generator.binomial(m, 0.5 ** (horizon - 1 - t)) > 0 for t in range(horizon))
    # the standard deviation of the share is at most 0.5 / sqrt(4000) = 0.008
    assert gorp_success(model, horizon, m) == pytest.approx(successes / runs, abs=0.032)


def test_the_predictor_takes_many_samples_without_counting_them_all():
    # T = 20: nearly all of the doubt is in the first action, whose chance is p = 2^-19
    m = predicted_samples(combination_lock(20), 20)
    success = [math.prod(-math.expm1(n * math.log1p(-(2.0**-j))) for j in range(1, 20)) for n in (m - 1, m)]
    assert success[0] < 0.5 <= success[1]
    assert predicted_samples(combination_lock(24), 24) is None  # 8 million is beyond 2^20


def test_the_predictor_says_where_it_does_not_apply():
    cliff = TabularMDP.from_gymnasium("CliffWalking-v1")  # many returns
    assert predicted_samples(cliff, 20) is None
    assert predicted_samples(random_mdp(), 20) is None  # stochastic
    with pytest.raises(SettingError, match="needs a deterministic model whose return is 0 or one other number"):
        gorp_success(cliff, 20, 5)
    with pytest.raises(SettingError, match="ties must be 'first' or 'worst', got 'best'"):
        gorp_success(combination_lock(4), 4, 5, ties="best")
    with pytest.raises(SettingError, match="samples must be at least 1, got 0"):
        gorp_success(combination_lock(4), 4, 0)
    with pytest.raises(SettingError, match=r"A\^k must be at most 4096, got 2\^13"):
        gorp_success(combination_lock(20), 20, 5, lookahead=13)


def test_a_second_reward_on_the_way_is_not_overlooked():
    # 0 -> 1 pays 1, 1 -> 2 pays 1 again: returns 0, 1 and 2
    successors, rewards = np.array([1, 3, 2, 3, 3, 3, 3, 3]), np.array([1.0, 0, 1, 0, 0, 0, 0, 0])
    model = TabularMDP(np.arange(9), successors, np.ones(8), rewards, np.eye(1, 4)[0], np.arange(4) >= 2)
    assert predicted_samples(model, 2) is None
    assert predicted_samples(model, 1) == 1  # within one step there is no second


def test_the_predictor_is_within_a_factor_two_of_the_measured_frozen_lake():
    # GORP, k = 1, m doubled, median of 5 seeds: m = 16, 6698 steps
    model = TabularMDP.from_gymnasium(gymnasium.make("FrozenLake-v1", is_slippery=False))
    assert 8 <= predicted_samples(model, 20) <= 16
