"""The rules of coding games, the papers' grids, and games around simulators."""

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Discrete, MultiDiscrete
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test

import mdpzoo
from mdpzoo.errors import IllegalActionError, SettingError
from mdpzoo.interop.pettingzoo import GameParallelEnv
from mdpzoo.models import TabularMDP
from mdpzoo_coding import CodingGame, bottleneck_grid, code_grid, coding_game
from mdpzoo_coding.games.building import bottleneck_game, code_grid_game


def chain(length=3):
    """States in a row, one action to go on and one to stay; the last ends the episode and pays 1."""
    transitions, rewards = np.zeros((length, 2, length)), np.zeros((length, 2, length))
    for state in range(length):
        transitions[state, 0, state] = transitions[state, 1, min(state + 1, length - 1)] = 1
    rewards[:, :, -1] = 1
    return TabularMDP.from_arrays(transitions, rewards, terminal=np.arange(length) == length - 1)


def walk(env, actions, guess, seed=0):
    """Plays the sender's actions, then the guess: everybody's rewards."""
    env.reset(seed=seed)
    earned = []
    for action in [*actions, 0]:
        _, rewards, _, _, infos = env.step({"sender": action, "receiver": np.array(guess)})
        assert rewards["sender"] == rewards["receiver"]
        earned.append(rewards["sender"])
    return earned, infos


def message_of(env, seed=0):
    return env.reset(seed=seed)[0]["sender"]["message"]


def test_the_guess_comes_one_step_after_the_end_and_pays_zeta():
    env = GameParallelEnv(CodingGame(chain(), symbols=4, length=2, zeta=5.0), reveal="end")
    message = message_of(env)
    earned, infos = walk(env, [1, 1], message)
    assert earned == [0.0, 1.0, 5.0]
    assert env.agents == []
    assert infos["receiver"]["accuracy"] == infos["receiver"]["symbol_accuracy"] == 1.0
    assert infos["receiver"]["message"].tolist() == message.tolist()


@pytest.mark.parametrize(("metric", "paid"), [("exact", 0.0), ("hamming", 2.5)])
def test_a_guess_that_is_half_right(metric, paid):
    env = GameParallelEnv(CodingGame(chain(), symbols=4, length=2, zeta=5.0, metric=metric), reveal="end")
    message = message_of(env)
    earned, infos = walk(env, [1, 1], [message[0], (message[1] + 1) % 4])
    assert earned[-1] == paid
    assert infos["sender"]["symbol_accuracy"] == 0.5


def test_only_the_sender_sees_the_message_and_both_see_what_was_executed():
    env = GameParallelEnv(CodingGame(chain(4), symbols=4))
    seen, _ = env.reset(seed=0)
    assert set(seen["sender"]) - set(seen["receiver"]) == {"message"}
    assert seen["receiver"]["action"] == 2  # none yet
    seen, *_ = env.step({"sender": 1, "receiver": np.array([0])})
    for each in seen.values():
        assert each["action"] == 1
        assert each["observation"] == 1
        assert each["terminal"] == 0


def test_a_limit_ends_the_mdp_and_a_discount_counts_from_the_first_step():
    env = GameParallelEnv(CodingGame(chain(10), max_steps=2))
    walk(env, [1, 1], [0])
    assert env.agents == []
    env = GameParallelEnv(CodingGame(chain(3), discount=0.5, zeta=0.0))
    assert walk(env, [1, 1], [0])[0] == [0.0, 0.5, 0.0]


def test_noise_replaces_so_many_actions():
    env = GameParallelEnv(CodingGame(chain(5000), noise=0.3))
    env.reset(seed=1)
    executed = [int(env.step({"sender": 0, "receiver": np.array([0])})[0]["receiver"]["action"]) for _ in range(4000)]
    # half of the noisy steps play 0 anyway
    assert np.mean(executed) == pytest.approx(0.15, abs=4 * np.sqrt(0.15 * 0.85 / 4000))


