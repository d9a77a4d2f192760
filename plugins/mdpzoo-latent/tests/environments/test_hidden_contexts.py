"""The context must not leak: not through infos, observations, pictures, names or the first state."""

import numpy as np
import pytest

import mdpzoo
from mdpzoo import registry

OWN = [id for id in mdpzoo.environments() if registry.owner(id) == "mdpzoo-latent"]
FACT = {id: "context" if "Latent" in id else "hidden_state" for id in OWN}


@pytest.mark.parametrize("id", OWN)
def test_no_info_of_any_face_names_the_fact(id):
    env = mdpzoo.make(id)
    _, info = env.reset(seed=0)
    seen = [info]
    ended = False
    while not ended:
        _, _, ended, _, info = env.step(env.action_space.sample())
        seen.append(info)
    envs = mdpzoo.make_vec(id, 3)
    seen.append(envs.reset(seed=0)[1])
    seen += [envs.step(np.zeros(3, int))[4] for _ in range(30)]
    assert not any(FACT[id] in key for each in seen for key in each)


@pytest.mark.parametrize("id", [id for id in OWN if "Latent" in id])
def test_the_first_observation_says_nothing_of_the_context(id):
    envs = mdpzoo.make_vec(id, 5_000, reveal="always")
    observations, infos = envs.reset(seed=1)
    contexts = infos["context"]
    assert len(set(contexts)) > 1
    for state in set(observations.tolist()):
        inside = contexts[observations == state]
        shares, overall = (np.bincount(each, minlength=contexts.max() + 1) / len(each) for each in (inside, contexts))
        np.testing.assert_allclose(shares, overall, atol=0.05)


@pytest.mark.parametrize("id", OWN)
def test_the_last_info_alone_reveals_at_the_end(id):
    env = mdpzoo.make(id, reveal="end")
    _, info = env.reset(seed=0)
    ended, told = False, [FACT[id] in info]
    while not ended:
        _, _, ended, _, info = env.step(0)
        told.append(FACT[id] in info)
    assert told[:-1] == [False] * (len(told) - 1)
    assert told[-1]


@pytest.mark.parametrize("id", OWN)
def test_names_say_nothing(id):
    env = mdpzoo.make(id)
    env.reset(seed=0)
    assert FACT[id] not in repr(env) + str(env) + repr(env.unwrapped.rules)
