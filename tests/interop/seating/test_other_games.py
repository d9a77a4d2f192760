"""Seats of games that are not plain rules: a simulator, and a batched game without a single form."""

from typing import NamedTuple

import numpy as np
import pytest
import torch
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env
from pettingzoo import ParallelEnv

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo.interop.pettingzoo import GameParallelEnv
from mdpzoo.policies import TablePolicy
from mdpzoo.protocols import GameOutcome


class Still:
    """Plays 0 alone, whatever it observes."""

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        return np.int64(0), state


class Tug(ParallelEnv):
    """A simulator: two players pull a rope; it keeps a state of its own."""

    metadata = {"name": "tug"}
    render_mode = None

    def __init__(self, length=5):
        self.possible_agents, self.length = ["left", "right"], length
        self.agents = []

    def observation_space(self, agent):
        return spaces.Box(-99, 99, (1,), np.float32)

    def action_space(self, agent):
        return spaces.Discrete(3)

    def reset(self, seed=None, options=None):
        self.agents, self.rope = list(self.possible_agents), 0 if seed is None else seed % 3
        return self._look(), {agent: {} for agent in self.agents}

    def step(self, actions):
        self.rope += int(actions["right"]) - int(actions["left"])
        ended = abs(self.rope) >= self.length
        result = self._look(), {"left": -self.rope, "right": self.rope}, dict.fromkeys(self.agents, ended)
        truncated, infos = dict.fromkeys(self.agents, False), {agent: {} for agent in self.agents}
        self.agents = [] if ended else self.agents
        return *result, truncated, infos

    def _look(self):
        return {agent: np.array([self.rope], np.float32) for agent in self.possible_agents}


def test_a_simulators_seat_is_an_environment_and_can_be_multiplied():
    seat = mdpzoo.seat(Tug(), "left", Still())
    check_env(seat, skip_render_check=True)
    seat.reset(seed=4)
    assert seat.step(2)[0].tolist() == [-1]  # it started at 4 % 3 = 1
    seat.set_policy("right", TablePolicy([[0.0, 0.0, 1.0]]))
    many = mdpzoo.seat(Tug, "left", Still(), num_envs=2)
    assert many.reset(seed=0)[0].tolist() == [[0], [1]]
    for_sb3 = mdpzoo.seat(Tug, "left", Still(), num_envs=2, output="sb3")
    for_sb3.env_method("set_policy", "right", Still())
    with pytest.raises(SettingError, match="one parallel environment is one game"):
        mdpzoo.seat(Tug(), "left", Still(), num_envs=2)
    with pytest.raises(SettingError, match="'numpy' or 'sb3', not 'torch'"):
        mdpzoo.seat(Tug, "left", Still(), num_envs=2, output="torch")


class DuelState(NamedTuple):
    """Places of two fencers, ``[B, 2]`` float64, and a hidden wind ``[B]``."""

    place: torch.Tensor
    wind: torch.Tensor


class Duel:
    """A batched game without a single form: each pushes the pair by a real number; a wind outlives episodes."""

    players = ("a", "b")
    observation_spaces = {player: spaces.Box(-99, 99, (2,), np.float32) for player in players}
    action_spaces = {"a": spaces.Box(-1, 1, (1,), np.float32), "b": spaces.Discrete(3)}
    initial_draws, step_draws = 1, 1

    def to(self, device):
        return self

    def initial(self, draws, before=None):
        wind = draws[:, 0] if before is None else before.wind + 1
        return DuelState(torch.zeros(len(draws), 2, dtype=torch.float64), wind)

    def step(self, state, actions, draws):
        push = torch.stack([actions["a"][:, 0].double(), actions["b"].double() - 1], 1)
        place = state.place + push + 0.1 * draws
        over = (place.abs() > 3).any(1)
        never = torch.zeros(len(place), 2, dtype=torch.bool)
        return GameOutcome(DuelState(place, state.wind), place, over[:, None].expand(-1, 2), never)

    def observe(self, state):
        return dict.fromkeys(self.players, state.place.float())

    def action_masks(self, state):
        return None

    def reveal(self, state):
        return {"wind": state.wind}


class Pusher:
    """A frozen policy of the tests: pushes against the place of its player."""

    draws = 0

    def act(self, observations, numbers, masks=None):
        return (observations[:, 1] < 0) * 2

    def to(self, device):
        return self


def test_a_batched_game_without_a_single_form_plays_in_every_face():
    game = GameParallelEnv(Duel(), max_cycles=6, reveal="always")
    alone = mdpzoo.seat(Duel(), "a", Pusher(), max_cycles=6, reveal="always")
    many = mdpzoo.seat(Duel(), "a", Pusher(), num_envs=2, max_cycles=6, reveal="always", autoreset_mode="same_step")
    check_env(mdpzoo.seat(Duel(), "a", Pusher()), skip_render_check=True)
    seen, infos = game.reset(seed=5)
    assert (alone.reset(seed=5)[0] == seen["a"]).all()
    assert (many.reset(seed=4)[0][1] == seen["a"]).all()
    for step in range(30):
        push = np.array([np.sin(step)], np.float32)
        other = int(seen["b"][1] < 0) * 2
        seen, rewards, terminated, truncated, infos = game.step({"a": push, "b": other})
        mine, reward, *_, info = alone.step(push)
        found, paid, over, cut, told = many.step(np.stack([push, push]))
        done = terminated["a"] or truncated["a"]
        assert (mine == seen["a"]).all()
        assert reward == rewards["a"] == paid[1]
        assert info["wind"] == infos["b"]["wind"] == (told["final_info"] if done else told)["wind"][1]
        assert bool(over[1] or cut[1]) == done
        if done:
            seen, infos = game.reset()
            first, info = alone.reset()
            assert (first == found[1]).all()
            assert info["wind"] == infos["a"]["wind"] == told["wind"][1]


def test_a_simulators_own_settings_reach_it_and_others_are_named(accept):
    from mdpzoo.discovery import Contribution
    from mdpzoo.specs import EnvironmentSpec

    spec = EnvironmentSpec(id="tug/Tug-v0", kind="environment", parallel=True, rules=f"{__name__}:Tug", summary="")
    accept(Contribution("tug", (spec,), (), ()))
    assert mdpzoo.seat(spec.id, "left", Still(), length=3).unwrapped.game.length == 3
    with pytest.raises(SettingError, match="unknown setting 'max_cycles'"):
        mdpzoo.seat(spec.id, "left", Still(), max_cycles=3)  # this simulator has no limit to set
    with pytest.raises(SettingError, match="unknown setting 'max_cycles'"):
        mdpzoo.seat(Tug(), "left", Still(), max_cycles=3)


class DictTug(Tug):
    """Shows the rope in a dictionary."""

    def observation_space(self, agent):
        return spaces.Dict({"rope": super().observation_space(agent)})

    def _look(self):
        return {agent: {"rope": np.array([self.rope], np.float32)} for agent in self.possible_agents}


class Leaner:
    """A frozen policy of the tests: pulls with all its might while the rope is on the other's side."""

    draws = 1

    def act(self, observations, numbers, masks=None):
        assert numbers.shape == (len(observations["rope"]), 1)
        return np.where(observations["rope"][:, 0] < 0, 2, 0)

    def to(self, device):
        return self


def test_a_frozen_policy_sees_dictionaries_in_a_simulator_too():
    seat = mdpzoo.seat(DictTug(), "left", Leaner())
    seat.reset(seed=0)
    assert seat.step(2)[0]["rope"].tolist() == [-2]  # the other did not pull yet
    assert seat.step(2)[0]["rope"].tolist() == [-2]  # now both do
