import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_adversarial import exploitability, matrix_nash, matrix_qre
from mdpzoo_adversarial.games.matrix_rounds import GAMES


def softmax(scores):
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


def residual(payoffs, found, alpha, beta):
    """How far the strategies are from the two fixed-point equations."""
    row = softmax(payoffs @ found.column / alpha)
    column = softmax(-payoffs.T @ found.row / beta)
    return max(np.abs(found.row - row).max(), np.abs(found.column - column).max())


def entropy(strategy):
    return -(strategy * np.log(np.where(strategy > 0, strategy, 1))).sum()


@pytest.fixture(params=range(6))
def random_game(request):
    generator = np.random.default_rng(request.param)
    return generator.normal(size=generator.integers(1, 20, 2))


def test_nash_equilibria_equal_the_references(references):
    for name, game in references["matrix_games"]["games"].items():
        found, expected = matrix_nash(game["A"]), game["nash"]
        np.testing.assert_allclose(found.row, expected["x"], atol=1e-8, err_msg=name)
        np.testing.assert_allclose(found.column, expected["y"], atol=1e-8, err_msg=name)
        assert found.value == pytest.approx(expected["value"], abs=1e-9)


def test_quantal_responses_equal_the_references(references):
    for name, game in references["matrix_games"]["games"].items():
        for each in game["qre"] + game["qre_two_temperatures"]:
            found = matrix_qre(game["A"], each["alpha"], each["beta"])
            np.testing.assert_allclose(found.row, each["x"], atol=1e-8, err_msg=name)
            np.testing.assert_allclose(found.column, each["y"], atol=1e-8, err_msg=name)
            assert found.value == pytest.approx(each["regularised_value"], abs=1e-9)
            assert found.payoff == pytest.approx(each["payoff"], abs=1e-9)
            assert found.nash_conv == pytest.approx(each["nashconv"], abs=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_random_games_are_solved_down_to_low_temperatures(seed):
    generator = np.random.default_rng(seed)
    size = generator.integers(1, 51, 2)
    payoffs = generator.normal(size=size) if seed % 2 else generator.integers(-3, 4, size).astype(float)
    alpha, beta = 10 ** generator.uniform(-3, 1, 2) if seed % 3 else (1e-3, 1e-3)
    found = matrix_qre(payoffs, alpha, beta)
    assert residual(payoffs, found, alpha, beta) < 1e-10
    assert found.error_bound < 1e-9


def test_a_game_with_equal_rows_and_columns_is_solved_by_uniform_play():
    found = matrix_qre(np.full((4, 3), 7.0), 0.01, 0.02)
    np.testing.assert_allclose(found.row, 1 / 4)
    np.testing.assert_allclose(found.column, 1 / 3)
    assert found.payoff == pytest.approx(7)


def test_the_regularised_value_is_the_payoff_with_entropies(random_game):
    found = matrix_qre(random_game, 0.3, 0.7)
    value = found.row @ random_game @ found.column + 0.3 * entropy(found.row) - 0.7 * entropy(found.column)
    assert found.value == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("temperature", [1.0, 0.1, 0.01])
def test_values_and_exploitability_stay_within_the_entropy_bounds(random_game, temperature):
    rows, columns = random_game.shape
    found, nash = matrix_qre(random_game, temperature, 2 * temperature), matrix_nash(random_game)
    assert -2 * temperature * np.log(columns) - 1e-12 <= found.value - nash.value <= temperature * np.log(rows) + 1e-12
    assert found.nash_conv <= temperature * np.log(rows) + 2 * temperature * np.log(columns) + 1e-12


def test_a_constant_added_to_the_payoffs_moves_the_value_only(random_game):
    plain, moved = matrix_qre(random_game, 0.2, 0.1), matrix_qre(random_game + 5, 0.2, 0.1)
    np.testing.assert_allclose(moved.row, plain.row, atol=1e-12)
    assert moved.value - plain.value == pytest.approx(5)


def test_payoffs_and_temperatures_scale_together(random_game):
    plain, scaled = matrix_qre(random_game, 0.2, 0.1), matrix_qre(3 * random_game, 0.6, 0.3)
    np.testing.assert_allclose(scaled.row, plain.row, atol=1e-11)
    assert scaled.value == pytest.approx(3 * plain.value)


def test_exchanging_the_players_negates_the_value(random_game):
    plain, swapped = matrix_qre(random_game, 0.2, 0.1), matrix_qre(-random_game.T, 0.1, 0.2)
    np.testing.assert_allclose(swapped.row, plain.column, atol=1e-11)
    assert swapped.value == pytest.approx(-plain.value, abs=1e-12)


def test_a_sum_of_two_vectors_is_solved_by_two_softmaxes():
    u, v = np.array([1.0, 2.0, 0.5]), np.array([0.3, -1.0])
    found = matrix_qre(u[:, None] + v, 0.5, 0.25)
    np.testing.assert_allclose(found.row, softmax(u / 0.5), atol=1e-12)
    np.testing.assert_allclose(found.column, softmax(-v / 0.25), atol=1e-12)


def test_nash_strategies_cannot_be_exploited(random_game):
    found = matrix_nash(random_game)
    assert exploitability(random_game, found.row, found.column) < 1e-12
    assert found.error_bound < 1e-12


def test_a_saddle_point_is_pure():
    found = matrix_nash([[3, 1, 4], [5, 2, 6], [0, 1, 7]])  # 2 is the least of its row and the most of its column
    assert found.row.tolist() == [0, 1, 0]
    assert found.column.tolist() == [0, 1, 0]
    assert found.value == 2


def test_a_worse_opponent_is_exploited_by_what_the_best_answer_gains():
    # against always-rock, paper gains 1; uniform play cannot be exploited
    rps = GAMES["rock-paper-scissors"]
    assert exploitability(rps, [1 / 3] * 3, [1, 0, 0]) == pytest.approx(1)


@pytest.mark.parametrize("name", GAMES)
def test_every_named_game_has_an_equilibrium(name):
    found = matrix_nash(GAMES[name])
    assert exploitability(GAMES[name], found.row, found.column) < 1e-12


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: matrix_nash([[1, float("nan")]]), "finite numbers"),
        (lambda: matrix_nash([]), r"shape \[A, B\]"),
        (lambda: matrix_nash("chess"), "finite numbers"),
        (lambda: matrix_qre([[1]], 0.0, 1.0), "row_temperature must be a positive number, got 0.0"),
        (lambda: matrix_qre([[1]], 1.0, -1.0), "column_temperature"),
        (lambda: exploitability([[1, 2]], [1], [0.5, 0.6]), "column must be 2 probabilities"),
    ],
)
def test_what_is_no_game_is_refused(call, words):
    with pytest.raises(SettingError, match=words):
        call()
