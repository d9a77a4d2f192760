import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_adversarial import solve_lq_game

SCALAR = {"A": 1.1, "B": 1.0, "D": 0.5, "Q": 1.0, "R": 0.5, "S": 5.0, "discount": 0.95}
CART = {  # a double integrator that is pushed by both
    "A": [[1.0, 0.1], [0.0, 1.0]],
    "B": [[0.0], [0.1]],
    "D": [[0.05, 0.0], [0.0, 0.1]],
    "Q": np.eye(2),
    "R": 0.5,
    "S": 4 * np.eye(2),
    "discount": 0.95,
}


def test_the_scalar_game_equals_the_reference(references):
    game = references["lq_games"]["games"]["scalar"]
    names = "ABDQRS"
    found = solve_lq_game(*(game[name] for name in names), game["gamma"], game["alpha"], game["beta"])
    pairs = ((found.P, "P"), (found.K, "K"), (found.L, "L"), (found.row_covariance, "var_u"))
    for value, name in (*pairs, (found.column_covariance, "var_w")):
        assert value[0, 0] == pytest.approx(game[name], abs=1e-12)
    assert found.constant == pytest.approx(game["c"], abs=1e-9)


def test_gains_do_not_depend_on_temperatures_and_covariances_are_proportional_to_them():
    cold, hot = solve_lq_game(**SCALAR, row_temperature=0.1), solve_lq_game(**SCALAR, row_temperature=0.4)
    assert (cold.K, cold.L) == (hot.K, hot.L)
    assert hot.row_covariance[0, 0] == pytest.approx(4 * cold.row_covariance[0, 0])
    assert hot.column_covariance[0, 0] == 0


@pytest.mark.parametrize("strength", [0.35, 0.3811])
def test_an_adversary_that_is_too_strong_is_refused(strength):
    with pytest.raises(SettingError, match="infeasible: the adversary is too strong"):
        solve_lq_game(**{**SCALAR, "S": strength})


def test_just_above_the_limit_the_game_has_a_value(references):
    limit = references["lq_games"]["games"]["scalar"]["infeasible_below"]
    assert np.isfinite(solve_lq_game(**{**SCALAR, "S": 1.0001 * limit}).P).all()


@pytest.mark.parametrize("game", [SCALAR, CART], ids=["scalar", "cart"])
def test_the_gains_are_mutual_best_responses(game):
    """Gradients of the one-step lookahead x'(...)x at the gains vanish for both players."""
    found = solve_lq_game(**game)
    A, B, D, Q, R, S = (np.atleast_2d(game[name]) for name in "ABDQRS")
    closed = A - B @ found.K - D @ found.L
    np.testing.assert_allclose(R @ found.K, game["discount"] * B.T @ found.P @ closed, atol=1e-10)
    np.testing.assert_allclose(S @ found.L, -game["discount"] * D.T @ found.P @ closed, atol=1e-10)
    cost = Q + found.K.T @ R @ found.K - found.L.T @ S @ found.L
    np.testing.assert_allclose(found.P, cost + game["discount"] * closed.T @ found.P @ closed, atol=1e-10)


def test_the_value_of_a_noisy_pair_is_the_quadratic_plus_the_constant():
    """Monte Carlo over 20 000 rows of 200 steps, the regularised reward in every step."""
    found = solve_lq_game(**SCALAR, row_temperature=0.3, column_temperature=0.3)
    generator = np.random.default_rng(0)
    sd_u, sd_w = np.sqrt(found.row_covariance[0, 0]), np.sqrt(found.column_covariance[0, 0])
    entropies = 0.3 * 0.5 * (np.log(2 * np.pi * np.e * sd_u**2) - np.log(2 * np.pi * np.e * sd_w**2))
    x, total, weight = np.full(20_000, 0.7), np.zeros(20_000), 1.0
    for _ in range(200):
        u = -found.K[0, 0] * x + sd_u * generator.normal(size=len(x))
        w = -found.L[0, 0] * x + sd_w * generator.normal(size=len(x))
        total += weight * (-(x**2 + 0.5 * u**2 - 5 * w**2) + entropies)
        x, weight = 1.1 * x + u + 0.5 * w, 0.95 * weight
    expected = -found.P[0, 0] * 0.49 + found.constant
    error = total.std() / np.sqrt(len(total))
    assert abs(total.mean() - expected) < 4 * error


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"R": 0.0}, "R must be symmetric and positive definite"),
        ({"Q": -1.0}, "Q must be symmetric and positive semidefinite"),
        ({"B": [[1.0], [1.0]]}, "B must be finite numbers of shape"),
        ({"A": float("nan")}, "A must be finite"),
        ({"discount": 1.0}, "discount"),
        ({"row_temperature": -1.0}, "row_temperature"),
        ({"A": 100.0, "B": 0.0, "D": 0.0}, "no finite solution"),
    ],
)
def test_what_is_no_game_is_refused(change, words):
    with pytest.raises(SettingError, match=words):
        solve_lq_game(**{**SCALAR, **change})
