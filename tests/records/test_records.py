import json
import pickle
import zipfile

import gymnasium
import numpy as np
import pytest

import mdpzoo
from mdpzoo.arrays import write_arrays
from mdpzoo.errors import InstanceError, MissingExtraError, SettingError
from mdpzoo.policies import TablePolicy
from mdpzoo.records import Trajectories, record

TIDE = "mdpzoo/TidalSwim-v0"
COIN = TablePolicy(np.full((6, 2), 0.5))


def tidal(rows=3, **settings):
    return mdpzoo.make_sb3(TIDE, rows, **{"max_episode_steps": 10, "reveal": "always"} | settings)


@pytest.fixture(scope="module")
def recorded():
    return record(COIN, tidal(), episodes=7, seed=0)


def same(one, other):
    assert one.arrays().keys() == other.arrays().keys()
    for name, array in one.arrays().items():
        assert array.dtype == other.arrays()[name].dtype
        np.testing.assert_array_equal(array, other.arrays()[name])


def test_a_recording_is_what_the_environment_does(recorded):
    env = mdpzoo.make(TIDE, max_episode_steps=10, reveal="always")
    seen, info = env.reset(seed=0)  # the first episodes are those of row 0, whose seed is 0
    for step in range(20):
        episode = step // 10
        assert (recorded.observations[step + episode], recorded.revealed["clock"][step + episode]) == (seen, step)
        seen, reward, terminated, truncated, info = env.step(int(recorded.actions[step]))
        assert recorded.rewards[step] == np.float32(reward)
        assert (recorded.terminated[step], recorded.truncated[step]) == (terminated, truncated)
        assert (recorded.observations[step + episode + 1], info["clock"]) == (seen, step + 1)
        if truncated:
            seen, info = env.reset()


def test_every_row_plays_its_share(recorded):
    assert (recorded.num_episodes, recorded.num_steps) == (7, 70)
    assert recorded.offsets.tolist() == list(range(0, 71, 10))
    assert recorded.truncated.reshape(7, 10)[:, -1].all()
    np.testing.assert_allclose(recorded.returns, recorded.rewards.reshape(7, 10).sum(1))
    assert recorded.source["environment"] == TIDE
    assert repr(recorded) == "Trajectories(7 episodes, 70 steps)"


@pytest.mark.parametrize(("steps", "lengths"), [(1, [1]), (32, [10, 10, 10, 1, 1]), (9, [3, 3, 3])])
def test_so_many_steps_are_recorded_and_no_more(steps, lengths):
    found = record(COIN, tidal(), steps=steps, seed=1)
    assert found.num_steps == steps
    assert sorted(np.diff(found.offsets), reverse=True) == sorted(lengths, reverse=True)


def test_the_same_seed_records_the_same():
    agent = mdpzoo.make_agent("ppo", tidal(), seed=0)
    same(record(agent, tidal(), episodes=3, seed=5), record(agent, tidal(), episodes=3, seed=5))
    different = record(agent, tidal(), episodes=3, seed=6)
    assert (different.actions != record(agent, tidal(), episodes=3, seed=5).actions).any()


@pytest.mark.parametrize(("reveal", "rows"), [("always", 32 + 4), ("end", 4), ("never", None)])
def test_what_was_revealed_is_kept(reveal, rows):
    found = record(COIN, tidal(3, reveal=reveal, max_episode_steps=8), episodes=4, seed=0)
    assert found.revealed_at == reveal
    wanted = {} if rows is None else {"clock": rows, "phase": rows}
    assert {name: len(each) for name, each in found.revealed.items()} == wanted


def test_log_probabilities_are_those_of_the_policy():
    table = TablePolicy([[0.25, 0.75]] * 6)
    found = record(table, tidal(), episodes=3, seed=0)
    np.testing.assert_allclose(np.exp(found.log_probabilities), np.where(found.actions == 1, 0.75, 0.25))
    agent = mdpzoo.make_agent("ppo", tidal(), seed=0)
    found = record(agent, tidal(), episodes=3, seed=0)
    import torch

    seen = np.delete(found.observations, found.offsets[1:] + np.arange(3))
    with torch.no_grad():
        _, wanted, _ = agent.policy.evaluate_actions(torch.tensor(seen), torch.tensor(found.actions))
    np.testing.assert_allclose(found.log_probabilities, wanted, atol=1e-6)
    asked = mdpzoo.make_agent("dqn", tidal(), seed=0)
    assert record(asked, tidal(), episodes=1, seed=0).log_probabilities is None


