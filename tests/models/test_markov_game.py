"""Games as arrays: their checks, their decision processes, and one game through its three faces."""

import numpy as np
import pytest
import torch

from mdpzoo.errors import IllegalActionError, SettingError
from mdpzoo.interop.pettingzoo import GameParallelEnv
from mdpzoo.models import MarkovGame, TabularMDP
from mdpzoo.planning import evaluate

STATES, FIRST, SECOND = 6, 3, 2


def random_game(seed=0):
    """Dirichlet transitions with some zeros, and normal rewards that depend on the next state; state 5 is an end."""
    generator = np.random.default_rng(seed)
    chances = generator.dirichlet(np.ones(STATES), (STATES, FIRST, SECOND))
    chances[chances < 0.1] = 0.0
    chances /= chances.sum(3, keepdims=True)
    rewards = generator.normal(size=chances.shape)
    return MarkovGame.from_arrays(chances, rewards, terminal=np.arange(STATES) == 5), chances, rewards


def random_policy(actions, seed):
    return np.random.default_rng(seed).dirichlet(np.ones(actions), STATES)


def test_stage_payoffs_are_rewards_plus_discounted_values():
    game, chances, rewards = random_game()
    values = np.arange(STATES, dtype=float)
    following = np.where(np.arange(STATES) == 5, 0.0, values)
    expected = (chances * (rewards + 0.9 * following)).sum(3)
    expected[5] = 0.0
    np.testing.assert_allclose(game.stage_payoffs(values, 0.9), expected, atol=1e-14)


@pytest.mark.parametrize("player", ["protagonist", "adversary"])
def test_freezing_a_player_leaves_the_others_decision_process(player):
    game, chances, rewards = random_game()
    frozen = player == "adversary"
    policy = random_policy(SECOND if frozen else FIRST, 1)
    found, paid = game.against(player, policy).to_arrays()
    index = "sb,sabt->sat" if frozen else "sa,sabt->sbt"
    expected = np.einsum(index, policy, chances)
    np.testing.assert_allclose(found[:5], expected[:5], atol=1e-14)
    sums = np.einsum(index, policy, chances * rewards) * (1 if frozen else -1)
    np.testing.assert_allclose((found * paid)[:5], sums[:5], atol=1e-14)


def test_both_views_agree_on_what_a_pair_of_policies_earns():
    game, *_ = random_game()
    row, column = random_policy(FIRST, 2), random_policy(SECOND, 3)
    joint = evaluate(game.joint, game.joint_policy(row, column), discount=0.9, tolerance=1e-10).values
    up = evaluate(game.against("adversary", column), row, discount=0.9, tolerance=1e-10).values
    down = evaluate(game.against("protagonist", row), column, discount=0.9, tolerance=1e-10).values
    np.testing.assert_allclose(up, joint, atol=1e-9)
    np.testing.assert_allclose(-down, joint, atol=1e-9)


def test_an_action_of_probability_zero_is_left_out_of_the_decision_process():
    game, *_ = random_game()
    always_first = np.eye(SECOND)[np.zeros(STATES, int)]
    assert len(game.against("adversary", always_first).successors) < len(game.joint.successors)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda game: MarkovGame(game.joint, (3, 3)), "3 x 3 actions do not fit a table of 6"),
        (lambda game: MarkovGame(game.joint, (3, 2), ("x", "x")), "different names"),
        (lambda game: MarkovGame.from_arrays(np.ones((2, 2, 2)), np.ones((2, 2))), r"shape \[S, A, B, S\]"),
        (lambda game: MarkovGame.from_arrays(np.ones((1, 1, 1, 1)), np.ones(1)), "rewards must have shape"),
        (lambda game: game.against("advesary", np.ones((6, 2))), "Did you mean 'adversary'"),
        (lambda game: game.against("adversary", np.ones((6, 3))), r"must have shape \[6, 2\]"),
        (lambda game: game.joint_policy(np.ones((6, 3)), np.ones((6, 2)) / 2), "protagonist in state 0"),
    ],
)
def test_what_does_not_fit_is_refused(change, words):
    with pytest.raises(SettingError, match=words):
        change(random_game()[0])


@pytest.mark.parametrize("action", [-1, 3, 1.0])
def test_an_action_outside_the_game_is_refused(action):
    with pytest.raises(IllegalActionError, match="action of protagonist must lie in 0..2"):
        random_game()[0].step(0, {"protagonist": action, "adversary": 0}, lambda: 0.5)


def test_the_second_player_receives_the_negative_of_the_first():
    game, *_ = random_game()
    numbers = iter(np.random.default_rng(0).random(100))
    for _ in range(50):
        _, rewards, _ = game.step(0, {"protagonist": 1, "adversary": 1}, lambda: next(numbers))
        assert rewards["protagonist"] == -rewards["adversary"] != 0


def test_tensors_and_compiled_arrays_play_as_the_single_game_does():
    game, *_ = random_game()
    tensors, arrays = game.batched(), game.batched().compiled()
    generator, asleep = np.random.default_rng(1), np.zeros(1, bool)
    state, on_tensors = 0, tensors.initial(torch.zeros(1, 1, dtype=torch.float64))
    in_arrays = arrays.initial(np.zeros((1, 1)))
    for _ in range(200):
        actions = {"protagonist": generator.integers(FIRST), "adversary": generator.integers(SECOND)}
        number = generator.random()
        state, rewards, ended = game.step(state, actions, lambda number=number: number)
        batch = {name: np.array([each]) for name, each in actions.items()}
        draws = np.array([[number]])
        one = tensors.step(on_tensors, {k: torch.from_numpy(v) for k, v in batch.items()}, torch.from_numpy(draws))
        other = arrays.step(in_arrays, batch, draws, asleep)
        for outcome in (one, other):
            assert int(tensors.observe(outcome.state)["adversary"][0]) == state
            assert outcome.rewards[0].tolist() == list(rewards.values())
            assert outcome.terminated[0].tolist() == [ended, ended]
            assert not outcome.illegal.any()
        on_tensors, in_arrays = one.state, other.state
        if ended:
            state = 0
            on_tensors, in_arrays = tensors.initial(torch.zeros(1, 1)), arrays.initial(np.zeros((1, 1)))


def test_an_illegal_action_ends_a_batched_game_where_it_stands_and_says_whose_it_was():
    game, *_ = random_game()
    actions = {"protagonist": np.array([0, 5, 0]), "adversary": np.array([0, 0, -1])}
    tensors, arrays = game.batched(), game.batched().compiled()
    on_tensors = tensors.step(
        tensors.initial(torch.zeros(3, 1)), {k: torch.from_numpy(v) for k, v in actions.items()}, torch.zeros(3, 1)
    )
    in_arrays = arrays.step(arrays.initial(np.zeros((3, 1))), actions, np.zeros((3, 1)), np.zeros(3, bool))
    for outcome in (on_tensors, in_arrays):
        assert outcome.illegal.tolist() == [[False, False], [True, False], [False, True]]
        assert outcome.terminated[1:].all()
        assert not outcome.rewards[1:].any()


def test_an_environment_shows_its_model():
    game, *_ = random_game()
    env = GameParallelEnv(game)
    env.reset(seed=0)
    assert env.model is game
    assert env.state().tolist() == [1, 0, 0, 0, 0, 0]


def test_the_joint_table_is_an_ordinary_model():
    game, *_ = random_game()
    assert isinstance(game.joint, TabularMDP)
    assert game.joint.num_actions == FIRST * SECOND
