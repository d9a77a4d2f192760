import numpy as np
import pytest

from mdpzoo.errors import IllegalActionError, SettingError
from mdpzoo_adversarial.games.tabular_games import TabularGame, game_of

START, END = np.array([1.0, 0.0, 0.0]), np.array([False, False, True])


def outcomes(state, first, second):
    """Two equal outcomes, one of another reward, and one that cannot happen."""
    return [(0.25, 1, 0.0), (0.25, 1, 0.0), (0.5, 2, first - second), (0.0, 0, 9.0)]


@pytest.fixture
def model():
    return game_of(3, (2, 3), outcomes, START, END)


def test_equal_outcomes_are_joined_and_impossible_ones_left_out(model):
    table = model.joint
    part = slice(table.offsets[0], table.offsets[1])
    assert table.successors[part].tolist() == [1, 2]
    assert table.probabilities[part].tolist() == [0.5, 0.5]


def test_rows_are_the_first_players_actions_times_the_seconds(model):
    expected = [[0.5 * (a - b) for b in range(3)] for a in range(2)]
    assert model.joint.expected_rewards[1].reshape(2, 3).tolist() == expected


def test_ends_are_not_asked_about():
    def refuses(state, first, second):
        assert state != 2
        return outcomes(state, first, second)

    assert game_of(3, (2, 3), refuses, START, END).joint.expected_rewards[2].tolist() == [0.0] * 6


def test_outcomes_that_do_not_sum_to_1_are_refused():
    with pytest.raises(SettingError, match="must sum to 1"):
        game_of(3, (2, 3), lambda state, first, second: [(0.7, 1, 0.0)], START, END)


def test_a_game_with_a_picture_plays_as_its_model_does(model):
    game = TabularGame(model, lambda state: np.full((2, 2, 3), state, np.uint8))
    assert game.initial(lambda: 0.3) == model.initial(lambda: 0.3) == 0
    actions = {"protagonist": 1, "adversary": 0}
    assert (
        game.step(0, actions, lambda: 0.9)
        == model.step(0, actions, lambda: 0.9)
        == (2, {"protagonist": 1.0, "adversary": -1.0}, True)
    )
    assert game.observe(1) == {"protagonist": 1, "adversary": 1}
    assert game.render(1).tolist() == np.ones((2, 2, 3)).tolist()
    with pytest.raises(IllegalActionError, match="adversary"):
        game.step(0, {"protagonist": 1, "adversary": 3}, lambda: 0.9)
