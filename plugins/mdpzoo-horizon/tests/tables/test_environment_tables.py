"""Tables of environments, held against the environments themselves."""

import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

pytest.importorskip("minigrid")
from minigrid.core.grid import Grid
from minigrid.core.mission import MissionSpace
from minigrid.core.world_object import Ball, Door, Goal, Key
from minigrid.core.world_object import Box as Chest
from minigrid.minigrid_env import MiniGridEnv

import mdpzoo
from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo_horizon import effective_horizon, explore, random_mdp, tabularise
from mdpzoo_horizon.tables.minigrid_states import MiniGridStates
from mdpzoo_horizon.tables.simulators import Copied, Replayed, simulator_of

FORWARD, PICKUP, DROP, TOGGLE = 2, 3, 4, 5


class Counter(gymnasium.Env):
    """Counts modulo seven; shows the count, or only whether it is odd."""

    def __init__(self, shown=7, noise=0.0, copyable=True):
        self.observation_space, self.action_space = Discrete(7), Discrete(2, start=3)
        self.shown, self.noise = shown, noise
        self.stuck = None if copyable else sys.stdout  # a stream cannot be copied

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.count = 0
        return 0, {}

    def step(self, action):
        self.count = (self.count + (1 if action == 3 else 2)) % 7
        if self.np_random.random() < self.noise:
            self.count = 0
        return self.count % self.shown, float(self.count == 5), self.count == 6, False, {}


def walk(model, actions):
    """The rewards of an action sequence, and whether the episode has ended."""
    state, rewards = int(model.start.argmax()), []
    for action in actions:
        row = state * model.num_actions + action
        rewards.append(float(model.rewards[row]))
        state = int(model.successors[row])
    return rewards, bool(model.terminal[state])


@pytest.mark.parametrize("copyable", [True, False])  # copied, and played again from the start
def test_a_deterministic_environment_becomes_its_table(copyable):
    model = tabularise(Counter(copyable=copyable), checks=50) if copyable else explored_again()
    assert model.num_states == 7  # 0 to 5, and the end
    assert model.deterministic
    # 0 + 2 + 2 + 1 = 5 pays; + 1 = 6 ends
    assert walk(model, [1, 1, 0, 0]) == ([0, 0, 1, 0], True)


def test_what_can_neither_be_copied_nor_made_again_is_refused():
    with pytest.raises(SettingError, match="Counter cannot be copied .*; register it with Gymnasium and give its id"):
        tabularise(Counter(copyable=False))
    assert isinstance(simulator_of(Counter(copyable=False), 0, None), Replayed)
    assert isinstance(simulator_of(Counter(), 0, None), Copied)


def explored_again():
    gymnasium.register("Test/Stuck-v0", lambda: Counter(copyable=False))
    try:
        return tabularise("Test/Stuck-v0", checks=50)
    finally:
        del gymnasium.registry["Test/Stuck-v0"]


def test_the_environment_that_was_given_stays_as_it_is():
    env = gymnasium.make("FrozenLake-v1", is_slippery=False)
    env.reset(seed=3)
    env.step(2)
    tabularise(env, use_table=False, checks=5)
    assert env.unwrapped.s == 1
    assert env.step(2)[0] == 2


def test_exploring_finds_what_the_table_says():
    env = gymnasium.make("FrozenLake-v1", is_slippery=False)
    explored, table = tabularise(env, use_table=False, checks=20), tabularise(env)
    assert explored.num_states == 12  # 11 fields to stand on, and the end
    one, other = effective_horizon(explored, 20), effective_horizon(table, 20)
    for name in ("optimal_return", "random_return", "min_k", "epw", "greedy_returns", "gaps", "samples"):
        assert getattr(one, name) == getattr(other, name)


def test_our_own_environments_are_read():
    rules = mdpzoo.make("mdpzoo/CombinationLock-v0", horizon=5).unwrapped.rules
    assert tabularise(mdpzoo.make("mdpzoo/CombinationLock-v0", horizon=5)).num_states == rules.num_states == 6


