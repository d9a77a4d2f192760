import numpy as np
import pytest

from mdpzoo_adversarial.solvers.quantal_response import quantal_responses


def games(count, rows, columns, seed=0):
    return np.random.default_rng(seed).normal(size=(count, rows, columns))


@pytest.mark.parametrize(("rows", "columns"), [(4, 4), (7, 3), (3, 7), (1, 5), (5, 1)])
def test_a_batch_is_solved_as_its_games_are_one_by_one(rows, columns):
    payoffs = games(6, rows, columns) * np.geomspace(0.01, 100, 6)[:, None, None]
    together = quantal_responses(payoffs, 0.1, 0.3)
    for k, payoff in enumerate(payoffs):
        alone = quantal_responses(payoff[None], 0.1, 0.3)
        np.testing.assert_allclose(together.row[k], alone.row[0], atol=1e-9)
        np.testing.assert_allclose(together.column[k], alone.column[0], atol=1e-9)
        assert together.values[k] == pytest.approx(alone.values[0], abs=1e-12 * 100)


@pytest.mark.parametrize("temperatures", [(1.0, 1.0), (0.01, 1.0), (1.0, 0.01), (1e-3, 1e-3)])
def test_no_other_strategy_does_better_against_the_answer(temperatures):
    """F is concave: at its maximum no random strategy of the row player has a larger value."""
    alpha, beta = temperatures
    payoffs = games(1, 5, 6, seed=2)
    found = quantal_responses(payoffs, alpha, beta)

    def height(row):
        scores = -(row @ payoffs[0]) / beta
        entropy = -(row * np.log(np.maximum(row, 1e-300))).sum()
        return alpha * entropy - beta * (scores.max() + np.log(np.exp(scores - scores.max()).sum()))

    best, generator = height(found.row[0]), np.random.default_rng(0)
    assert best == pytest.approx(found.values[0], abs=1e-10)
    for _ in range(200):
        other = generator.dirichlet(np.ones(5) * generator.choice([0.1, 1, 10]))
        assert height(0.9 * found.row[0] + 0.1 * other) <= best + 1e-12


def test_the_gap_bounds_the_error_of_the_value():
    payoffs = games(20, 6, 6, seed=3)
    found = quantal_responses(payoffs, 0.01, 0.02)
    assert (found.gaps >= 0).all()
    assert found.gaps.max() < 1e-11


def test_no_games_have_no_solutions():
    found = quantal_responses(np.empty((0, 3, 2)), 0.1, 0.1)
    assert found.row.shape == (0, 3)
    assert found.values.shape == (0,)
