"""The same trajectories on every device that this machine has; on CUDA, PyTorch itself raises where a step waits."""

import numpy as np
import pytest
import torch

import mdpzoo
from mdpzoo import registry
from mdpzoo.checks.environments.synchronisation import NoSynchronisation
from mdpzoo.codes import build
from mdpzoo.protocols import BatchedProblem

WITHOUT = "this machine has no CUDA device"
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason=WITHOUT))]
VARIANTS = [
    ("mdpzoo/RiverSwim-v0", {}),  # a random number in every step
    ("mdpzoo/TSP-v0", {"num_nodes": 9, "form": "direct"}),  # a mask
    ("mdpzoo/TSP-v0", {"num_nodes": 9, "form": "bq"}),  # a shrinking state
    ("mdpzoo/ATSP-v0", {"num_nodes": 9, "form": "bq"}),  # a matrix in every row
    ("mdpzoo/CVRP-v0", {"num_customers": 9, "form": "direct"}),  # two ways to each token
    ("mdpzoo/OP-v0", {"num_customers": 9, "form": "bq"}),  # episodes of many lengths
    ("mdpzoo/Knapsack-v0", {"num_items": 9, "form": "direct"}),  # no way at all
]


def legal(observation):
    """The last legal action of every row: later ones first, so that orders differ from row to row."""
    if not isinstance(observation, dict):
        return observation % 2
    mask = observation["action_mask"]
    return mask.shape[1] - 1 - mask.flip(1).int().argmax(1)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("id", "settings"), VARIANTS)
@pytest.mark.parametrize("mode", ["next_step", "same_step"])
def test_a_device_plays_what_numpy_output_shows(id, settings, mode, device):
    shared = {"autoreset_mode": mode, "max_episode_steps": 6, **settings}
    tensors = mdpzoo.make_vec(id, 5, output="torch", device=device, **shared)
    arrays = mdpzoo.make_vec(id, 5, **shared)
    seen, shown = tensors.reset(seed=3)[0], arrays.reset(seed=3)[0]
    for _ in range(20):
        action = legal(seen)
        seen, reward, terminated, truncated, _ = tensors.step(action)
        shown, reward_, terminated_, truncated_, _ = arrays.step(action.cpu().numpy())
        assert reward.device.type == device
        assert np.allclose(reward.cpu(), reward_, atol=1e-5)
        assert np.array_equal(terminated.cpu(), terminated_)
        assert np.array_equal(truncated.cpu(), truncated_)
        pairs = [(seen[key], shown[key]) for key in seen] if isinstance(seen, dict) else [(seen, shown)]
        assert all(np.allclose(one.cpu(), other, atol=1e-6) for one, other in pairs)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("id", "settings"), VARIANTS)
def test_the_rules_never_wait_for_the_device(id, settings, device):
    built = build(registry.environment(id).rules, settings)
    dense = built if isinstance(built, BatchedProblem) else built.batched()
    rules = dense if device == "cpu" else dense.to(device)  # on the CPU ``to`` may compile what is to be watched here
    draws = torch.full((4, rules.initial_draws), 0.3, dtype=torch.float64, device=device)
    step_draws = torch.full((4, rules.step_draws), 0.3, dtype=torch.float64, device=device)
    with NoSynchronisation():
        state = rules.initial(draws)
        for _ in range(3):
            state = rules.step(state, legal(rules.observe(state)), step_draws).state


@pytest.mark.skipif(not torch.cuda.is_available(), reason=WITHOUT)
@pytest.mark.parametrize(("id", "settings"), VARIANTS)
@pytest.mark.parametrize("mode", ["next_step", "same_step"])
def test_the_shell_never_waits_for_cuda(id, settings, mode):
    envs = mdpzoo.make_vec(id, 64, output="torch", device="cuda", autoreset_mode=mode, **settings)
    observation, _ = envs.reset(seed=0)
    with NoSynchronisation():
        for _ in range(20):
            observation, *_ = envs.step(legal(observation))
