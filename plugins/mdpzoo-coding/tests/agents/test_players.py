"""Senders and receivers: exact accuracies, tables of the papers within sampling error, agents in seats."""

import math

import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo_coding import (
    CodingGame,
    CodingReceiver,
    CodingSender,
    as_probabilities,
    exact_accuracy,
    play,
    scheme_of,
    sender_env,
)
from mdpzoo_coding.agents.bayes_receiver import BayesReceiver
from mdpzoo_coding.agents.playing import wilson
from mdpzoo_coding.games.building import bottleneck_game, code_grid_game, coding_game

GRID = {8: 313 / 316, 32: 1243 / 1264, 64: 2479 / 2528, 128: 4351 / 5056}  # exact, greedy couplings, temperature to 0


def one_step(rewards=(4.0, 3.0, 0.0)):
    """The toy of the MEME paper: one step, an action a reward."""
    transitions = np.zeros((2, len(rewards), 2))
    transitions[:, :, 1] = 1
    return TabularMDP.from_arrays(
        transitions, np.array([rewards, [0.0] * len(rewards)]), terminal=np.array([0, 1], bool)
    )


@pytest.mark.parametrize("messages", GRID)
def test_accuracies_of_the_grid_are_exact(messages):
    game = code_grid_game(messages)
    found = exact_accuracy(game.model.model, scheme_of(game, coupling="greedy"), 8)
    assert found == pytest.approx(GRID[messages], abs=1e-10)


@pytest.mark.parametrize("messages", [8, 128])
def test_played_games_agree_with_the_exact_accuracy_and_lose_no_reward(messages):
    game = code_grid_game(messages)
    scheme = scheme_of(game)
    played = play(game, CodingSender(scheme, 1), CodingReceiver(scheme), 200, seed=2)
    exact = exact_accuracy(game.model.model, scheme, 8)
    assert abs(played.accuracies.mean() - exact) < 4 * math.sqrt(exact * (1 - exact) / 200)
    assert (played.returns == 1).all()
    assert set(played.steps) <= {6, 8}


def test_the_toy_game_has_its_return_accuracy_and_information(references):
    toy = references["mcg_toy"]
    for each in toy["meme"]:
        weights = np.exp(np.array(toy["rewards"]) / each["alpha"])
        policy = np.tile(weights / weights.sum(), (2, 1))
        assert policy[0] == pytest.approx(each["pi"], abs=1e-12)
        game = CodingGame(one_step())
        scheme = scheme_of(game, policy)
        assert exact_accuracy(game.model, scheme, 1) == pytest.approx(each["accuracy"], abs=1e-9)
        coder = scheme.coder()
        step = coder.couple(policy[0])
        masses = step.masses / 2.0**40
        joint = -(masses * np.log2(masses)).sum()
        entropy = -(policy[0] * np.log2(policy[0])).sum()
        assert 1 + entropy - joint == pytest.approx(each["information_bits"], abs=1e-9)


def test_a_rate_limits_what_arrives_in_the_bottleneck_grid():
    # 60 episodes each: at log temperature -4 everything arrives, at -6 about a fifth (measured tables: 1.00 and .19)
    shares = []
    for log_temperature in (-4.0, -6.0):
        game = bottleneck_game(log_temperature=log_temperature)
        scheme = scheme_of(game, rate=0.8)
        shares.append(play(game, CodingSender(scheme, 0), CodingReceiver(scheme), 40, seed=1).accuracies.mean())
    assert shares[0] > 0.95
    assert shares[1] < 0.5


def test_quantised_sources_never_say_which_symbol_of_a_cell_it_is():
    # r = .8: 2^7.2 = 147 cells at most, so 128 of four symbols: right in at most a quarter of the games
    game = bottleneck_game(log_temperature=-4.0)
    scheme = scheme_of(game, rate=0.8, encoder="quantise")
    played = play(game, CodingSender(scheme, 0), CodingReceiver(scheme), 60, seed=1)
    assert played.accuracies.mean() < 0.25 + 4 * math.sqrt(0.25 * 0.75 / 60)


def test_noise_costs_accuracy_but_not_agreement():
    game = code_grid_game(8, noise=0.25)
    scheme = scheme_of(game)
    played = play(game, CodingSender(scheme, 0), CodingReceiver(scheme), 60, seed=0)
    assert 0.3 < played.accuracies.mean() < 1


def test_blocks_travel_through_a_simulator():
    game = coding_game("CartPole-v1", 256, 3, policy=lambda seen: np.array([0.5, 0.5]))
    scheme = scheme_of(game)
    played = play(game, CodingSender(scheme, 0), CodingReceiver(scheme), 10, seed=0)
    assert played.symbol_accuracies.mean() > 0.05  # some 22 steps carry 22 of 24 bits


def test_wilsons_interval_is_right_at_the_ends():
    low, high = wilson(0, 10)
    assert low == pytest.approx(0, abs=1e-12)
    assert high == pytest.approx(0.2775, abs=1e-4)  # z^2 / (n + z^2)
    assert wilson(5, 10)[0] == pytest.approx(0.2366, abs=1e-4)


@pytest.mark.parametrize(("id", "settings"), [("meme", {}), ("mec-b", {"rate": 0.5})])
def test_agents_play_in_a_seat_whose_receiver_follows_them(id, settings):
    agent = mdpzoo.make_agent(id, sender_env(code_grid_game(8)), seed=0, **settings)
    agent.learn(300)
    returns = [each["r"] for each in agent.ep_info_buffer]
    assert np.mean(returns) > 1.8  # 1 for the goal, and 1 for the right guess in 99 of 100 games


