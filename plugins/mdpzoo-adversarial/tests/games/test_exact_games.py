import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo_adversarial.games.grid_moves import CELL, moved
from mdpzoo_adversarial.games.matrix_rounds import zero_sum_matrix
from mdpzoo_adversarial.games.navigation import MAPS, robust_navigation
from mdpzoo_adversarial.games.pursuit import pursuit_evasion
from mdpzoo_adversarial.games.soccer import END, START, draw, index_of, markov_soccer, position_of

NORTH, SOUTH, EAST, WEST, STAND = range(5)


@pytest.fixture(scope="module")
def soccer():
    return markov_soccer()


def outcomes(game, state, first, second):
    """What can follow: (next state, reward) with probabilities."""
    table = game.model.joint
    row = state * 25 + first * 5 + second
    part = slice(table.offsets[row], table.offsets[row + 1])
    pairs = zip(table.successors[part].tolist(), table.rewards[part].tolist(), strict=True)
    return dict(zip(pairs, table.probabilities[part].tolist(), strict=True))


def test_soccer_has_760_states_and_an_end(soccer):
    assert soccer.model.num_states == END + 1 == 761
    assert [index_of(position_of(state)) for state in range(END)] == list(range(END))


def test_soccer_starts_with_the_ball_at_either_player(soccer):
    start = soccer.model.joint.start
    assert start[index_of((*START, 0))] == start[index_of((*START, 1))] == 0.5


@pytest.mark.parametrize(
    ("position", "first", "second", "expected"),
    [
        # nothing meets: one outcome
        (((2, 3), (1, 1), 0), NORTH, SOUTH, {((1, 3), (2, 1), 0): 1.0}),
        # leaving the board is no move
        (((3, 0), (0, 4), 0), WEST, EAST, {((3, 0), (0, 4), 0): 1.0}),
        # entering the other's cell is no move and loses the ball
        (((1, 2), (1, 1), 0), WEST, STAND, {((1, 2), (1, 1), 1): 1.0}),
        # a player who walks into the ball's holder takes no ball: the holder, entered, gets it
        (((1, 2), (1, 1), 1), WEST, STAND, {((1, 2), (1, 1), 1): 1.0}),
        # both enter the other's cell: the second to move loses the ball
        (((1, 2), (1, 1), 0), WEST, EAST, {((1, 2), (1, 1), 0): 0.5, ((1, 2), (1, 1), 1): 0.5}),
        # the order decides whether the cell is free
        (((1, 2), (1, 1), 0), WEST, SOUTH, {((1, 2), (2, 1), 1): 0.5, ((1, 1), (2, 1), 0): 0.5}),
    ],
)
def test_soccers_moves_are_executed_in_random_order(soccer, position, first, second, expected):
    found = outcomes(soccer, index_of(position), first, second)
    assert found == {(index_of(after), 0.0): chance for after, chance in expected.items()}


@pytest.mark.parametrize(
    ("position", "first", "second", "reward"),
    [
        (((1, 0), (3, 3), 0), WEST, STAND, 1.0),
        (((2, 0), (3, 3), 0), WEST, STAND, 1.0),
        (((3, 3), (1, 4), 1), STAND, EAST, -1.0),
        (((0, 0), (3, 3), 0), WEST, STAND, 0.0),  # no goal in the first row
        (((1, 0), (3, 3), 1), WEST, STAND, 0.0),  # nor without the ball
        (((1, 4), (3, 3), 0), EAST, STAND, 0.0),  # nor on one's own side
    ],
)
def test_goals_are_scored_from_the_middle_rows_with_the_ball(soccer, position, first, second, reward):
    found = outcomes(soccer, index_of(position), first, second)
    state = END if reward else index_of(position)
    assert found == {(state, reward): 1.0}


def test_after_a_goal_nothing_moves_any_more(soccer):
    # one scores if it moves first; the other would score afterwards, but the game has ended
    found = outcomes(soccer, index_of(((1, 0), (2, 4), 0)), WEST, EAST)
    assert found == {(END, 1.0): 1.0}


def test_pictures_show_who_has_the_ball():
    mine, other = draw(index_of((*START, 0))), draw(index_of((*START, 1)))
    assert mine.shape == (4 * CELL, 5 * CELL, 3)
    differing = np.argwhere((mine != other).any(2)) // CELL
    assert {tuple(cell) for cell in differing.tolist()} == {(2, 3), (1, 1)}
    assert draw(END).shape == mine.shape


