import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo.models import MarkovGame
from mdpzoo_adversarial import best_responses, exploitability, matrix_nash, matrix_qre, solve_markov_game
from mdpzoo_adversarial.games.navigation import robust_navigation
from mdpzoo_adversarial.games.pursuit import pursuit_evasion
from mdpzoo_adversarial.games.soccer import END, START, index_of, markov_soccer

WITH_A, WITH_B = index_of((*START, 0)), index_of((*START, 1))


@pytest.fixture(scope="module")
def soccer():
    return markov_soccer().model


@pytest.fixture(scope="module")
def nash(soccer):
    return solve_markov_game(soccer, 0.9)


def random_game(seed, states=8):
    generator = np.random.default_rng(seed)
    chances = generator.dirichlet(np.ones(states), (states, 3, 4))
    return MarkovGame.from_arrays(chances, generator.normal(size=(states, 3, 4)), terminal=np.arange(states) == 7)


def test_soccers_value_equals_the_reference(references, nash):
    expected = references["soccer"]["nash"]
    assert nash.values[WITH_A] == pytest.approx(expected["V_A"], abs=1e-9)
    assert nash.values[WITH_B] == pytest.approx(expected["V_B"], abs=1e-9)
    assert np.abs(nash.values[:END]).mean() == pytest.approx(expected["mean_abs_value"], abs=1e-9)
    assert np.square(nash.values[:END]).mean() == pytest.approx(expected["mean_square_value"], abs=1e-9)
    assert nash.error_bound <= 1e-9


def test_soccers_equilibrium_cannot_be_exploited(soccer, nash):
    assert exploitability(soccer, nash.row, nash.column, 0.9) < 1e-8


def test_soccers_quantal_responses_equal_the_references(references, soccer):
    for each in references["soccer"]["soft"]["values"]:
        solution = solve_markov_game(soccer, 0.9, each["alpha"])
        assert solution.values[WITH_A] == pytest.approx(each["regularised_value_A"], abs=1e-9)
        found = best_responses(soccer, solution.row, solution.column, 0.9)
        assert found.payoff[WITH_A] == pytest.approx(each["payoff_A"], abs=1e-9)
        assert found.lowest[WITH_A] == pytest.approx(each["worst_case_A"], abs=1e-9)
        assert found.nash_conv[[WITH_A, WITH_B]].mean() == pytest.approx(each["nashconv_mean"], abs=1e-9)


@pytest.mark.parametrize("temperature", [0.0, 0.05, (0.5, 0.01)])
def test_the_solution_is_a_fixed_point_of_the_stage_games(temperature):
    game = random_game(0)
    solution = solve_markov_game(game, 0.8, temperature)
    payoffs = game.stage_payoffs(solution.values, 0.8)
    pair = (temperature, temperature) if np.ndim(temperature) == 0 else temperature
    for state in range(7):
        stage = matrix_qre(payoffs[state], *pair) if pair[0] else matrix_nash(payoffs[state])
        assert stage.value == pytest.approx(solution.values[state], abs=1e-8)
    assert solution.values[7] == 0


@pytest.mark.parametrize("temperature", [1.0, 0.1, 0.01])
def test_exploitability_stays_within_the_entropy_bound(temperature):
    game = random_game(1)
    solution = solve_markov_game(game, 0.8, temperature)
    bound = temperature * (np.log(3) + np.log(4)) / (1 - 0.8)
    assert 0 < exploitability(game, solution.row, solution.column, 0.8) <= bound
    plain = solve_markov_game(game, 0.8)
    assert np.abs(solution.values - plain.values).max() <= temperature * np.log(4) / (1 - 0.8) + 1e-8


def test_the_error_bound_holds():
    game = random_game(2)
    exact = solve_markov_game(game, 0.9, 0.2, tolerance=1e-10).values
    rough = solve_markov_game(game, 0.9, 0.2, tolerance=1.0)
    assert np.abs(rough.values - exact).max() <= rough.error_bound + 1e-10


def test_without_a_future_the_states_are_matrix_games():
    game = random_game(3)
    values = solve_markov_game(game, 0.0).values
    payoffs = game.joint.expected_rewards.reshape(8, 3, 4)
    assert values[:7] == pytest.approx([matrix_nash(payoffs[state]).value for state in range(7)], abs=1e-9)


def test_a_pursuer_of_a_slipping_evader_is_worth_what_the_reference_says():
    game = pursuit_evasion(size=4, slip=0.2).model
    solution = solve_markov_game(game, 0.9)
    assert solution.values[15] == pytest.approx(-6.26920, abs=1e-5)
    # from the next cell the evader is caught only if its move fails: V = -1 + 0.9 * 0.8 V
    assert solution.values[~game.joint.terminal].max() == pytest.approx(-1 / (1 - 0.9 * 0.8))


def test_an_evader_that_never_slips_escapes_for_ever():
    game = pursuit_evasion(size=3, slip=0.0).model
    assert solve_markov_game(game, 0.9).values[8] == pytest.approx(-10)


def test_a_standing_evader_is_caught_on_the_shortest_path():
    game = pursuit_evasion(size=4, slip=0.3).model
    stands = np.eye(5)[np.full(game.num_states, 4)]
    values = best_responses(game, np.full((game.num_states, 5), 0.2), stands, 0.9).highest
    # six steps from corner to corner: -(1 - 0.9^6) / (1 - 0.9)
    assert values[15] == pytest.approx(-(1 - 0.9**6) / 0.1)


def test_navigation_needs_no_program_because_its_stage_games_are_separable():
    game = robust_navigation(wind=0.3).model
    solution = solve_markov_game(game, 0.95)
    calm = robust_navigation(wind=0.0).model.stage_payoffs(solution.values, 0.95)[:, :, 0]
    expected = 0.7 * calm.max(1) + 0.3 * calm.min(1)
    np.testing.assert_allclose(solution.values, np.where(game.joint.terminal, 0, expected), atol=1e-8)


def test_more_wind_is_worse_and_uniform_wind_is_better():
    start = 0
    values = [solve_markov_game(robust_navigation(wind=wind).model, 0.95).values[start] for wind in (0.0, 0.1, 0.3)]
    assert values[0] > values[1] > values[2]
    game = robust_navigation(wind=0.3).model
    uniform = np.full((game.num_states, 5), 0.2)
    assert best_responses(game, uniform, uniform, 0.95).highest[start] > values[2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((1.0,), "discount"),
        ((0.9, -1.0), "temperature must be"),
        ((0.9, (1.0, 0.0)), "temperature must be"),
        ((0.9, (1.0, 1.0, 1.0)), "temperature must be"),
        ((0.9, 0.0, 0.0), "tolerance"),
        ((0.9, 0.1, 1e-300), "cannot be certified"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, words):
    with pytest.raises(SettingError, match=words):
        solve_markov_game(random_game(0), *arguments)


def test_exploitability_in_a_markov_game_needs_a_discount():
    with pytest.raises(SettingError, match="give discount"):
        exploitability(random_game(0), np.full((8, 3), 1 / 3), np.full((8, 4), 1 / 4))