def test_an_environment_that_draws_at_random_is_refused():
    with pytest.raises(SettingError, match="Counter is random: .* mdpzoo_horizon.explore"):
        tabularise(Counter(noise=0.5))
    with pytest.raises(SettingError, match="FrozenLakeEnv is random"):
        tabularise("FrozenLake-v1", use_table=False)
    with pytest.raises(SettingError, match="DynamicObstaclesEnv is random"):
        tabularise("MiniGrid-Dynamic-Obstacles-5x5-v0")


def test_draws_that_change_nothing_are_no_reason():
    assert tabularise(Counter(noise=0.0), checks=5).deterministic  # asks for a number in every step


def test_too_many_states_are_refused():
    with pytest.raises(SettingError, match="there are more than 5 states; give a larger max_states"):
        tabularise(Counter(), max_states=5)
    assert tabularise(Counter(), max_states=6, checks=5).num_states == 7


def test_infinitely_many_actions_are_refused():
    with pytest.raises(SettingError, match="PendulumEnv needs Discrete actions, has Box"):
        tabularise("Pendulum-v1")


def test_a_state_that_is_not_shown_is_found_out_and_can_be_named():
    with pytest.raises(SettingError, match="step [0-9]+ of a random action sequence in Counter differs .* key=..."):
        tabularise(Counter(shown=2))
    assert tabularise(Counter(shown=2), key=lambda env: env.count, checks=50).num_states == 7


def test_a_table_that_leaves_something_out_is_refused():
    with pytest.raises(SettingError, match="leaves fickle_passenger out"):
        tabularise(gymnasium.make("Taxi-v4", fickle_passenger=True))


class Boxed(gymnasium.Env):
    """Shows arrays in a dictionary."""

    observation_space = gymnasium.spaces.Dict({"at": Box(0, 3, (2,), np.int64)})
    action_space = Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at = np.zeros(2, np.int64)
        return {"at": self.at}, {}  # the array itself, which the next step changes

    def step(self, action):
        self.at[action] = min(self.at[action] + 1, 3)
        return {"at": self.at}, 0.0, False, False, {}


def test_observations_that_are_arrays_name_states():
    assert tabularise(Boxed(), checks=20).num_states == 4 * 4 + 1


def test_a_model_given_as_a_function_is_listed():
    base = random_mdp(num_states=7, num_actions=2, branching=3)
    table = base.to_dictionary()
    model, states = explore({0: 1.0}, lambda state, action: table[state][action], 2)
    one, other = effective_horizon(model, 6), effective_horizon(base, 6)
    assert sorted(states) == list(range(7))
    assert one.greedy_returns == pytest.approx(other.greedy_returns)
    assert (one.min_k, one.epw) == (other.min_k, other.epw)


def test_a_function_with_several_starts_and_ends_is_listed():
    def outcomes(state, action):  # a fair coin decides between going on and the end
        return [(0.5, state + 1, 1.0, False), (0.5, None, 2.0, True)] if state < 9 else [(1.0, None, 0.0, True)]

    model, states = explore({8: 0.25, 9: 0.75}, outcomes, 1)
    assert states == [8, 9]
    assert model.start.tolist() == [0.25, 0.75, 0.0]
    # from 8: 1.5 in the mean; from 9: nothing
    assert effective_horizon(model, 3).optimal_return == pytest.approx(0.375)


def test_the_empty_room_is_as_measured():
    model = tabularise("MiniGrid-Empty-5x5-v0")
    found = effective_horizon(model, 30)
    assert model.num_states == 32 + 1  # 8 fields in 4 directions, and the end
    assert found.random_return == pytest.approx(0.2752598205, abs=1e-10)
    assert (found.min_k, found.min_k_tolerance, found.epw, found.optimal_return) == (1, 1, 5, 1)


