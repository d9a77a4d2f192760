import numpy as np
import pytest
import torch

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.models.piecewise import PiecewiseMDP


def table(states=3, actions=2, seed=0, ends=False):
    generator = np.random.default_rng(seed)
    transitions = generator.dirichlet(np.ones(states), (states, actions))
    rewards = generator.random((states, actions))
    terminal = np.arange(states) == states - 1 if ends else None
    start = generator.dirichlet(np.ones(states - 1)) if ends else np.eye(states)[0][: states - 1]
    return TabularMDP.from_arrays(transitions, rewards, np.append(start, 0), terminal)


@pytest.fixture
def model():
    return PiecewiseMDP((table(seed=0, ends=True), table(seed=1, ends=True)), [5, 9])


@pytest.mark.parametrize(
    ("t", "segment", "turn"),
    [
        (0, 0, 0),
        (4, 0, 0),  # the last step before the change
        (5, 1, 1),  # the change itself belongs to the new segment
        (9, 2, 0),
        (1_000, 2, 0),  # the last segment has no end
    ],
)
def test_a_change_belongs_to_the_new_segment(model, t, segment, turn):
    assert model.segment(t) == segment
    assert model.at(t) is model.models[turn]


def test_a_periodic_schedule_starts_again():
    model = PiecewiseMDP((table(seed=0), table(seed=1), table(seed=2)), [2, 5], period=9)
    turns = [model.models.index(model.at(t)) for t in range(20)]
    assert turns == [0, 0, 1, 1, 1, 2, 2, 2, 2] * 2 + [0, 0]
    assert [model.segment(t) for t in (8, 9, 11, 17, 18)] == [2, 3, 4, 5, 6]
    assert model.change_points(20).tolist() == [2, 5, 9, 11, 14, 18]
    assert model.change_points(18).tolist() == [2, 5, 9, 11, 14]


@pytest.mark.parametrize("clock", ["run", "episode"])
@pytest.mark.parametrize("period", [0, 12])
def test_every_face_walks_the_same_trajectory_and_reveals_the_same(clock, period):
    model = PiecewiseMDP((table(seed=0, ends=True), table(seed=1, ends=True)), [3, 7], period=period, clock=clock)
    actions = np.random.default_rng(5).integers(2, size=(3, 60))
    singles = []
    for row in range(3):
        env, trace = mdpzoo.make(model, reveal="always"), []
        seen, info = env.reset(seed=11 + row)
        for action in actions[row]:
            trace.append((int(seen), int(info["segment"]), int(info["clock"]), bool(info["change"])))
            seen, _, ended, _, info = env.step(int(action))
            if ended:
                seen, info = env.reset()
        singles.append(trace)
    for output in ("numpy", "torch"):
        envs = mdpzoo.make_vec(model, 3, output=output, autoreset_mode="same_step", reveal="always")
        traces = [[] for _ in range(3)]
        seen, info = envs.reset(seed=11)
        for step in range(60):
            for row, trace in enumerate(traces):
                facts = info["segment"][row], info["clock"][row], info["change"][row]
                trace.append((int(seen[row]), int(facts[0]), int(facts[1]), bool(facts[2])))
            seen, _, _, _, info = envs.step(actions[:, step])
        assert traces == singles


def test_the_tensor_form_walks_as_the_compiled_one(model):
    batch, compiled = model.batched(), model.batched().compiled()
    draws, actions = np.random.default_rng(0).random((20, 4, 1)), np.random.default_rng(1).integers(2, size=(20, 4))
    slow, fast = batch.initial(torch.from_numpy(draws[0])), compiled.initial(draws[0])
    for step in range(1, 20):
        slow = batch.step(slow, torch.from_numpy(actions[step]), torch.from_numpy(draws[step])).state
        fast = compiled.step(fast, actions[step], draws[step], np.zeros(4, bool)).state
        np.testing.assert_array_equal(slow.state.numpy(), fast.state)
        np.testing.assert_array_equal(slow.clock.numpy(), fast.clock)
        for name, fact in batch.reveal(slow).items():
            np.testing.assert_array_equal(fact.numpy(), compiled.reveal(fast)[name])


def test_the_clock_outlives_episodes_unless_it_is_the_episodes_own(model):
    for clock, expected in (("run", 8), ("episode", 0)):
        rules = PiecewiseMDP(model.models, [5, 9], clock=clock)
        env = mdpzoo.make(rules, reveal="always", max_episode_steps=8)
        env.reset(seed=0)
        taken = 0
        while taken < 8:
            _, _, terminated, truncated, info = env.step(0)
            taken += 1
            if terminated or truncated:
                _, info = env.reset()
                if clock == "episode":
                    break
        assert info["clock"] == expected


def test_the_joint_table_holds_the_models_side_by_side(model):
    joint, _ = model.joint().to_arrays()
    for place, each in enumerate(model.models):
        block = slice(3 * place, 3 * place + 3)
        np.testing.assert_array_equal(joint[block, :, block], each.to_arrays()[0])
    assert joint.sum() == pytest.approx(12)  # nothing leads from one model to another


@pytest.mark.parametrize(
    ("models", "settings", "sentence"),
    [
        ((), {"changes": []}, "at least one TabularMDP"),
        (([[1.0]],), {"changes": []}, "models must be TabularMDPs, got list at place 0"),
        ((table(3), table(4)), {"changes": [5]}, r"\[3, 2\] at place 0 and \[4, 2\] at place 1"),
        ((table(),), {"changes": [5, 3]}, "ascending order without repeats, got 5 before 3"),
        ((table(),), {"changes": [5, 5]}, "got 5 before 5"),
        ((table(),), {"changes": [-1, 3]}, "changes must be at least 1, got -1"),
        ((table(),), {"changes": [0, 3]}, "changes must be at least 1, got 0"),
        ((table(),), {"changes": [1.5]}, "changes must be a list of whole numbers"),
        ((table(),), {"changes": [5], "order": [0, 1]}, "order must name one of 1 models for each of 2 segments"),
        ((table(),), {"changes": [5], "period": 5}, "period must be 0 or above the last change, got 5"),
        ((table(),), {"changes": [5], "clock": "episod"}, "Did you mean 'episode'"),
    ],
)
def test_a_wrong_schedule_is_refused_in_one_sentence(models, settings, sentence):
    with pytest.raises(SettingError, match=sentence) as caught:
        PiecewiseMDP(models, **settings)
    assert "\n" not in str(caught.value)


def test_a_model_says_how_large_it_is_and_nothing_of_its_schedule():
    table = TabularMDP.from_arrays(np.full((3, 2, 3), 1 / 3), np.zeros((3, 2)))
    assert repr(PiecewiseMDP((table, table), [5])) == "PiecewiseMDP(2 models of 3 states and 2 actions)"
