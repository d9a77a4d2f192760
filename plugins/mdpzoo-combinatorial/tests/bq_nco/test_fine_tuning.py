import numpy as np
import pytest
import torch
from sb3_contrib import MaskablePPO
from stable_baselines3.common.evaluation import evaluate_policy

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.fine_tuning import MaskableBQPolicy
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings

NODES, CUSTOMERS = "num_nodes", "num_customers"
SIZES = {"TSP": NODES, "ATSP": NODES, "CVRP": CUSTOMERS, "OP": CUSTOMERS, "Knapsack": "num_items"}
SMALL = network_settings(width=32, layers=2, heads=2)


def made(tmp_path, name, form, **settings):
    """A model that starts from an untrained network, its environments, and the network's agent."""
    agent = BQNCO(problem=name, network=SMALL, size=8, seed=3)
    agent.save(tmp_path / "start")
    env = mdpzoo.make_sb3(f"mdpzoo/{name}-v0", 4, **{SIZES[name]: 8}, form=form)
    kwargs = {"features_extractor_kwargs": {"checkpoint": str(tmp_path / "start.safetensors")}}
    model = MaskablePPO(MaskableBQPolicy, env, policy_kwargs=kwargs, n_steps=32, batch_size=64, seed=0, **settings)
    return model, env, agent


@pytest.mark.parametrize("form", ["direct", "bq"])
@pytest.mark.parametrize("name", SIZES)
def test_before_the_first_update_the_network_plays_as_it_did(tmp_path, name, form):
    model, env, agent = made(tmp_path, name, form)
    observation = env.reset()
    for _ in range(5):
        action, _ = model.predict(observation, deterministic=True)
        np.testing.assert_array_equal(action, agent.predict(observation)[0])
        observation, *_ = env.step(action)


def test_learning_changes_the_network_and_never_plays_an_illegal_action(tmp_path):
    model, env, _ = made(tmp_path, "CVRP", "bq")
    before = [each.clone() for each in model.policy.features_extractor.network.parameters()]
    model.learn(256)
    after = model.policy.features_extractor.network.parameters()
    assert any(not torch.equal(one, two) for one, two in zip(before, after, strict=True))
    mean, _ = evaluate_policy(model, env, n_eval_episodes=8, warn=False)
    assert mean > -20  # an illegal action costs more


def test_a_fine_tuned_model_is_saved_and_loaded_by_stable_baselines(tmp_path):
    model, env, _ = made(tmp_path, "TSP", "direct")
    model.learn(128).save(tmp_path / "model")
    again = MaskablePPO.load(tmp_path / "model", env)
    observation = env.reset()
    np.testing.assert_array_equal(*(each.predict(observation, deterministic=True)[0] for each in (again, model)))


def test_a_checkpoint_of_another_problem_is_refused():
    env = mdpzoo.make_sb3("mdpzoo/TSP-v0", 2, num_nodes=8)
    kwargs = {"features_extractor_kwargs": {"checkpoint": "knapsack"}}
    with pytest.raises(SettingError, match="Knapsack"):
        MaskablePPO(MaskableBQPolicy, env, policy_kwargs=kwargs)


def test_dense_layers_are_refused():
    env = mdpzoo.make_sb3("mdpzoo/TSP-v0", 2, num_nodes=8)
    with pytest.raises(SettingError, match="net_arch"):
        MaskablePPO(MaskableBQPolicy, env, policy_kwargs={"net_arch": [8]})
