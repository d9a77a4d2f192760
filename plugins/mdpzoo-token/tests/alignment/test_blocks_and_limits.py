"""Limits, derivatives and extreme arguments of tilts, best-of-N and blocks."""

import numpy as np
import pytest

from mdpzoo_token.alignment import best_of_n, block_best_of_n, cumulant, frontier, kl_ceiling, rate, tilt, tilt_by
from mdpzoo_token.alignment.types import block_types

P, REWARD = np.array([0.5, 0.3, 0.2]), np.array([0.0, 1.0, 2.2])


def random_cases(count=20):
    generator = np.random.default_rng(0)
    for _ in range(count):
        size = int(generator.integers(2, 9))
        yield generator.dirichlet(np.ones(size)), generator.normal(size=size)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.999])
def test_a_tilt_has_the_budget_that_was_asked_for(share):
    for p, reward in random_cases():
        budget = share * kl_ceiling(p, reward)
        found = tilt(p, reward, budget)
        positive = found.distribution > 0
        kl = (found.distribution[positive] * np.log(found.distribution[positive] / p[positive])).sum()
        assert kl == pytest.approx(budget, abs=1e-9)
        assert found.multiplier >= 0


def test_the_whole_budget_puts_everything_on_the_best_outcomes():
    found = tilt(P, REWARD, kl_ceiling(P, REWARD))
    assert found.distribution == pytest.approx([0, 0, 1], abs=1e-6)
    tied = tilt([0.5, 0.25, 0.25], [0.0, 1.0, 1.0], np.log(2))
    assert tied.distribution == pytest.approx([0, 0.5, 0.5], abs=1e-6)


def test_slopes_of_the_tilt_are_its_variance():
    step = 1e-5
    for multiplier in (0.0, 0.5, 2.0):
        low, here, high = (tilt_by(P, REWARD, multiplier + each * step) for each in (-1, 0, 1))
        assert (high.mean_reward - low.mean_reward) / (2 * step) == pytest.approx(here.reward_variance, abs=1e-6)
        assert (high.kl - low.kl) / (2 * step) == pytest.approx(multiplier * here.reward_variance, abs=1e-4)
        assert (high.log_partition - low.log_partition) / (2 * step) == pytest.approx(here.mean_reward, abs=1e-6)


def test_large_multipliers_do_not_overflow():
    found = tilt_by(P, 1000 * REWARD, 1e3)
    assert found.distribution.tolist() == [0, 0, 1]
    assert np.isfinite(found.kl)


def test_outcomes_without_probability_get_none():
    found = tilt([0.5, 0.5, 0.0], [0.0, 1.0, 9.0], 0.2)
    assert found.distribution[2] == 0
    assert best_of_n([0.5, 0.5, 0.0], [0.0, 1.0, 9.0], 5).distribution.tolist() == [1 / 32, 31 / 32, 0]


def test_the_frontier_rises_and_is_concave():
    for p, reward in random_cases(8):
        found = frontier(p, reward)
        assert (np.diff(found.kl) >= -1e-12).all()
        assert (np.diff(found.mean_reward) >= -1e-12).all()
        keep = np.concatenate([[True], np.diff(found.kl) > 1e-9])
        slopes = np.diff(found.mean_reward[keep]) / np.diff(found.kl[keep])
        assert (np.diff(slopes) <= 1e-6 * np.abs(slopes[:-1])).all()


@pytest.mark.parametrize("n", [1, 2, 7, 64])
def test_best_of_n_agrees_with_drawing_n_and_keeping_the_best(n):
    generator = np.random.default_rng(n)
    draws = generator.choice(3, p=P, size=(40_000, n))
    best = np.take_along_axis(draws, REWARD[draws].argmax(1)[:, None], 1)[:, 0]
    found = best_of_n(P, REWARD, n)
    assert np.abs(np.bincount(best, minlength=3) / 40_000 - found.distribution).max() < 4 * 0.5 / 200
    assert found.kl <= found.bound + 1e-12
    assert found.distribution.sum() == pytest.approx(1)


def test_best_of_n_lies_below_the_frontier():
    for p, reward in random_cases():
        for n in (2, 5, 30):
            found = best_of_n(p, reward, n)
            assert found.mean_reward <= tilt(p, reward, min(found.kl, kl_ceiling(p, reward))).mean_reward + 1e-7


def test_best_of_a_billion_keeps_small_probabilities_exact():
    found = best_of_n([1 - 1e-9, 1e-9], [0.0, 1.0], 1e9)
    assert found.distribution[1] == pytest.approx(1 - np.exp(-1), abs=1e-6)


def test_the_rate_is_0_at_the_mean_and_positive_elsewhere():
    phi = tilt_by(P, REWARD, 0.6)
    assert rate(P, REWARD, 0.6, phi.mean_reward) == pytest.approx((0, 0.6), abs=1e-9)
    assert rate(P, REWARD, 0.6, 0.3)[0] > 0
    assert rate(P, REWARD, 0.6, 2.0)[0] > 0


def test_the_cumulant_is_the_log_of_the_mean_exponential():
    phi = tilt_by(P, REWARD, 0.6)
    assert cumulant(P, REWARD, 0.6, 0.4) == pytest.approx(np.log(phi.distribution @ np.exp(0.4 * REWARD)))


@pytest.mark.parametrize(("symbols", "length", "count"), [(1, 5, 1), (2, 5, 6), (3, 4, 15), (4, 3, 20)])
def test_types_are_all_the_ways_to_share_a_length(symbols, length, count):
    found = block_types(symbols, length)
    assert found.shape == (count, symbols)
    assert (found.sum(1) == length).all()
    assert len(np.unique(found, axis=0)) == count


def test_blocks_of_one_symbol_are_best_of_n_itself():
    found, alone = block_best_of_n(P, REWARD, 0.15, 1), best_of_n(P, REWARD, np.exp(0.15))
    assert (found.mean_reward, found.kl_to_reference) == pytest.approx((alone.mean_reward, alone.kl))
