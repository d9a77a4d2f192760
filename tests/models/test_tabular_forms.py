import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Discrete
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, random_array

import mdpzoo
from mdpzoo.arrays import write_arrays
from mdpzoo.errors import InstanceError, SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.models.tabular import TYPES
from tests.toys import coin_walk


def random_model(seed, states=7, actions=3):
    generator = np.random.default_rng(seed)
    law = generator.random((states, actions, states)) * (generator.random((states, actions, states)) < 0.4)
    law[:, :, 0] += 0.1
    law /= law.sum(2, keepdims=True)
    start = generator.dirichlet(np.ones(states))
    return TabularMDP.from_arrays(law, generator.normal(size=law.shape), start, np.arange(states) == states - 1)


def assert_same(one, other):
    for name in TYPES:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
        assert getattr(one, name).dtype == getattr(other, name).dtype


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_dense_arrays_and_back(seed):
    model = random_model(seed)
    assert_same(TabularMDP.from_arrays(*model.to_arrays(), model.start, model.terminal), model)


def test_sparse_matrices_and_dense_arrays_give_the_same_model():
    model = random_model(3)
    law, rewards = model.to_arrays()
    matrices = [csr_matrix(law[:, action]) for action in range(3)]
    assert_same(TabularMDP.from_arrays(matrices, rewards, model.start, model.terminal), model)
    back, means = model.to_csr()
    for action in range(3):
        assert np.array_equal(back[action].toarray(), law[:, action])
    live = ~model.terminal
    assert np.allclose(means[live], (law * rewards).sum(2)[live], rtol=1e-14)
    assert (means[~live] == 0).all()


def test_other_sparse_kinds_and_stored_zeros_are_taken():
    law = np.array([[[0.5, 0.5]], [[0, 1]]])
    stored = csr_matrix((np.array([0.25, 0.25, 0.5, 0, 1.0]), ([0, 0, 0, 1, 1], [0, 0, 1, 0, 1])), shape=(2, 2))
    for kind in (stored, stored.tocoo(), stored.tocsc()):
        assert_same(TabularMDP.from_arrays([kind], np.ones((2, 1))), TabularMDP.from_arrays(law, np.ones((2, 1))))


@pytest.mark.parametrize(
    ("matrices", "named"),
    [
        ([csr_matrix(np.eye(3)), csr_matrix(np.eye(2))], "matrix 1 must have shape [3, 3], got [2, 2]"),
        ([random_array((3, 3), density=1.0, rng=0)], "must sum to 1"),
        ([csr_matrix(np.diag([1.0, 1.0, 0.0]))], "action 0 in state 2 leads nowhere"),
    ],
)
def test_broken_matrices_are_refused(matrices, named):
    with pytest.raises(SettingError) as refused:
        TabularMDP.from_arrays(matrices, np.zeros((3, len(matrices))))
    assert named in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("successors", [0, 2], "successors must lie in 0..1, got 2"),
        ("successors", [0, 2**40], "successors must be whole numbers"),  # would wrap around in 32 bits
        ("successors", [0, 0.5], "successors must be whole numbers"),
        ("offsets", [0, 1, 3], "offsets must lead from 0 to 2, got 0 to 3"),
        ("rewards", [0.0], "rewards must have shape [2]"),
        ("terminal", [False], "terminal must have shape [2], got [1]"),
        ("start", [[1.0, 0.0]], "start must have one axis"),
    ],
)
def test_rows_that_break_a_rule_are_refused(name, value, named):
    arrays = {"offsets": [0, 1, 2], "successors": [0, 1], "probabilities": [1, 1], "rewards": [0, 0]}
    arrays |= {"start": [1, 0], "terminal": [False, False]}
    TabularMDP(**arrays)
    with pytest.raises(SettingError) as refused:
        TabularMDP(**arrays | {name: value})
    assert named in str(refused.value)


def test_a_file_gives_the_model_back(tmp_path):
    model = random_model(5)
    model.save(tmp_path / "model.npz")
    assert_same(TabularMDP.load(tmp_path / "model.npz"), model)
    assert [each.name for each in tmp_path.iterdir()] == ["model.npz"]


