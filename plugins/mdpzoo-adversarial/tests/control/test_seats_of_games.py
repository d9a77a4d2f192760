"""Either side of a control game as a Gymnasium environment."""

import numpy as np
import pytest
from pettingzoo.test import parallel_api_test, parallel_seed_test
from stable_baselines3 import SAC
from stable_baselines3.common.env_checker import check_env

import mdpzoo
from mdpzoo_adversarial.agents.conditioned_policies import IdlePolicy
from mdpzoo_adversarial.control.robots import ROBOTS

IDS = [f"mdpzoo/Adversarial{name}-v0" for name in ("CartPole", "LQ", *ROBOTS)]
OWN, OTHER = "protagonist", "adversary"


def seat(id, player, **settings):
    other = OTHER if player == OWN else OWN
    return mdpzoo.seat(id, player, IdlePolicy(mdpzoo.make_parallel(id).action_space(other)), **settings)


@pytest.mark.parametrize("id", IDS)
@pytest.mark.parametrize("player", [OWN, OTHER])
def test_both_seats_pass_sb3s_checker(id, player):
    check_env(seat(id, player).unwrapped, warn=False)


@pytest.mark.parametrize("id", IDS)
def test_games_pass_pettingzoos_tests(id):
    parallel_api_test(mdpzoo.make_parallel(id, max_cycles=30), num_cycles=40)
    parallel_seed_test(lambda: mdpzoo.make_parallel(id), num_cycles=10)


@pytest.mark.parametrize("id", ["mdpzoo/AdversarialHopper-v0", "mdpzoo/AdversarialHalfCheetah-v0"])
def test_truncation_of_a_simulator_reaches_sb3(id):
    envs = seat(id, OWN, num_envs=1, output="sb3", max_cycles=4)
    envs.seed(0)
    envs.reset()
    size = envs.action_space.shape
    results = [envs.step(np.zeros((1, *size), np.float32)) for _ in range(4)]
    assert [bool(each[2][0]) for each in results] == [False, False, False, True]
    assert results[-1][3][0]["TimeLimit.truncated"]
    assert results[-1][3][0]["terminal_observation"].shape == envs.observation_space.shape


def test_sb3_learns_in_either_seat_against_a_frozen_sb3_player():
    quick = {"learning_starts": 20, "batch_size": 8, "buffer_size": 200, "policy_kwargs": {"net_arch": [8]}}
    id = "mdpzoo/AdversarialInvertedPendulum-v0"
    first = SAC("MlpPolicy", seat(id, OWN), **quick).learn(30)
    second = SAC("MlpPolicy", mdpzoo.seat(id, OTHER, {OWN: first}), **quick).learn(30)
    assert second.predict(np.zeros(4))[0].shape == (2,)
