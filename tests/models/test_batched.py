"""One model through its three faces: Python numbers, tensors, compiled arrays."""

import numpy as np
import pytest

from mdpzoo.interop.shells.compiled_vector import CompiledVectorEnv
from mdpzoo.interop.shells.model_env import ModelEnv
from mdpzoo.interop.shells.tensor_vector import TensorVectorEnv
from mdpzoo.models import TabularMDP
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


def test_an_illegal_action_ends_its_row_where_it_stands():
    env = CompiledVectorEnv(coin_walk(6).batched(), 4)
    before, _ = env.reset(seed=0)
    seen, reward, terminated, _, infos = env.step(np.array([-1, 0, 2, 1]))
    assert infos["illegal"].tolist() == terminated.tolist() == [True, False, True, False]
    assert (seen[[0, 2]] == before[[0, 2]]).all()
    assert reward[0] == reward[2] == 0