def test_messages_follow_the_prior():
    game = CodingGame(chain(), symbols=3, prior=[0.5, 0.25, 0.25])
    env = GameParallelEnv(game)
    env.reset(seed=0)
    counts = np.bincount([int(env.reset()[0]["sender"]["message"][0]) for _ in range(4000)], minlength=3)
    assert np.abs(counts / 4000 - game.prior).max() < 4 * np.sqrt(0.25 / 4000)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"symbols": 1}, "symbols must be at least 2"),
        ({"length": 0}, "length must be at least 1"),
        ({"zeta": -1.0}, "zeta must be a number of at least 0"),
        ({"noise": 1.0}, "noise must be a probability"),
        ({"discount": 0.0}, "discount must lie in"),
        ({"metric": "near"}, "metric must be one of"),
        ({"prior": [0.5, 0.6]}, "2 probabilities that sum to 1"),
    ],
)
def test_wrong_settings_are_an_error(settings, sentence):
    with pytest.raises(SettingError, match=sentence):
        CodingGame(chain(), **settings)


@pytest.mark.parametrize(
    ("actions", "sentence"),
    [
        ({"sender": 2, "receiver": np.array([0])}, "the sender's actions lie in 0..1, got 2"),
        ({"sender": 0.0, "receiver": np.array([0])}, "the sender's actions lie in"),
        ({"sender": 0, "receiver": np.array([2])}, "symbols of a guess lie in 0..1"),
        ({"sender": 0, "receiver": np.array([0, 0])}, "must be 1 symbols"),
        ({"sender": 0, "receiver": np.array([0.0])}, "must be 1 symbols"),
    ],
)
def test_impossible_actions_are_an_error(actions, sentence):
    env = GameParallelEnv(CodingGame(chain()))
    env.reset(seed=0)
    with pytest.raises(IllegalActionError, match=sentence):
        env.step(actions)


def test_the_code_grid_is_the_papers():
    grid = code_grid()
    assert [grid.legal[state].sum() for state in (0, 1, 5)] == [2, 3, 4]
    assert grid.step(0, 2, lambda: 0.5) == (0, 0.0, False)  # a masked move stays
    assert grid.step(11, 0, lambda: 0.5) == (15, 1.0, True)
    assert grid.step(14, 1, lambda: 0.5) == (15, 1.0, True)
    with pytest.raises(IllegalActionError):
        grid.step(0, 4, lambda: 0.5)


def test_masks_are_in_the_senders_info():
    env = mdpzoo.make_parallel("mdpzoo/CodeGrid-v0")
    _, infos = env.reset(seed=0)
    assert infos["sender"]["action_mask"].tolist() == [1, 1, 0, 0]
    assert "action_mask" not in infos["receiver"]


def test_316_paths_reach_the_goal_for_the_first_time_within_eight_moves():
    grid = code_grid()

    def paths(state, left):
        if state == 15:
            return 1
        moves = [grid.step(state, a, lambda: 0.5)[0] for a in np.flatnonzero(grid.legal[state])] if left else []
        return sum(paths(after, left - 1) for after in moves)

    assert paths(0, 6) == 20
    assert paths(0, 8) == 316


def test_the_bottleneck_grid_is_the_authors():
    table = bottleneck_grid()
    transitions, rewards = table.to_arrays()
    start = 5 * 8 + 4
    assert table.start[start] == 1
    # up: .8 to (4, 4), an obstacle, so it stays; .1 right to (5, 5), an obstacle; .1 left to (5, 3)
    assert transitions[start, 0, start] == pytest.approx(0.9)
    assert transitions[start, 0, start - 1] == pytest.approx(0.1)
    assert set(np.flatnonzero(table.terminal)) == {7, 15}
    assert rewards[6, 1, 7] == 0.95
    assert rewards[14, 1, 15] == -0.95
    assert (transitions.sum(2) > 1 - 1e-12).all()


def test_rewards_of_the_bottleneck_grid_are_discounted_as_the_authors_do():
    # gamma^(t+1) r: the last step of an episode of T steps enters the goal or the trap at t = T - 1
    env = GameParallelEnv(bottleneck_game(log_temperature=-6.0))
    policy, generator = env.rules.policy, np.random.default_rng(0)
    for episode in range(3):
        seen, _ = env.reset(seed=episode)
        steps, last = 0, 0.0
        while not seen["receiver"]["terminal"]:
            row = policy.probabilities(seen["sender"]["observation"])
            action = int(generator.choice(4, p=row / row.sum()))
            seen, rewards, *_ = env.step({"sender": action, "receiver": np.array([0])})
            steps, last = steps + 1, rewards["sender"]
        assert abs(last) == pytest.approx(0.95**steps)