def test_a_masked_policy_records_legal_actions_and_dictionaries():
    envs = mdpzoo.make_sb3("mdpzoo/TSP-v0", 2, num_nodes=6)
    found = record(mdpzoo.make_agent("random", envs, seed=0), envs, episodes=4, seed=0)
    assert set(found.observations) == set(envs.observation_space.spaces)
    mask = np.delete(found.observations["action_mask"], found.offsets[1:] + np.arange(4), 0)
    assert mask[np.arange(found.num_steps), found.actions].all()


def test_one_gymnasium_environment_is_enough():
    found = record(COIN, mdpzoo.make(TIDE, max_episode_steps=5), episodes=2, seed=0)
    assert (found.num_episodes, found.num_steps) == (2, 10)


def test_a_file_gives_back_the_same_bits(recorded, tmp_path):
    recorded.save(tmp_path / "tide.npz")
    again = Trajectories.load(tmp_path / "tide.npz")
    same(recorded, again)
    assert again.observation_space == recorded.observation_space
    assert (again.source, again.revealed_at) == (recorded.source, recorded.revealed_at)


def test_arrays_are_frozen(recorded):
    with pytest.raises(ValueError, match="read-only"):
        recorded.rewards[0] = 1


def sentence_about(path):
    """What the reader says of a file; None if it reads it."""
    try:
        Trajectories.load(path)
    except InstanceError as error:
        return None if "\n" in str(error) else str(error)
    return None


def test_damaged_files_are_refused_in_one_sentence(recorded, tmp_path):
    recorded.save(tmp_path / "whole.npz")
    whole = (tmp_path / "whole.npz").read_bytes()
    generator, path = np.random.default_rng(0), tmp_path / "damaged.npz"
    refused = 0
    for _ in range(300):
        damaged = bytearray(whole)
        for place in generator.integers(len(whole), size=generator.integers(1, 9)):
            damaged[place] = generator.integers(256)
        path.write_bytes(damaged[: generator.integers(1, len(damaged))] if generator.random() < 0.3 else damaged)
        refused += sentence_about(path) is not None
    assert refused > 250  # the checksums of the archive find nearly all; the rest hit what nothing reads


def test_a_header_that_is_no_python_is_refused(recorded, tmp_path):
    recorded.save(tmp_path / "whole.npz")
    with zipfile.ZipFile(tmp_path / "whole.npz") as whole, zipfile.ZipFile(tmp_path / "cut.npz", "w") as cut:
        for name in whole.namelist():
            part = whole.read(name)
            cut.writestr(name, part.replace(b"}", b" ", 1) if name == "rewards.npy" else part)
    assert "cannot be read as a NumPy archive" in sentence_about(tmp_path / "cut.npz")


def test_nothing_is_unpickled(recorded, tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    for name, trapped in (("actions", {}), ("note", {})):
        arrays = recorded.arrays() | {"note": np.frombuffer(b"{}", np.uint8)} | trapped
        arrays[name] = np.array([Trap()], object)
        np.savez(tmp_path / "trap.npz", allow_pickle=True, **arrays)
        with pytest.raises(InstanceError):
            Trajectories.load(tmp_path / "trap.npz")
    (tmp_path / "raw.npz").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(InstanceError, match="cannot be read as a NumPy archive"):
        Trajectories.load(tmp_path / "raw.npz")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 9}, "was not written by this version"),
        ({"arrays": "all"}, "does not list its arrays"),
        ({"arrays": ["rewards"]}, "terminated must be bool, got nothing"),
        ({"revealed_at": "sometimes"}, "does not say what was recorded"),
        ({"observation_space": {"kind": "Ship"}}, "unknown kind of space 'Ship'"),
    ],
)
def test_a_note_that_lies_is_refused(recorded, tmp_path, change, words):
    recorded.save(tmp_path / "whole.npz")
    with np.load(tmp_path / "whole.npz") as file:
        arrays = {name: file[name] for name in file.files}
    note = json.loads(arrays["note"].tobytes()) | change
    write_arrays(tmp_path / "lies.npz", arrays | {"note": np.frombuffer(json.dumps(note).encode(), np.uint8)})
    with pytest.raises(InstanceError, match=words):
        Trajectories.load(tmp_path / "lies.npz")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("rewards", np.zeros(3), "offsets must rise from 0 to the number of steps, 3"),
        ("actions", np.zeros(3, int), "actions must have 70 rows, got shape"),
        ("observations", np.zeros(70), "observations must have 77 rows"),
        ("offsets", np.array([0, 40, 30, 70]), "offsets must rise"),
        ("truncated", np.ones(70, bool), "only an episode's last step"),
        ("log_probabilities", np.zeros(9), "log_probabilities must have 70 rows"),
    ],
)
def test_arrays_that_do_not_fit_are_named(recorded, name, value, words):
    fields = {each: getattr(recorded, each) for each in Trajectories.__dataclass_fields__}
    with pytest.raises(SettingError, match=words):
        Trajectories(**fields | {name: value})


