"""The network as a policy: sampled actions of a batch, and of an agent that was not seeded."""

import numpy as np
import pytest
import torch

import mdpzoo
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings
from mdpzoo_combinatorial.bq_nco.policy import BQPolicy

TINY = network_settings(width=16, layers=1, heads=2)
SIZES = {"TSP": "num_nodes", "Knapsack": "num_items"}


def policy_of(env):
    return BQPolicy(env.observation_space, env.action_space, settings=TINY)


def copied(observation):
    return {name: np.array(part) for name, part in observation.items()}


@pytest.mark.parametrize("form", ["direct", "bq"])
@pytest.mark.parametrize("name", SIZES)
def test_sampled_actions_of_a_batch_are_legal_and_0_where_the_episode_has_ended(name, form):
    env = mdpzoo.make(f"mdpzoo/{name}-v0", **{SIZES[name]: 6}, form=form)
    policy = policy_of(env)
    observation, over = env.reset(seed=0)[0], False
    rows = [copied(observation), copied(observation)]
    while not over:
        observation, _, over, *_ = env.step(policy.predict(observation)[0])
    rows.append(copied(observation))
    assert not rows[2]["action_mask"].any()
    batch = {part: np.stack([row[part] for row in rows]) for part in rows[0]}
    drawn = np.stack([policy.predict(batch, deterministic=False)[0] for _ in range(20)])
    assert rows[0]["action_mask"][drawn[:, :2]].all()
    assert len(set(drawn[:, 0])) > 1
    assert not drawn[:, 2].any()


def test_a_policy_that_was_not_seeded_draws_from_the_stream_of_seed_0():
    env = mdpzoo.make("mdpzoo/TSP-v0", num_nodes=20)
    observation, _ = env.reset(seed=0)
    fresh, seeded = policy_of(env), policy_of(env)
    seeded.generator = torch.Generator().manual_seed(0)
    one, two = ([int(each.predict(observation, deterministic=False)[0]) for _ in range(10)] for each in (fresh, seeded))
    assert one == two