@pytest.mark.parametrize(("action", "cell"), [(NORTH, (0, 1)), (SOUTH, (2, 1)), (EAST, (1, 2)), (WEST, (1, 0))])
def test_moves_go_where_they_say(action, cell):
    assert moved((1, 1), action, 3, 3) == cell
    assert moved(cell, action, 3, 3) == cell  # the board ends there


def test_meeting_half_way_is_a_capture():
    game = pursuit_evasion(size=2, slip=0.0)
    after, rewards, ended = game.step(0 * 4 + 1, {"protagonist": EAST, "adversary": WEST}, lambda: 0.0)
    assert (after // 4, ended, rewards["protagonist"]) == (after % 4, True, -1.0)


def test_an_evader_that_slips_stays():
    game = pursuit_evasion(size=2, slip=0.25)
    found = outcomes(game, 0 * 4 + 3, EAST, NORTH)  # the pursuer moves to cell 1; the evader to it, too, or stays at 3
    assert found == {(1 * 4 + 1, -1.0): 0.75, (1 * 4 + 3, -1.0): 0.25}


def test_wind_moves_the_walker_with_its_probability():
    game = robust_navigation(layout=["S.G", ".P."], wind=0.3)
    found = outcomes(game, 0, EAST, SOUTH)
    assert found == {(1, -0.01): pytest.approx(0.7), (3, -0.01): pytest.approx(0.3)}
    assert outcomes(game, 1, EAST, SOUTH) == {(2, 1.0): pytest.approx(0.7), (4, -1.0): pytest.approx(0.3)}


def test_a_wall_is_no_move():
    assert outcomes(robust_navigation(layout=["S#G"]), 0, EAST, EAST) == {(0, -0.01): 1.0}


@pytest.mark.parametrize("layout", MAPS)
def test_every_map_is_drawn(layout):
    game = robust_navigation(layout=layout)
    rows = MAPS[layout]
    assert game.render(0).shape == (len(rows) * CELL, len(rows[0]) * CELL, 3)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: pursuit_evasion(size=1), "size must lie in 2..8"),
        (lambda: pursuit_evasion(slip=1.5), "slip must lie in"),
        (lambda: robust_navigation(wind=-0.1), "wind must lie in"),
        (lambda: robust_navigation(step_reward=float("inf")), "step_reward"),
        (lambda: robust_navigation(layout="bridges"), "unknown layout 'bridges'"),
        (lambda: robust_navigation(layout=["S.", "G"]), "rows of equal length"),
        (lambda: robust_navigation(layout=["S.X"]), "letters"),
        (lambda: robust_navigation(layout=["..G"]), "needs one S"),
        (lambda: zero_sum_matrix("blotta"), "Did you mean 'blotto'"),
        (lambda: zero_sum_matrix([[1, 2], [3]]), "finite numbers"),
    ],
)
def test_settings_out_of_range_are_refused(build, words):
    with pytest.raises(SettingError, match=words):
        build()


@pytest.mark.parametrize("id", ["ZeroSumMatrix", "MarkovSoccer", "PursuitEvasion", "RobustNavigation"])
def test_environments_show_the_model_that_they_play(id):
    env = mdpzoo.make_parallel(f"mdpzoo/{id}-v0", render_mode="rgb_array")
    seen, _ = env.reset(seed=3)
    model = env.unwrapped.model
    assert model.joint.start[seen["protagonist"]] > 0
    assert env.render().dtype == np.uint8
    assert env.state().argmax() == seen["adversary"]


def test_every_payoff_of_a_matrix_game_is_what_the_table_says():
    game = zero_sum_matrix("unused-row")
    for row, column, paid in ((0, 0, 4), (1, 1, 3), (2, 1, 2.5)):
        _, rewards, ended = game.step(0, {"protagonist": row, "adversary": column}, lambda: 0.0)
        assert (rewards, ended) == ({"protagonist": paid, "adversary": -paid}, False)
    assert game.render(0).shape == (3 * 48, 2 * 48, 3)


def test_batches_are_drawn_as_the_single_game_is(soccer):
    import torch

    batch = soccer.batched().to("cpu")
    state = batch.initial(torch.tensor([[0.2], [0.9]]))
    assert np.array_equal(batch.render(state, 1), soccer.render(int(state.state[1])))
