"""What messages are sent through."""

import gymnasium
import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import CheckpointError, InstanceError, SettingError
from mdpzoo.policies import TablePolicy
from mdpzoo_coding import as_probabilities, bottleneck_grid, code_grid, soft_policy
from mdpzoo_coding.policies.by_name import policy_named
from mdpzoo_coding.policies.poles import PolePolicy, steady_pole
from mdpzoo_coding.policies.soft_optimal import entropies, soft_stationary, table_of


def test_tables_arrays_functions_and_networks_are_policies():
    table = np.array([[0.25, 0.75], [1.0, 0.0]])
    assert as_probabilities(table).probabilities(0).tolist() == [0.25, 0.75]
    assert as_probabilities(TablePolicy(table)).probabilities(1).tolist() == [1.0, 0.0]
    assert as_probabilities(lambda observation: [0.5, 0.5]).probabilities(None).tolist() == [0.5, 0.5]
    agent = mdpzoo.make_agent("ppo", "CartPole-v1", seed=0)
    chances = as_probabilities(agent).probabilities(np.zeros(4, np.float32))
    assert chances.shape == (2,)
    assert chances.sum() == pytest.approx(1, abs=1e-15)


def test_a_timed_table_follows_the_clock_and_keeps_its_last_row():
    policy = as_probabilities(np.array([[[1.0, 0.0]], [[0.0, 1.0]]]))
    assert [policy.probabilities(0, clock).argmax() for clock in (0, 1, 5)] == [0, 1, 1]


def test_digests_tell_policies_apart():
    table = np.array([[0.25, 0.75]])
    assert as_probabilities(table).digest() == as_probabilities(table.copy()).digest()
    assert as_probabilities(table).digest() != as_probabilities(1 - table).digest()
    first, second = (as_probabilities(mdpzoo.make_agent("ppo", "CartPole-v1", seed=k)) for k in range(2))
    assert first.digest() != second.digest()
    assert steady_pole().digest() != PolePolicy((0.6, 1.0, 20.0, 3.2), 1.6, 2.0).digest()


@pytest.mark.parametrize("wrong", [3, [[0.5, 0.6]], np.zeros((2, 2)), np.ones(3)])
def test_what_gives_no_probabilities_is_an_error(wrong):
    with pytest.raises(SettingError):
        as_probabilities(wrong)


def test_an_agent_of_continuous_actions_is_an_error():
    with pytest.raises(SettingError, match="no distribution over finitely many actions"):
        as_probabilities(mdpzoo.make_agent("ppo", "Pendulum-v1", seed=0))


def test_the_pole_policy_is_symmetric_and_decided_where_it_must_be():
    policy, seen = steady_pole(), np.array([0.1, 0.2, 0.03, 0.4])
    assert policy.probabilities(seen)[1] == pytest.approx(policy.probabilities(-seen)[0], abs=1e-15)
    assert policy.probabilities(np.zeros(4)).tolist() == [0.5, 0.5]
    assert policy.probabilities(np.array([0, 0, 0.2, 1.0]))[1] > 0.99
    assert policy.probabilities(np.array([0, 0, 100.0, 0]))[1] == 1.0  # no overflow


def test_the_pole_stays_up_while_each_step_has_more_than_four_fifths_of_a_bit():
    env, generator, bits, steps = gymnasium.make("CartPole-v1"), np.random.default_rng(0), 0.0, 0
    policy = steady_pole()
    for seed in range(5):
        seen, _ = env.reset(seed=seed)
        for _ in range(500):
            row = policy.probabilities(seen)
            bits, steps = bits + entropies(row), steps + 1
            seen, _, terminated, _, _ = env.step(int(generator.random() < row[1]))
            assert not terminated
    assert bits / steps > 0.8


def test_soft_policies_are_fixed_points_of_the_soft_equations():
    mdp, temperature, discount = bottleneck_grid(), 0.02, 0.95
    policy = soft_stationary(mdp, discount, temperature)
    transitions, _ = mdp.to_arrays()
    values = np.zeros(mdp.num_states)
    for _ in range(2000):
        worth = mdp.expected_rewards + discount * transitions @ values
        top = worth.max(1)
        values = top + temperature * np.log(np.exp((worth - top[:, None]) / temperature).sum(1))
        values[mdp.terminal] = 0.0
    expected = np.exp((worth - values[:, None]) / temperature)[~mdp.terminal]
    assert np.abs(policy[~mdp.terminal] - expected).max() < 1e-9


def test_the_start_of_the_bottleneck_grid_is_that_of_the_references(references):
    each = references["bottleneck_grid"]["values"][0]
    policy = soft_stationary(bottleneck_grid(), 0.95, np.exp(each["log_temperature"]))
    assert policy[5 * 8 + 4] == pytest.approx(each["pi_start"], abs=1e-9)


def test_the_grid_policy_counts_the_paths_as_the_temperature_falls():
    # 20 paths of 6 moves and 296 of 8 begin down or right with equal numbers, by symmetry
    policy = soft_policy(code_grid().model, 0.01, horizon=8)
    assert policy.probabilities(0, 0) == pytest.approx([0.5, 0.5, 0, 0], abs=1e-12)


def test_masked_moves_have_no_probability():
    grid = code_grid()
    policy = soft_policy(grid.model, 0.5, horizon=8)
    for state in range(15):
        assert (policy.probabilities(state, 3)[~grid.legal[state]] == 0).all()


def test_policies_have_names(tmp_path):
    env = gymnasium.make("FrozenLake-v1")
    np.save(tmp_path / "table.npy", np.full((16, 4), 0.25))
    assert policy_named(str(tmp_path / "table.npy"), env).probabilities(3).tolist() == [0.25] * 4
    assert policy_named("soft:0.1", env).probabilities(0).sum() == pytest.approx(1)
    assert policy_named(None, gymnasium.make("CartPole-v1")).digest() == steady_pole().digest()
    assert table_of(mdpzoo.make("mdpzoo/RiverSwim-v0")).num_states == 6


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (None, "there is no ready policy for FrozenLake-v1"),
        ("zoo:stedy", "Did you mean 'steady'"),
        ("soft:hot", "takes a temperature"),
        ("soft:-1", "temperature must be a positive number"),
    ],
)
def test_a_wrong_name_says_what_to_type(name, sentence):
    with pytest.raises(SettingError, match=sentence):
        policy_named(name, gymnasium.make("FrozenLake-v1"))


def test_hostile_policy_files_are_an_error(tmp_path):
    env = gymnasium.make("FrozenLake-v1")
    (tmp_path / "bad.npy").write_bytes(b"\x93NUMPY rubbish")
    np.save(tmp_path / "pickled.npy", np.array([{"a": 1}], dtype=object))
    np.save(tmp_path / "text.npy", np.array(["a"]))
    (tmp_path / "agent.zip").write_bytes(b"PK\x03\x04 rubbish")
    for name in ("bad.npy", "pickled.npy", "text.npy", "missing.npy"):
        with pytest.raises(InstanceError):
            policy_named(str(tmp_path / name), env)
    with pytest.raises(CheckpointError):
        policy_named(str(tmp_path / "agent.zip"), env)
