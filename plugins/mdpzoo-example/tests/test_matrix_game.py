import sys
from types import SimpleNamespace

import numpy as np
import pettingzoo
import pygame
import pytest
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import api_test, max_cycles_test, parallel_api_test, parallel_seed_test, seed_test
from pettingzoo.test.render_test import render_test
from pettingzoo.test.state_test import state_test
from stable_baselines3.common.evaluation import evaluate_policy

import mdpzoo
from mdpzoo.errors import IllegalActionError, MdpzooError, MissingExtraError
from mdpzoo_example.matrix_game import CELL, PAYOFFS, MatrixGame

ID = "mdpzoo/MatrixGame-v0"


class Biased:
    """A player who shows heads with the same probability, whatever happens."""

    def __init__(self, heads):
        self.heads, self.generator = heads, np.random.default_rng(0)

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        return np.array(self.generator.random() >= self.heads, int), state


class Imitator:
    """A column player who shows what row showed last, and heads at first."""

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        return np.array(int(observation) // 2 % 2), state  # 0, 1: row showed heads; 2, 3: tails; 4: nothing yet


@pytest.mark.filterwarnings("ignore:Observation is not a NumPy array")  # a Discrete one is a number
@pytest.mark.parametrize("name", sorted(PAYOFFS))
def test_the_games_pass_pettingzoos_api_tests(name):
    parallel_api_test(mdpzoo.make_parallel(ID, payoffs=name), num_cycles=60)
    api_test(mdpzoo.make_aec(ID, payoffs=name), num_cycles=60)


def test_the_same_seed_gives_the_same_game():
    parallel_seed_test(lambda: mdpzoo.make_parallel(ID), num_cycles=30)
    seed_test(lambda: mdpzoo.make_aec(ID), num_cycles=30)


def test_the_game_stops_at_max_cycles():
    module = SimpleNamespace(
        parallel_env=lambda max_cycles: mdpzoo.make_parallel(ID, max_cycles=max_cycles),
        env=lambda max_cycles: mdpzoo.make_aec(ID, max_cycles=max_cycles),
    )
    max_cycles_test(module)


def test_the_game_passes_the_render_and_state_tests():
    render_test(lambda render_mode: mdpzoo.make_aec(ID, render_mode=render_mode))
    state_test(mdpzoo.make_aec(ID), mdpzoo.make_parallel(ID))


def test_in_human_mode_the_picture_goes_to_a_window(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")  # SDL's own driver for machines without a screen
    game = mdpzoo.make_parallel(ID, payoffs=[[[1, 2, 3]], [[4, 5, 6]]], render_mode="human")
    game.reset(seed=0)
    game.step({"player_0": 0, "player_1": 2})
    assert game.render() is None
    shown = pygame.surfarray.array3d(pygame.display.get_surface()).swapaxes(0, 1)
    assert (shown == game.rules.render(2)).all()
    game.close()
    assert pygame.display.get_surface() is None


def test_without_pygame_human_mode_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygame", None)
    game = mdpzoo.make_parallel(ID, render_mode="human")
    game.reset(seed=0)
    with pytest.raises(MissingExtraError, match=r"pip install 'mdpzoo\[render\]'"):
        game.render()


def test_pettingzoo_itself_finds_the_game():
    assert pettingzoo.make("parallel", ID).max_cycles == 25
    assert pettingzoo.make("aec", ID).possible_agents == ["player_0", "player_1"]


@pytest.mark.parametrize(
    ("name", "row", "column", "rewards"),
    [
        ("matching-pennies", 1, 1, (1, -1)),  # the same side: row wins
        ("matching-pennies", 0, 1, (-1, 1)),  # different sides: column wins
        ("prisoners-dilemma", 1, 0, (5, 0)),  # row defects on a cooperator
        ("rock-paper-scissors", 1, 0, (1, -1)),  # paper wraps rock
        ("rock-paper-scissors", 1, 2, (-1, 1)),  # scissors cut paper
        ("stag-hunt", 0, 1, (0, 3)),  # alone, a stag hunter goes hungry
    ],
)
def test_the_payoffs_are_those_of_the_named_game(name, row, column, rewards):
    game = mdpzoo.make_parallel(ID, payoffs=name)
    game.reset(seed=0)
    seen, received, _, _, _ = game.step({"player_0": row, "player_1": column})
    assert (received["player_0"], received["player_1"]) == rewards
    assert seen["player_0"] == seen["player_1"] == row * game.action_space("player_1").n + column


@pytest.mark.parametrize("name", ["matching-pennies", "rock-paper-scissors"])
def test_the_zero_sum_games_sum_to_zero(name):
    np.testing.assert_array_equal(MatrixGame(name).payoffs.sum(0), 0)


def test_payoffs_of_ones_own_may_have_unequal_actions():
    game = mdpzoo.make_parallel(ID, payoffs=[[[1, 2, 3]], [[4, 5, 6]]])
    game.reset(seed=0)
    seen, rewards, _, _, _ = game.step({"player_0": 0, "player_1": 2})
    assert (seen["player_0"], rewards) == (2, {"player_0": 3.0, "player_1": 6.0})


@pytest.mark.parametrize(
    "payoffs",
    [
        "matching-penies",  # misspelt
        [[1, 2], [3, 4]],  # one player's
        [[[1, float("nan")]], [[1, 2]]],  # not a number
        [[[1, 2], [3]], [[1, 2], [3, 4]]],  # ragged
    ],
)
def test_wrong_payoffs_are_refused_in_one_sentence(payoffs):
    with pytest.raises(MdpzooError, match="payoffs") as caught:
        mdpzoo.make_parallel(ID, payoffs=payoffs)
    assert "\n" not in str(caught.value)


def test_an_action_outside_the_game_is_refused_and_says_whose():
    game = mdpzoo.make_parallel(ID)
    game.reset(seed=0)
    with pytest.raises(IllegalActionError, match=r"player_1 must lie in 0\.\.1, got 2"):
        game.step({"player_0": 0, "player_1": 2})


def test_the_picture_frames_the_last_cell_alone():
    game = MatrixGame("rock-paper-scissors")
    blank, marked = game.render(9), game.render(5)
    changed = (blank != marked).any(2).reshape(3, CELL, 3, CELL).any((1, 3))
    assert blank.shape == (3 * CELL, 3 * CELL, 3)
    assert np.argwhere(changed).tolist() == [[1, 2]]  # state 5 is row 1, column 2


def test_a_seat_is_a_gymnasium_environment():
    check_env(mdpzoo.seat(ID, "player_0", Biased(0.5)), skip_render_check=True)


def test_q_learning_in_a_seat_learns_the_best_response_to_a_biased_coin():
    seat = mdpzoo.seat(ID, "player_0", Biased(0.8))
    agent = mdpzoo.make_agent("q-learning", seat, seed=0, discount=0.0, learning_rate=0.02, epsilon=(1.0, 0.5))
    agent.learn(3_000)
    # heads earns 0.8 - 0.2 = 0.6, tails -0.6; a step size of 0.02 leaves a standard deviation of 0.1 or less
    visited = agent.policy.table[:4].numpy()
    np.testing.assert_allclose(visited, [[0.6, -0.6]] * 4, rtol=0, atol=0.4)
    assert agent.policy.table.argmax(1)[:4].tolist() == [0] * 4


def test_q_learning_in_a_seat_wins_every_penny_from_an_imitator():
    seat = mdpzoo.seat(ID, "player_0", Imitator())
    agent = mdpzoo.make_agent("q-learning", seat, seed=1, discount=0.5, learning_rate=0.5)
    agent.learn(3_000)
    # row knows what column will show: 1 a round, so 25 a game, and 1 / (1 - 0.5) = 2 discounted
    np.testing.assert_allclose(agent.policy.table.max(1).values.numpy(), 2.0, rtol=0, atol=1e-3)
    mean, spread = evaluate_policy(agent, seat, n_eval_episodes=3, warn=False)
    assert (mean, spread) == (25.0, 0.0)


def test_two_players_may_have_different_opponents_by_name():
    with pytest.raises(MdpzooError, match="'player_1' needs a policy"):
        mdpzoo.seat(ID, "player_0", {"player1": Imitator()})
    with pytest.raises(MdpzooError, match="Did you mean 'player_0'"):
        mdpzoo.seat(ID, "player0", Imitator())
