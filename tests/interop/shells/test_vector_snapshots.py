"""state_dict of vector environments: the same actions lead to the same steps from it."""

import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import ResetNeededError, SettingError

KINDS = [
    ("mdpzoo/RiverSwim-v0", {"max_episode_steps": 7}),
    ("mdpzoo/TSP-v0", {"num_nodes": 5, "form": "bq"}),
    ("mdpzoo/RiverSwimSwitch-v0", {"changes": {"every": 4}, "max_episode_steps": 6}),  # a clock outlives episodes
    ("mdpzoo/LatentSignpost-v0", {"reveal": "always"}),
]


def array(value):
    return value.numpy() if hasattr(value, "numpy") else np.array(value)


def walk(envs, steps, seed):
    """Observations, rewards and ends of legal actions."""
    generator, trace = np.random.default_rng(seed), []
    for _ in range(steps):
        masks = array(envs.action_masks())
        actions = np.array([generator.choice(np.flatnonzero(row | ~row.any())) for row in masks])
        seen, rewards, terminated, truncated, _ = envs.step(actions)
        parts = [seen[name] for name in sorted(seen)] if isinstance(seen, dict) else [seen]
        trace.append([array(each).tolist() for each in (*parts, rewards, terminated, truncated)])
    return trace


@pytest.mark.parametrize("mode", ["same_step", "next_step"])
@pytest.mark.parametrize("output", ["numpy", "torch"])
@pytest.mark.parametrize(("id", "settings"), KINDS)
def test_the_same_steps_follow_from_a_snapshot(id, settings, output, mode):
    envs, others = (mdpzoo.make_vec(id, 3, output=output, autoreset_mode=mode, **settings) for _ in range(2))
    envs.reset(seed=5)
    walk(envs, 11, 0)
    kept = envs.state_dict()
    after = walk(envs, 20, 1)
    others.reset(seed=99)
    walk(others, 3, 2)
    others.load_state_dict(kept)
    assert walk(others, 20, 1) == after
    envs.load_state_dict(kept)  # the snapshot has not changed meanwhile
    assert walk(envs, 20, 1) == after


def test_a_snapshot_of_other_environments_is_refused():
    small, large = (mdpzoo.make_vec("mdpzoo/RiverSwim-v0", rows) for rows in (2, 3))
    with pytest.raises(ResetNeededError):
        small.state_dict()
    small.reset(seed=0)
    large.reset(seed=0)
    with pytest.raises(SettingError, match="another number of rows"):
        large.load_state_dict(small.state_dict())