def test_a_bad_file_is_refused_in_one_sentence(tmp_path):
    model = random_model(5)
    arrays = {name: getattr(model, name) for name in TYPES}
    path = tmp_path / "model.npz"

    def refusal():
        with pytest.raises(InstanceError) as refused:
            TabularMDP.load(path)
        assert "\n" not in str(refused.value)
        return str(refused.value)

    assert "No such file" in refusal()
    path.write_bytes(b"PK\x03\x04 not really")
    assert "cannot be read" in refusal()
    write_arrays(path, {name: arrays[name] for name in TYPES if name != "start"})
    assert "no array 'start'" in refusal()
    write_arrays(path, arrays | {"probabilities": arrays["probabilities"] / 2})
    assert "must sum to 1" in refusal()
    write_arrays(path, arrays | {"successors": arrays["probabilities"]})
    assert "successors must be int32" in refusal()
    np.savez(path, **arrays | {"start": np.array([{}], object)})
    assert "never unpickled" in refusal()
    model.save(path)
    whole = path.read_bytes()
    generator = np.random.default_rng(0)
    for _ in range(200):
        broken = bytearray(whole)
        broken[generator.integers(len(whole))] ^= 1 << generator.integers(8)
        path.write_bytes(bytes(broken))
        try:
            assert_same(TabularMDP.load(path), model)  # the byte did not matter
        except InstanceError as error:
            assert "\n" not in str(error)  # noqa: PT017


FROZEN, CLIFF, TAXI = "FrozenLake-v1", "CliffWalking-v1", "Taxi-v4"


@pytest.mark.parametrize(
    ("id", "settings", "states", "terminal"),
    [
        (FROZEN, {}, 16, [5, 7, 11, 12, 15]),  # four holes and the goal
        (FROZEN, {"is_slippery": False}, 16, [5, 7, 11, 12, 15]),
        (CLIFF, {}, 48, [47]),
        (TAXI, {}, 501, [500]),  # a passenger at the destination may also have begun there: an end of its own
    ],
)
def test_toy_text_is_read_with_its_ends(id, settings, states, terminal):
    model = TabularMDP.from_gymnasium(gymnasium.make(id, **settings))
    assert model.num_states == states
    assert np.flatnonzero(model.terminal).tolist() == terminal


def test_a_model_plays_as_the_environment_that_it_was_read_from():
    env = gymnasium.make(CLIFF).unwrapped
    model, generator = TabularMDP.from_gymnasium(CLIFF), np.random.default_rng(0)
    for _ in range(20):
        seen, _ = env.reset(seed=int(generator.integers(100)))
        state = model.initial(generator.random)
        for _ in range(50):
            assert state == seen
            action = int(generator.integers(4))
            seen, reward, ends, _, _ = env.step(action)
            assert model.step(state, action, generator.random) == (seen, reward, ends)
            state = seen
            if ends:
                break


def test_gymnasiums_table_and_back():
    model = TabularMDP.from_gymnasium(FROZEN)
    table = model.to_dictionary()
    # from state 14, right slips down (stays), right (the goal, 1, ends) and up, a third each
    assert sorted(table[14][2], key=lambda entry: entry[1]) == [
        (pytest.approx(1 / 3), 10, 0.0, False),
        (pytest.approx(1 / 3), 14, 0.0, False),
        (pytest.approx(1 / 3), 15, 1.0, True),
    ]


def test_our_own_environments_give_their_own_model():
    env = mdpzoo.make("mdpzoo/RiverSwim-v0")
    assert TabularMDP.from_gymnasium(env) is env.unwrapped.rules


class Drifting(gymnasium.Env):
    """Says that both states stay as they are, and moves."""

    observation_space, action_space = Discrete(2), Discrete(1)
    P = {state: {0: [(1.0, state, 0.0, False)]} for state in (0, 1)}
    initial_state_distrib = np.array([1.0, 0.0])

    def reset(self, *, seed=None, options=None):
        self.state = 0
        return 0, {}

    def step(self, action):
        self.state = 1 - self.state
        return self.state, 0.0, False, False, {}


class Leaking(Drifting):
    """Loses a millionth of its probability."""

    P = {state: {0: [(1 - 1e-6, 1 - state, 0.0, False)]} for state in (0, 1)}


