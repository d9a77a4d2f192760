"""One model through its three faces: Python numbers, tensors, compiled arrays."""

import numpy as np
import pytest
import torch

from mdpzoo.interop.shells.compiled_vector import CompiledVectorEnv
from mdpzoo.interop.shells.model_env import ModelEnv
from mdpzoo.interop.shells.tensor_vector import TensorVectorEnv
from mdpzoo.models import TabularMDP
from mdpzoo.models.batched import TabularState
from mdpzoo.models.compiled import CompiledState
from mdpzoo.models.outcomes import thresholds
from tests.toys import coin_walk


def wide_model() -> TabularMDP:
    """Rows of 1 to 100 successors, so that short ones are scanned and long ones halved."""
    generator = np.random.default_rng(0)
    law = np.zeros((100, 3, 100))
    for state in range(100):
        for action in range(3):
            chosen = generator.choice(100, generator.integers(1, 101) if action else 1, replace=False)
            law[state, action, chosen] = generator.dirichlet(np.ones(len(chosen)))
    rewards = generator.normal(size=law.shape)
    return TabularMDP.from_arrays(law, rewards, np.full(100, 0.01), np.arange(100) % 17 == 3)


@pytest.mark.parametrize("model", [coin_walk(), wide_model()], ids=["narrow", "wide"])
def test_every_face_plays_the_same_episodes(model):
    rules, rows = model.batched(), 5
    envs = [kind(rules, rows) for kind in (CompiledVectorEnv, TensorVectorEnv)]
    seen = [each.reset(seed=10)[0] for each in envs]
    alone = ModelEnv(model)
    assert alone.reset(seed=10)[0] == seen[0][0]
    generator, asleep = np.random.default_rng(1), False
    for _ in range(300):
        assert np.array_equal(*seen)
        actions = generator.integers(0, model.num_actions, rows)
        steps = [each.step(actions) for each in envs]
        for one, other in zip(steps[0][:4], steps[1][:4], strict=True):
            assert np.array_equal(one, other)
        seen = [step[0] for step in steps]
        observed, reward, terminated = steps[0][0][0], steps[0][1][0], steps[0][2][0]
        if asleep:  # the row's first step after an end starts it anew, and ignores the action
            assert (alone.reset()[0], 0.0) == (observed, reward)
        else:
            assert alone.step(int(actions[0]))[:3] == (observed, reward, terminated)
        asleep = terminated


@pytest.mark.parametrize("kind", [CompiledVectorEnv, TensorVectorEnv])
def test_an_illegal_action_ends_its_row_where_it_stands(kind):
    env = kind(coin_walk(6).batched(), 4)
    before, _ = env.reset(seed=0)
    seen, reward, terminated, _, infos = env.step(np.array([-1, 0, 2, 1]))
    assert infos["illegal"].tolist() == terminated.tolist() == [True, False, True, False]
    assert (seen[[0, 2]] == before[[0, 2]]).all()
    assert reward[0] == reward[2] == 0


def stepped(model, rows, numbers):
    """The outcomes of rows of a model for given numbers, one each, in every face: compiled, tensors, Python."""
    states, actions = np.divmod(rows, model.num_actions)
    draws, awake = numbers[:, None], np.zeros(len(rows), bool)
    compiled, dense = model.batched().compiled(), model.batched()
    one = compiled.step(CompiledState(states), actions, draws, awake)
    other = dense.step(TabularState(torch.from_numpy(states)), torch.from_numpy(actions), torch.from_numpy(draws))
    yield np.stack((one.state.state, one.reward, one.terminated), 1)
    yield np.stack((other.state.state.numpy(), other.reward.numpy(), other.terminated.numpy()), 1)
    drawn = zip(states.tolist(), actions.tolist(), numbers.tolist(), strict=True)
    yield np.array([model.step(state, action, lambda number=number: number) for state, action, number in drawn])


def test_a_number_on_a_threshold_belongs_to_the_outcome_above_it():
    model = wide_model()  # rows of 1 to 100 entries: scanned and halved ones
    for row in range(len(model.offsets) - 1):
        part = slice(model.offsets[row], model.offsets[row + 1])
        limits = np.array(thresholds(model.probabilities[part]))
        numbers = np.concatenate(([0.0], limits, np.nextafter(limits, 0), np.nextafter(limits, 1), [1 - 2.0**-53]))
        which = (limits <= numbers[:, None]).sum(1)  # how many thresholds are at most the number
        successors = model.successors[part][which]
        expected = np.stack((successors, model.rewards[part][which], model.terminal[successors]), 1)
        for found in stepped(model, np.full(len(numbers), row), numbers):
            np.testing.assert_array_equal(found, expected)


def test_a_number_on_the_threshold_of_two_starts_begins_in_the_second():
    # starts in states 1 and 3 with probability 1/4 and 3/4
    model = TabularMDP.from_arrays(np.eye(4)[:, None], np.zeros((4, 1)), [0.0, 0.25, 0.0, 0.75])
    numbers = np.array([0.0, np.nextafter(0.25, 0), 0.25, np.nextafter(1, 0)])
    assert model.batched().compiled().initial(numbers[:, None]).state.tolist() == [1, 1, 3, 3]
    assert model.batched().initial(torch.from_numpy(numbers[:, None])).state.tolist() == [1, 1, 3, 3]
    assert [model.initial(lambda number=number: number) for number in numbers.tolist()] == [1, 1, 3, 3]


def test_a_row_that_is_asleep_stands_still_whatever_its_action():
    compiled = coin_walk(6).batched().compiled()
    found = compiled.step(CompiledState(np.array([2, 3])), np.array([1, -1]), np.zeros((2, 1)), np.array([True, True]))
    assert found.state.state.tolist() == [2, 3]
    assert (found.reward.tolist(), found.terminated.tolist(), found.illegal.tolist()) == (
        [0, 0],
        [False] * 2,
        [False] * 2,
    )


def test_only_tensors_move_and_there_is_no_action_mask():
    rules = coin_walk(3).batched()
    moved = rules.to("cpu")
    assert moved.model is rules.model
    assert moved.action_mask(moved.initial(torch.zeros((2, 1), dtype=torch.float64))) is None
    assert rules.compiled().action_mask(CompiledState(np.zeros(2, np.int64))) is None
    assert (rules.observation_space.n, rules.action_space.n) == (3, 2)