def test_minigrids_own_limit_is_the_horizon(monkeypatch):
    monkeypatch.setattr("mdpzoo_horizon.tables.environment_tables.LONGEST", 1)  # the table was checked above
    assert effective_horizon("MiniGrid-Empty-5x5-v0", max_lookahead=1).horizon == 4 * 5 * 5


class Room(MiniGridEnv):
    """A corridor of three fields: the agent at its left end looks at something."""

    def __init__(self, thing, target=False, **settings):
        self.thing, self.has_target = thing, target
        super().__init__(MissionSpace(lambda: "look"), width=6, height=3, max_steps=20, **settings)

    def _gen_grid(self, width, height):
        self.grid = Grid(width, height)
        self.grid.wall_rect(0, 0, width, height)
        placed = self.thing()
        self.put_obj(placed, 2, 1)
        self.put_obj(Goal(), 4, 1)
        if self.has_target:
            self.target = placed
        self.agent_pos, self.agent_dir, self.mission = (1, 1), 0, "look"

    def step(self, action):
        observation, reward, ends, truncated, info = super().step(action)
        if self.has_target and self.carrying is not None:
            reward, ends = (1.0 if self.carrying is self.target else 0.0), True
        return observation, reward, ends, truncated, info


def tried(env, actions):
    """What a fresh environment does, its rewards as the table has them."""
    env.reset(seed=0)
    rewards, ends = [], False
    for action in actions:
        _, reward, ends, _, _ = env.step(action)
        rewards.append(float(reward > 0))
    return rewards, ends


@pytest.mark.parametrize(
    ("thing", "actions"),
    [
        (lambda: Door("red", is_open=False), [TOGGLE, FORWARD, FORWARD, FORWARD]),  # doors open in place
        (lambda: Door("red", is_open=False), [FORWARD, FORWARD, FORWARD, FORWARD]),  # closed again for other paths
        (lambda: Key("red"), [PICKUP, FORWARD, DROP, FORWARD]),  # what is carried
        (lambda: Chest("red", contains=Key("blue")), [TOGGLE, PICKUP, FORWARD, FORWARD, FORWARD]),  # what is inside
    ],
    ids=["open door", "closed door", "key", "box"],
)
def test_objects_that_change_are_restored(thing, actions):
    model = tabularise(Room(thing), checks=30)
    assert walk(model, actions) == tried(Room(thing), actions)


def test_states_differ_in_what_is_carried_and_in_what_a_box_holds():
    things = lambda: Key("red"), lambda: Chest("red"), lambda: Chest("red", contains=Key("red"))
    names = [MiniGridStates(Room(each), 0).reset() for each in things]
    assert len(set(names)) == 3
    room = MiniGridStates(Room(lambda: Key("red")), 0)
    room.reset()
    room.act(PICKUP)
    carrying = room.snapshot()
    other = MiniGridStates(Room(lambda: Ball("red")), 0)
    other.reset()
    other.act(PICKUP)
    # the grids and the agents are alike, the hands are not
    assert room._name() != other._name()
    room.restore(carrying)
    assert room.act(PICKUP)[0] == room._name()  # there is nothing in front to pick up


def test_a_target_stays_the_target_after_it_is_restored():
    model = tabularise(Room(lambda: Key("red"), target=True), checks=30)
    assert walk(model, [0, 1, PICKUP]) == ([0, 0, 1], True)


def test_a_door_and_its_key_are_explored():
    found = effective_horizon(tabularise("MiniGrid-DoorKey-5x5-v0", checks=50), 30, max_lookahead=11)
    assert found.optimal_return == 1
    assert (found.num_actions, found.min_k, found.epw) == (6, 1, 11)


def test_without_minigrid_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "minigrid", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mdpzoo-horizon\[minigrid\]'"):
        tabularise("MiniGrid-Empty-5x5-v0")