@pytest.mark.parametrize(
    "wrong", [lambda: code_grid(1), lambda: bottleneck_grid(1.5), lambda: bottleneck_game(discount=1)]
)
def test_wrong_grids_are_an_error(wrong):
    with pytest.raises(SettingError):
        wrong()


@pytest.mark.parametrize("id", ["CartPole-v1", "FrozenLake-v1", "mdpzoo/RiverSwim-v0"])
def test_a_game_around_any_environment_passes_pettingzoos_tests(id):
    def make():
        return coding_game(id, symbols=3, length=4, noise=0.1)

    parallel_api_test(make(), num_cycles=300)
    parallel_seed_test(make, num_cycles=30)


def test_a_game_around_an_environment_plays_the_environment():
    env, alone = coding_game("CartPole-v1", 4, 2), gymnasium.make("CartPole-v1")
    seen, _ = env.reset(seed=3)
    alone.reset(seed=0)
    alone.unwrapped.state = seen["sender"]["observation"].astype(np.float64)
    for action in (0, 1, 1, 0):
        seen, rewards, *_ = env.step({"sender": action, "receiver": np.array([0, 0])})
        expected, reward, *_ = alone.step(action)
        assert seen["receiver"]["observation"] == pytest.approx(expected, abs=1e-6)
        assert rewards["sender"] == reward


def test_truncation_too_ends_the_episode_before_the_guess():
    env = coding_game(gymnasium.make("FrozenLake-v1", max_episode_steps=3, is_slippery=False))
    env.reset(seed=0)
    for _ in range(3):
        seen, *_ = env.step({"sender": 0, "receiver": np.zeros(8, np.int64)})
    assert seen["receiver"]["terminal"] == 1


@pytest.mark.parametrize("make", [lambda: code_grid_game(rate=0.0), lambda: bottleneck_game(rate=2.0)])
def test_rates_are_parts_of_the_entropy(make):
    with pytest.raises(SettingError, match="rate must (be a part|lie in)"):
        make()


def test_games_tell_the_players_policy_and_rate():
    assert bottleneck_game(rate=0.5).rate == 0.5
    assert code_grid_game().rate is None
    assert code_grid_game().policy.probabilities(0, 0).sum() == pytest.approx(1)
    assert coding_game("CartPole-v1").rules.policy is None


def test_continuous_actions_are_an_error():
    with pytest.raises(SettingError, match="finitely many actions"):
        coding_game("Pendulum-v1")


def test_the_papers_games_have_their_spaces():
    cart = mdpzoo.make_parallel("mdpzoo/CodeCart-v0")
    assert cart.action_space("receiver") == MultiDiscrete([256] * 32)
    assert cart.action_space("sender") == Discrete(2)
    grid = mdpzoo.make_parallel("mdpzoo/CodeGrid-v0", messages=128)
    assert grid.action_space("receiver") == MultiDiscrete([128])
    assert mdpzoo.make_parallel("mdpzoo/CodeBottleneckGrid-v0").action_space("receiver") == MultiDiscrete([512])


@pytest.mark.filterwarnings("ignore::UserWarning")  # PettingZoo would rather see Box spaces and a player_0
def test_players_in_turn_pass_pettingzoos_test():
    api_test(mdpzoo.make_aec("mdpzoo/CodeCart-v0", blocks=2), num_cycles=60, verbose_progress=False)


def test_the_state_of_a_grid_game_is_a_value():
    game = code_grid_game(8)
    state = game.initial(lambda: 0.6)
    first = game.step(state, {"sender": 0, "receiver": np.array([0])}, lambda: 0.5)
    assert game.step(state, {"sender": 0, "receiver": np.array([0])}, lambda: 0.5) == first
    assert state.clock == 0
