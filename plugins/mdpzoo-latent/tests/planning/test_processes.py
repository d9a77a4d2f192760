import numpy as np
import pytest

from mdpzoo_latent import latent_river_swim, signpost, tiger
from mdpzoo_latent.environments.random_contexts import latent_random
from mdpzoo_latent.environments.revealing_pomdps import revealing_lock, two_step
from mdpzoo_latent.planning.processes import of_latent, process_of

MODELS = {
    "signpost": signpost(),
    "river": latent_river_swim(),
    "random": latent_random(contexts=3, states=3, weights=[0.5, 0.3, 0.2]),
    "tiger": tiger(),
    "two_step": two_step(),
    "lock": revealing_lock("multi-step"),
}


@pytest.fixture(params=MODELS, ids=str)
def process(request):
    return process_of(MODELS[request.param])


def test_branches_of_an_action_have_probabilities_that_sum_to_one(process):
    generator = np.random.default_rng(0)
    for x in range(process.num_visible):
        for action in range(process.num_actions):
            belief = generator.dirichlet(np.ones(process.num_hidden))
            masses = [process.pushed(belief, j).sum() for j in process.branches(x, action)]
            assert sum(masses) == pytest.approx(1)


def test_first_observations_have_probabilities_that_sum_to_one(process):
    assert process.roots.sum() == pytest.approx(1)
    assert len(process.roots) == len(process.root_states) == len(process.root_labels)


def test_the_joint_table_is_a_table_of_probabilities(process):
    table = process.joint()
    assert table.shape == (process.num_actions, *[process.num_visible * process.num_hidden] * 2)
    np.testing.assert_allclose(table.sum(-1), 1)


def test_branches_are_only_those_that_can_be_taken(process):
    assert (process.kernels > 0).any(axis=(1, 2)).all()
    assert process.width == max(
        len(process.branches(x, action)) for x in range(process.num_visible) for action in range(process.num_actions)
    )


def test_a_latent_mdps_hidden_part_stays():
    process = process_of(MODELS["random"])
    assert process.kernels.shape[2] == 1
    table = process.joint().reshape(2, 3, 3, 3, 3)
    for one in range(3):
        for other in range(3):
            assert one == other or (table[:, :, one, :, other] == 0).all()


def test_the_joint_table_of_a_latent_mdp_holds_its_kernels():
    model = MODELS["random"]
    table = process_of(model).joint().reshape(2, 3, 3, 3, 3)  # action, state, context, next state, next context
    for context in range(3):
        np.testing.assert_array_equal(table[:, :, context, :, context].transpose(1, 0, 2), model.transitions[context])


def test_tigers_branches_are_what_is_heard():
    process = process_of(tiger())
    assert [process.labels[j] for j in process.branches(0, 0)] == [0, 1]
    belief = process.pushed(np.array([0.5, 0.5]), process.branches(0, 0)[0])
    np.testing.assert_allclose(belief, [0.425, 0.075])
    assert process.root_labels.tolist() == [2]


def test_a_first_observation_is_a_root_of_its_own():
    process = process_of(revealing_lock("one-step", positions=2))
    assert process.root_labels.tolist() == [0, 1]
    np.testing.assert_allclose(process.roots.sum(1), 0.5)


def test_first_states_carry_the_contexts_probabilities():
    kernels = np.full((2, 2, 1, 2), 0.5)
    process = of_latent(kernels, np.zeros((2, 2, 1)), np.array([[0.2, 0.1], [0.0, 0.7]]))
    np.testing.assert_allclose(process.roots, [[0.2, 0.0], [0.1, 0.7]])