def test_minari_gives_back_the_same_bits(recorded, tmp_path, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    dataset = recorded.to_minari("tide/coin-v0")
    assert (dataset.total_episodes, dataset.total_steps) == (7, 70)
    same(Trajectories.from_minari(dataset), recorded)
    same(Trajectories.from_minari("tide/coin-v0"), recorded)
    with pytest.raises(SettingError, match="'tide/coin-v0' cannot be written"):
        recorded.to_minari("tide/coin-v0")
    with pytest.raises(SettingError, match="no local data set 'tide/none-v0'"):
        Trajectories.from_minari("tide/none-v0")


def test_minari_holds_dictionaries(tmp_path, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    envs = mdpzoo.make_sb3("mdpzoo/TSP-v0", 2, num_nodes=5)
    found = record(mdpzoo.make_agent("random", envs, seed=0), envs, episodes=3, seed=0)
    same(Trajectories.from_minari(found.to_minari("tsp/random-v0")), found)


def test_without_minari_it_says_what_to_install(recorded, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "minari", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mdpzoo\[minari\]'"):
        recorded.to_minari("tide/coin-v0")


@pytest.mark.parametrize("rows", [1, 4])
def test_a_replay_buffer_holds_every_step(recorded, rows):
    agent = mdpzoo.make_agent("dqn", tidal(rows), buffer_size=400)
    buffer = recorded.to_replay_buffer(agent)
    taken = -(-70 // rows)
    assert buffer.size() == taken
    rewards = buffer.rewards[:taken].reshape(-1)[:70]
    np.testing.assert_array_equal(rewards, recorded.rewards.astype(np.float32))
    following = buffer.next_observations[:taken].reshape(-1)[:70]
    np.testing.assert_array_equal(following, np.delete(recorded.observations, recorded.offsets[:-1] + np.arange(7)))
    assert buffer.timeouts[:taken].reshape(-1)[:70].sum() == 7
    agent.learn(0)


def test_box_actions_are_stored_scaled():
    from tests.toys import Slide

    envs = mdpzoo.make_sb3(Slide(), 1, max_episode_steps=6)
    agent = mdpzoo.make_agent("sac", envs, buffer_size=100)
    found = record(agent, envs, steps=20, seed=0)
    buffer = found.to_replay_buffer(agent)
    np.testing.assert_allclose(buffer.actions[:20, 0], found.actions / 0.5, atol=1e-6)


def test_a_wrong_agent_or_a_small_buffer_is_named(recorded):
    with pytest.raises(SettingError, match="has no replay buffer"):
        recorded.to_replay_buffer(mdpzoo.make_agent("ppo", tidal()))
    with pytest.raises(SettingError, match="make the agent with buffer_size=70"):
        recorded.to_replay_buffer(mdpzoo.make_agent("dqn", tidal(1), buffer_size=50))
    with pytest.raises(SettingError, match="observation_space is Discrete"):
        recorded.to_replay_buffer(mdpzoo.make_agent("dqn", gymnasium.make("CartPole-v1"), buffer_size=100))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "needs either episodes=... or steps=..."),
        ({"episodes": 1, "steps": 1}, "needs either"),
        ({"episodes": 0}, "episodes must be at least 1, got 0"),
        ({"steps": -1}, "steps must be at least 1, got -1"),
    ],
)
def test_how_much_must_be_said(arguments, words):
    with pytest.raises(SettingError, match=words):
        record(COIN, tidal(), **arguments)
