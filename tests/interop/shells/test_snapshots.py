"""state_dict and load_state_dict: going back leads to the same future, through every shell."""

import numpy as np
import pytest

import mdpzoo
from mdpzoo import registry
from mdpzoo.errors import ResetNeededError, SettingError
from mdpzoo.experiments.exact_state import read_state, write_state
from mdpzoo.interop.shells.snapshots import plain_state, restore_plain
from mdpzoo.policies import TablePolicy
from tests.toys import Cards, Countdown, Slide, coin_walk

RULES = {"model": Countdown, "table": coin_walk, "problem": Cards, "compiled": Slide}
GAMES = [id for id, spec in registry.environments().items() if spec.kind == "game"]
SINGLE = [id for id, spec in registry.environments().items() if spec.kind in ("model", "problem")]


def walk(env, steps, seed=3):
    """A trajectory of sampled actions, with a reset after each end."""
    env.action_space.seed(seed)
    found = []
    for _ in range(steps):
        observation, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        found.append((repr(observation), reward, terminated, truncated))
        if terminated or truncated:
            found.append(repr(env.reset()[0]))
    return found


@pytest.mark.parametrize("id", SINGLE)
def test_a_single_environment_goes_on_as_it_did(id):
    env = mdpzoo.make(id).unwrapped
    env.reset(seed=5)
    walk(env, 3)
    saved = env.state_dict()
    first = walk(env, 25)
    walk(env, 7, seed=8)
    for _ in range(2):  # a copy can be loaded more than once
        env.load_state_dict(saved)
        assert walk(env, 25) == first


@pytest.mark.parametrize("id", GAMES)
def test_a_game_goes_on_as_it_did(id):
    game = mdpzoo.make_parallel(id)
    game.reset(seed=5)
    saved = game.state_dict()

    def play():
        found, observations = [], None
        for number, each in enumerate(game.possible_agents):
            game.action_space(each).seed(number)
        for _ in range(10):
            if not game.agents:
                break
            observations, rewards, *_ = game.step({each: game.action_space(each).sample() for each in game.agents})
            found.append((repr(observations), rewards))
        return found

    first = play()
    assert first
    game.load_state_dict(saved)
    assert play() == first


@pytest.mark.parametrize("name", RULES)
def test_an_ended_episode_is_ended_again_after_going_back(name):
    env = mdpzoo.make(RULES[name]()).unwrapped
    untouched = env.state_dict()
    env.reset(seed=0)
    env.load_state_dict(untouched)
    with pytest.raises(ResetNeededError):
        env.step(env.action_space.sample() * 0)


def seat():
    """A seat, whose state also holds what each player observes and who has left."""
    uniform = TablePolicy(np.full((100, 2), 0.5))
    return mdpzoo.seat("mdpzoo/MatrixGame-v0", "player_0", {"player_1": uniform}, max_cycles=6)


@pytest.mark.parametrize("make", [coin_walk, Cards, Slide, seat])
def test_a_plain_state_goes_through_a_file_and_on_as_it_did(make, tmp_path):
    def fresh(seed):
        env = (make() if make is seat else mdpzoo.make(make())).unwrapped
        env.reset(seed=seed)
        return env

    env, other = fresh(5), fresh(0)
    walk(env, 3)
    (tmp_path / "agent").write_text("an agent")
    write_state(tmp_path, tmp_path / "agent", plain_state(env))
    restore_plain(other, read_state(tmp_path, tmp_path / "agent"))
    assert walk(other, 25) == walk(env, 25)


@pytest.mark.parametrize("saved", [{}, {"_state": 1, "x": 2}, None])
def test_what_another_shell_has_saved_is_an_error(saved):
    env = mdpzoo.make("mdpzoo/RiverSwim-v0").unwrapped
    env.reset(seed=0)
    with pytest.raises(SettingError, match="load_state_dict needs what state_dict of a ModelEnv has returned"):
        env.load_state_dict(saved)