@pytest.mark.parametrize(
    ("env", "named"),
    [
        (lambda: gymnasium.make("CartPole-v1"), "CartPoleEnv has no table P"),
        (lambda: gymnasium.make(TAXI, fickle_passenger=True), "make it with fickle_passenger=False"),
        (Drifting, "does not list what action 0 in state 0 did: state 1"),
        (Leaking, "sum to 0.999999, not 1"),
    ],
)
def test_an_environment_without_a_true_table_is_refused(env, named):
    with pytest.raises(SettingError) as refused:
        TabularMDP.from_gymnasium(env())
    assert named in str(refused.value)


def test_an_end_that_is_sometimes_none_gets_a_state_of_its_own():
    class Both(Drifting):
        P = {0: {0: [(0.5, 1, 1.0, True), (0.5, 1, 0.0, False)]}, 1: {0: [(1.0, 0, 0.0, False)]}}

    model = TabularMDP.from_gymnasium(Both())
    assert model.num_states == 3
    assert model.terminal.tolist() == [False, False, True]
    assert sorted(zip(model.successors[:2], model.rewards[:2], strict=True)) == [(1, 0.0), (2, 1.0)]


def test_mean_rewards_are_weighted_and_nothing_is_earned_after_the_end():
    model = coin_walk(4)
    # right of state 2: 0.7 to the paying end; terminal state 3 earns nothing
    assert model.expected_rewards[2].tolist() == pytest.approx([0.2, 0.7])
    assert model.expected_rewards[3].tolist() == [0, 0]
    assert not model.deterministic
    assert TabularMDP.from_arrays(np.eye(2)[:, None], np.zeros((2, 1))).deterministic


def test_a_successor_that_stands_in_a_row_twice_earns_the_mean():
    rows = {"offsets": [0, 3, 4], "successors": [1, 1, 0, 1], "probabilities": [0.25, 0.5, 0.25, 1]}
    model = TabularMDP(**rows, rewards=[6, 0, 1, 0], start=[1, 0], terminal=[False, False])
    law, rewards = model.to_arrays()
    assert law[0, 0].tolist() == [0.25, 0.75]
    assert rewards[0, 0].tolist() == [1, 2]  # 0.25 * 6 / 0.75


def test_the_state_that_ends_lead_to_pays_nothing():
    # ending from state 0 in state 1, which goes on elsewhere: the end is a state of its own
    table = {0: {0: [(1.0, 1, 1.0, True)]}, 1: {0: [(1.0, 0, 2.0, False)]}}
    env = gymnasium.make("FrozenLake-v1")
    env.unwrapped.P, env.unwrapped.initial_state_distrib = table, np.array([0.5, 0.5])
    env.unwrapped.observation_space = env.observation_space = Discrete(2)
    env.unwrapped.action_space = env.action_space = Discrete(1)
    model = TabularMDP.from_gymnasium(env)
    assert model.successors.tolist() == [2, 0, 2]
    assert model.rewards.tolist() == [1.0, 2.0, 0.0]
    assert model.terminal.tolist() == [False, False, True]


def test_successors_named_twice_are_one_entry_of_the_sparse_matrix():
    model = TabularMDP(np.array([0, 2]), [0, 0], [0.5, 0.5], np.zeros(2), [1.0], [False])
    assert model.to_csr()[0][0].data.tolist() == [1.0]


class Detour(gymnasium.Env):
    """Goes from 0 to 1 and from there to the end; the table is wrong about the second step's reward, if asked to be."""

    observation_space, action_space = Discrete(3), Discrete(1)

    def __init__(self, paid):
        self.paid = paid
        self.P = {0: {0: [(1.0, 1, 0.0, False)]}, 1: {0: [(1.0, 2, 1.0, True)]}, 2: {0: [(1.0, 2, 0.0, True)]}}
        self.initial_state_distrib = np.array([1.0, 0.0, 0.0])

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = 0
        return 0, {}

    def step(self, action):
        assert self.place < 2, "an episode that has ended goes on"
        self.place += 1
        return self.place, self.paid if self.place == 2 else 0.0, self.place == 2, False, {}


def test_a_table_is_compared_with_whole_episodes():
    assert TabularMDP.from_gymnasium(Detour(1.0)).num_states == 3
    with pytest.raises(SettingError):
        TabularMDP.from_gymnasium(Detour(2.0))
