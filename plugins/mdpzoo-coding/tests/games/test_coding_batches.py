"""Many coding games at once play what one plays, number by number."""

import numpy as np
import pytest
import torch

from mdpzoo import seat
from mdpzoo.errors import SettingError
from mdpzoo_coding import CodingGame, CodingReceiver, code_grid, coding_game, scheme_of
from mdpzoo_coding.games.building import bottleneck_game, code_grid_game

ROWS = 16
GAMES = {
    "masked, noisy": lambda: code_grid_game(8, noise=0.25),
    "without noise": lambda: code_grid_game(16),
    "discounted, slippery": lambda: bottleneck_game(16, max_steps=30, noise=0.1),
    "two symbols, half right": lambda: CodingGame(
        code_grid(), symbols=3, length=2, metric="hamming", max_steps=6, zeta=3.0, prior=[0.5, 0.3, 0.2]
    ),
}


def numbers_of(row):
    left = iter(row.tolist())
    return lambda: next(left), left


def same(found, expected, row):
    for name, value in expected.items():
        assert np.array_equal(np.asarray(found[name][row]), value), name


def actions_of(game, generator, messages):
    """Random walks; every third guess is right."""
    guesses = generator.integers(0, len(game.prior), messages.shape)
    guesses[::3] = messages[::3]
    return {"sender": generator.integers(0, 4, len(messages)), "receiver": guesses}


@pytest.mark.parametrize("form", ["tensors", "compiled"])
@pytest.mark.parametrize("name", GAMES)
def test_a_row_plays_what_a_single_game_plays(name, form):
    game, generator = GAMES[name](), np.random.default_rng(0)
    rules = game.batched() if form == "tensors" else game.batched().compiled()
    given = torch.from_numpy if form == "tensors" else np.asarray
    draws = generator.random((ROWS, rules.initial_draws))
    state, done = rules.initial(given(draws)), np.zeros(ROWS, bool)
    singles = [game.initial(numbers_of(row)[0]) for row in draws]
    while not done.all():
        actions = actions_of(game, generator, np.asarray(state.message))
        draws = generator.random((ROWS, rules.step_draws))
        asleep = () if form == "tensors" else (done,)
        found = rules.step(state, {who: given(each) for who, each in actions.items()}, given(draws), *asleep)
        for row in np.flatnonzero(~done):
            draw, left = numbers_of(draws[row])
            chosen = {who: each[row] for who, each in actions.items()}
            singles[row], rewards, done[row] = game.step(singles[row], chosen, draw)
            assert next(left, None) is None  # both took as many numbers
            assert found.rewards[row].tolist() == list(rewards.values())
            assert found.terminated[row].tolist() == [done[row]] * 2
            assert not found.illegal[row].any()
            for who, seen in game.observe(singles[row]).items():
                same(rules.observe(found.state)[who], seen, row)
            same(rules.reveal(found.state), game.reveal(singles[row]), row)
            same(rules.action_masks(found.state) or {}, game.action_masks(singles[row]) or {}, row)
        state = found.state


@pytest.mark.parametrize(
    ("sent", "guess", "whose"),
    [(4, 0, [True, False]), (-1, 0, [True, False]), (0, 8, [False, True])],
)
def test_an_illegal_action_ends_its_game_where_it_stands(sent, guess, whose):
    rules = code_grid_game(8).batched()
    state = rules.initial(torch.full((2, 2), 0.5, dtype=torch.float64))
    actions = {"sender": torch.tensor([sent, 0]), "receiver": torch.tensor([[guess], [0]])}
    found = rules.step(state, actions, torch.full((2, 1), 0.5, dtype=torch.float64))
    assert found.illegal.tolist() == [whose, [False, False]]
    assert found.terminated.tolist() == [[True, True], [False, False]]
    assert found.state.clock.tolist() == [0, 1]
    assert found.rewards[0].tolist() == [0.0, 0.0]


class First:
    """Guesses the first message and remembers nothing."""

    def predict(self, observation, state=None, episode_start=None, deterministic=True):
        return np.zeros((*np.shape(observation["action"]), 1), np.int64), None


@pytest.mark.parametrize("output", ["numpy", "torch"])
def test_seats_in_many_games_see_what_one_seat_sees(output):
    game, others = code_grid_game(8, noise=0.25), {"receiver": First()}
    many, alone = seat(game, "sender", others, num_envs=3, output=output), seat(game, "sender", others)
    assert "Sync" not in type(many).__name__
    seen, _ = many.reset(seed=5)
    expected, _ = alone.reset(seed=6)  # what row 1 has
    for step in range(30):
        same(seen, expected, 1)
        action = np.array([0, step % 4, 1])
        seen, rewards, ended, _, _ = many.step(torch.from_numpy(action) if output == "torch" else action)
        expected, reward, over, *_ = alone.step(int(action[1]))
        assert (float(rewards[1]), bool(ended[1])) == (reward, over)
        if over:
            seen, *_ = many.step(torch.from_numpy(action) if output == "torch" else action)
            expected, _ = alone.reset()


def test_receivers_with_a_memory_play_one_game_at_a_time():
    game = code_grid_game(8)
    receiver = CodingReceiver(scheme_of(game))
    assert "Sync" in type(seat(game, "sender", {"receiver": receiver}, num_envs=2)).__name__
    many = seat(game, "sender", {"receiver": First()}, num_envs=2)
    with pytest.raises(SettingError, match="memory"):
        many.set_policy("receiver", receiver)


@pytest.mark.parametrize("make", [lambda: coding_game("CartPole-v1").rules, lambda: bottleneck_game(max_steps=10)])
def test_only_tables_play_many_games(make):
    game = make()
    assert hasattr(game, "batched") == (game.max_steps == 10)
