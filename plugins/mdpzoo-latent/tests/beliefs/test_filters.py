import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo.models import LatentMDP
from mdpzoo_latent import BeliefFilter, signpost, tiger
from mdpzoo_latent.environments.random_contexts import latent_random


def test_a_signpost_read_twice_by_bayes_rule():
    seen = BeliefFilter(signpost(accuracy=0.8))
    assert seen.start(0).tolist() == [0.5, 0.5]
    np.testing.assert_allclose(seen.update(2, 1), [0.8, 0.2])
    np.testing.assert_allclose(seen.update(0, 0), [0.8, 0.2])  # the way back tells nothing
    np.testing.assert_allclose(seen.update(2, 1), [16 / 17, 1 / 17])  # 0.8^2 against 0.2^2
    seen.update(1, 0)
    np.testing.assert_allclose(seen.update(2, 2), [0.8, 0.2])


def test_weights_and_first_states_are_evidence():
    model = LatentMDP.from_arrays(np.full((2, 2, 1, 2), 0.5), np.zeros((2, 2, 1)), [[0.9, 0.1], [0.5, 0.5]], [0.2, 0.8])
    np.testing.assert_allclose(BeliefFilter(model).start(1), [0.02 / 0.42, 0.4 / 0.42])


def test_a_hidden_state_that_moves_is_filtered_too():
    seen = BeliefFilter(tiger())
    seen.start(2)
    np.testing.assert_allclose(seen.update(0, 0), [0.85, 0.15])
    np.testing.assert_allclose(seen.update(1, 1), [0.5, 0.5])  # a door was opened


def test_beliefs_are_the_frequencies_of_contexts_given_what_was_seen():
    model = latent_random(contexts=2, states=2, seed=3, horizon=3)
    envs = mdpzoo.make_vec(model, 40_000, reveal="always")
    first, infos = envs.reset(seed=0)
    path = [first, *(envs.step(np.full(40_000, action))[0] for action in (0, 1))]
    same = (path[1] == 1) & (path[2] == 0)
    seen = BeliefFilter(model)
    seen.start(0)
    seen.update(0, 1)
    # 40,000 episodes, thousands of them with this history
    assert infos["context"][same].mean() == pytest.approx(seen.update(1, 0)[1], abs=0.03)


def test_a_long_episode_does_not_underflow():
    kernels = np.array([[[[0.9, 0.1]], [[0.9, 0.1]]], [[[0.1, 0.9]], [[0.1, 0.9]]]])
    seen = BeliefFilter(LatentMDP.from_arrays(kernels, np.zeros((2, 2, 1))))
    seen.start(0)
    for _ in range(1_000):
        seen.update(0, 0)
    for _ in range(1_000):  # as much evidence for the other context: in probabilities it would have been lost
        seen.update(0, 1)
    np.testing.assert_allclose(seen.belief, [0.5, 0.5], atol=1e-9)


def test_what_the_model_excludes_is_an_error():
    seen = BeliefFilter(signpost())
    with pytest.raises(SettingError, match="no episode begins with observation 1"):
        seen.start(1)
    seen.start(0)
    with pytest.raises(SettingError, match="observation 1 cannot follow action 0 after observation 0"):
        seen.update(0, 1)
