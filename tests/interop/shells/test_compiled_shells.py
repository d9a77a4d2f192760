"""The compiled shell against the shell on tensors: same rules, same seeds, the same to the last bit."""

import numpy as np
import pytest
import torch

import mdpzoo
from mdpzoo.codes import build
from mdpzoo.interop.shells.batched_vector import autoreset
from mdpzoo.interop.shells.compiled_env import CompiledEnv
from mdpzoo.interop.shells.compiled_vector import CompiledVectorEnv
from mdpzoo.interop.shells.tensor_env import TensorEnv
from mdpzoo.interop.shells.tensor_vector import TensorVectorEnv

PROBLEMS = {  # episodes of one length, and of many: rows that end alone
    "mdpzoo/TSP-v0": {"num_nodes": 6},
    "mdpzoo/OP-v0": {"num_customers": 9, "prizes": "uniform"},
    "mdpzoo/Knapsack-v0": {"num_items": 8, "distribution": "weakly-correlated"},
}


def rules(id, **settings):
    return build(mdpzoo.environments()[id].rules, PROBLEMS[id] | settings)


def shells(id, rows, mode, **settings):
    built = rules(id)
    return [
        kind(built, rows, autoreset_mode=autoreset(mode), **settings) for kind in (CompiledVectorEnv, TensorVectorEnv)
    ]


def assert_same(one, other):
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one.keys() - {"t"}:  # seconds
            assert_same(one[key], other[key])
    else:
        assert np.array_equal(one, other)
        assert np.asarray(one).dtype == np.asarray(other).dtype


@pytest.mark.parametrize("limit", [None, 3])
@pytest.mark.parametrize("mode", ["next_step", "same_step", "disabled"])
@pytest.mark.parametrize("id", PROBLEMS)
def test_both_shells_play_the_same_episodes(id, mode, limit):
    envs = shells(id, 7, mode, max_episode_steps=limit, statistics=True)
    seen = [each.reset(seed=4)[0] for each in envs]
    generator = np.random.default_rng(0)
    for _ in range(30):  # with an illegal action now and then
        mask = seen[0]["action_mask"]
        action = np.where(mask, generator.random(mask.shape), -1).argmax(1) - 100 * (generator.random(7) < 0.05)
        steps = [each.step(action) for each in envs]
        for one, other in zip(*steps, strict=True):
            assert_same(one, other)
        assert_same(envs[0].action_masks(), envs[1].action_masks())
        seen = [step[0] for step in steps]
        done = steps[0][2] | steps[0][3]
        if mode == "disabled" and done.all():
            rows = np.arange(7) % 2 == 0
            seen = [each.reset(options={"reset_mask": rows})[0] for each in envs]
            assert_same(*seen)


@pytest.mark.parametrize("id", PROBLEMS)
def test_torch_output_of_the_compiled_shell_is_its_arrays_as_tensors(id):
    arrays = mdpzoo.make_vec(id, 3, autoreset_mode="same_step", statistics=True, **PROBLEMS[id])
    tensors = mdpzoo.make_vec(id, 3, output="torch", autoreset_mode="same_step", **PROBLEMS[id])
    shown, seen = arrays.reset(seed=1)[0], tensors.reset(seed=1)[0]
    for _ in range(12):
        assert all(isinstance(each, torch.Tensor) for each in seen.values())
        action = seen["action_mask"].int().argmax(1)
        (seen, *after), (shown, *wanted) = tensors.step(action), arrays.step(action.numpy())
        assert_same({name: each.numpy() for name, each in seen.items()}, shown)
        assert all(np.array_equal(one.numpy(), other) for one, other in zip(after[:3], wanted[:3], strict=True))


@pytest.mark.parametrize("mode", ["next_step", "same_step", "disabled"])
@pytest.mark.parametrize("id", PROBLEMS)
def test_what_has_been_shown_never_changes(id, mode):
    envs = mdpzoo.make_vec(id, 5, autoreset_mode=mode, **PROBLEMS[id])
    kept, observation = [], envs.reset(seed=0)[0]
    for _ in range(25):
        told = envs.step(observation["action_mask"].argmax(1))
        for each in (observation, told[4].get("final_obs", {}), {str(place): told[place] for place in (1, 2, 3)}):
            kept += [(value, value.copy()) for value in each.values()]
        observation = told[0]
        if mode == "disabled":
            observation = envs.reset(options={"reset_mask": told[2]})[0]
    assert all(np.array_equal(value, before) for value, before in kept)


@pytest.mark.parametrize("id", PROBLEMS)
def test_the_single_shells_play_the_same_episodes_and_share_no_memory(id):
    one, other = CompiledEnv(rules(id).compiled()), TensorEnv(rules(id))
    seen, shown = one.reset(seed=9)[0], other.reset(seed=9)[0]
    for _ in range(20):
        assert_same(seen, shown)
        action = int(np.flatnonzero(one.action_masks())[-1])
        before = seen
        (seen, *told), (shown, *wanted) = one.step(action), other.step(action)
        assert told == wanted
        assert not any(np.shares_memory(seen[name], before[name]) for name in seen)
        if told[1]:
            seen, shown = one.reset()[0], other.reset()[0]


def test_a_wrong_number_of_actions_is_named():
    envs = mdpzoo.make_vec("mdpzoo/TSP-v0", 2)
    envs.reset(seed=0)
    for wrong, named in ((np.zeros(3, int), r"shape \[3\]"), (np.int64(1), r"shape \[\]")):
        with pytest.raises(mdpzoo.errors.SettingError, match=f"expected 2 actions.* got int64 of {named}"):
            envs.step(wrong)