def test_agents_say_where_they_play():
    with pytest.raises(SettingError, match="observes Dict spaces"):
        mdpzoo.make_agent("meme", "mdpzoo/RiverSwim-v0")
    with pytest.raises(SettingError, match="has no policy of its own"):
        mdpzoo.make_agent("meme", sender_env(CodingGame(one_step())))
    with pytest.raises(SettingError, match="expected a coding game"):
        sender_env(one_step())


@pytest.mark.parametrize("wrong", [0.0, 1.5])
def test_a_rate_is_a_part_of_the_entropy(wrong):
    with pytest.raises(SettingError, match="rate must be a part"):
        scheme_of(code_grid_game(8), rate=wrong)


class Spoken:
    """A sender that says its message by its action, with a certain probability; SB3's interface as far as needed."""

    def __init__(self, clear):
        self.clear = clear

    def obs_to_tensor(self, seen):
        import torch

        return torch.as_tensor(seen["message"][:, 0]), True

    def get_distribution(self, messages):
        import torch

        chances = torch.full((len(messages), 3), (1 - self.clear) / 2, dtype=torch.float64)
        chances[torch.arange(len(messages)), messages] = self.clear
        return type("Wrapped", (), {"distribution": type("Inner", (), {"probs": chances})})


def test_the_perfect_receiver_applies_bayes_rule():
    game = CodingGame(one_step(), symbols=3, prior=[0.5, 0.3, 0.2])
    receiver = BayesReceiver(Spoken(0.6), game)
    seen = {"observation": np.int64(0), "action": np.int64(3), "terminal": np.int64(0)}
    guess, memory = receiver.predict(seen, None, np.array([True]))
    assert guess.tolist() == [0]
    guess, memory = receiver.predict({**seen, "action": np.int64(2)}, memory, np.array([False]))
    # .5 * .2, .3 * .2, .2 * .6
    assert np.exp(memory[0][0]) == pytest.approx([0.1, 0.06, 0.12])
    assert guess.tolist() == [2]


def test_a_perfect_receiver_lists_only_so_many_messages():
    with pytest.raises(SettingError, match="lists at most 4096 messages"):
        BayesReceiver(Spoken(1.0), CodingGame(one_step(), symbols=256, length=2))


def test_reinforcement_learning_hears_a_receiver_that_knows_the_sender():
    # an untrained sender's actions say nothing, so that even the perfect receiver is right in half of the games
    game = CodingGame(one_step(), zeta=4.0)
    agent = mdpzoo.make_agent("rl-perfect-receiver", sender_env(game), seed=0, n_steps=128, batch_size=128)
    agent.learn(128)
    assert isinstance(agent.env.get_attr("rules")[0].others["receiver"].policy, BayesReceiver)
    earned = np.array([each["r"] for each in agent.ep_info_buffer])
    assert set(earned) <= {0.0, 3.0, 4.0, 7.0, 8.0}
    assert 2 < earned.mean() < 6


def test_a_policy_of_ones_own_is_taken():
    game = code_grid_game(8)
    uniform = as_probabilities(np.where(game.model.legal, 1, 0) / game.model.legal.sum(1, keepdims=True))
    scheme = scheme_of(game, uniform)
    assert exact_accuracy(game.model.model, scheme, 8) > 0.9
    assert play(game, CodingSender(scheme, 0), CodingReceiver(scheme), 20).returns.mean() < 1


def test_a_saved_agent_is_built_anew_in_a_seat(tmp_path):
    seat = sender_env(code_grid_game(8))
    agent = mdpzoo.make_agent("meme", seat, seed=0, coupling="greedy")
    agent.save(tmp_path / "meme.zip")
    loaded = mdpzoo.load_agent(tmp_path / "meme.zip", sender_env(code_grid_game(8)))
    loaded.learn(100)
    assert np.mean([each["r"] for each in loaded.ep_info_buffer]) > 1.7


def test_players_take_one_row_or_many():
    game = code_grid_game(8)
    scheme = scheme_of(game)
    one = {"message": np.array([3]), "observation": np.int64(0), "action": np.int64(4), "terminal": np.int64(0)}
    many = {name: np.repeat(np.asarray(each)[None], 3, 0) for name, each in one.items()}
    action, memory = CodingSender(scheme, 0).predict(one)
    assert np.shape(action) == ()
    actions, memories = CodingSender(scheme, 0).predict(many)
    assert actions.shape == (3,)
    assert len(memories) == 3
    assert len(memory) == 1
    heard = {name: each for name, each in many.items() if name != "message"}
    guesses, memories = CodingReceiver(scheme).predict({**heard, "action": np.full(3, 4)})
    assert guesses.shape == (3, 1)
    after = {**heard, "action": np.array([0, 1, 0]), "observation": np.array([4, 1, 4])}
    again, memories = CodingReceiver(scheme).predict(after, memories, np.zeros(3, bool))
    assert memories[0].coder.to_bytes() == memories[2].coder.to_bytes() != memories[1].coder.to_bytes()
    assert [each.clock for each in memories] == [1, 1, 1]


def test_memories_are_values():
    game = code_grid_game(8)
    receiver = CodingReceiver(scheme_of(game))
    seen = {"observation": np.int64(0), "action": np.int64(4), "terminal": np.int64(0)}
    _, memory = receiver.predict(seen)
    moved = {"observation": np.int64(4), "action": np.int64(0), "terminal": np.int64(0)}
    first = receiver.predict(moved, memory, np.array([False]))[1][0].coder.to_bytes()
    assert receiver.predict(moved, memory, np.array([False]))[1][0].coder.to_bytes() == first
