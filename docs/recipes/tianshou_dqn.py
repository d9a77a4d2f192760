"""Tianshou: its DQN on an environment of the zoo.

Tianshou makes vector environments of its own out of single ones. Its networks take arrays of numbers, so Gymnasium's
``FlattenObservation`` makes a state of 50 into a vector of 50 entries, one of them 1.

    python tianshou_dqn.py
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["mdpzoo", "mdpzoo-horizon", "tianshou==2.0.1", "torch==2.13.0"]
# ///

import gymnasium
import numpy as np
import torch
from gymnasium.wrappers import FlattenObservation
from tianshou.algorithm import DQN
from tianshou.algorithm.modelfree.dqn import DiscreteQLearningPolicy
from tianshou.algorithm.optim import AdamOptimizerFactory
from tianshou.data import Collector, CollectStats, VectorReplayBuffer
from tianshou.env import DummyVectorEnv
from tianshou.trainer import OffPolicyTrainerParams
from tianshou.utils.net.common import Net

import mdpzoo

NUM_ENVS = 8


def environment() -> gymnasium.Env:
    """A continuing task of 50 states, cut after 100 steps."""
    return FlattenObservation(mdpzoo.make("mdpzoo/RandomMDP-v0", max_episode_steps=100))


def mean_return(algorithm: DQN, episodes: int = 40) -> float:
    """Plays episodes that training does not see, without exploration."""
    envs = DummyVectorEnv([environment] * NUM_ENVS)
    envs.seed([1_000 + row for row in range(NUM_ENVS)])
    collector = Collector[CollectStats](algorithm, envs)
    collector.reset()
    return float(collector.collect(n_episode=episodes).returns.mean())


def main() -> None:
    """Trains for about ten seconds on one core."""
    torch.set_num_threads(1)
    np.random.seed(0)  # noqa: NPY002  Tianshou draws from NumPy's global stream
    torch.manual_seed(0)
    env = environment()
    network = Net(state_shape=env.observation_space.shape, action_shape=env.action_space.n, hidden_sizes=[64])
    policy = DiscreteQLearningPolicy(model=network, action_space=env.action_space, eps_training=0.2)
    algorithm = DQN(policy=policy, optim=AdamOptimizerFactory(lr=2e-3), gamma=0.9, target_update_freq=100)
    envs = DummyVectorEnv([environment] * NUM_ENVS)
    envs.seed(list(range(NUM_ENVS)))
    collector = Collector[CollectStats](algorithm, envs, VectorReplayBuffer(20_000, NUM_ENVS), exploration_noise=True)
    before = mean_return(algorithm)
    settings = OffPolicyTrainerParams(
        training_collector=collector,
        max_epochs=1,
        epoch_num_steps=12_000,
        collection_step_num_env_steps=80,
        update_step_num_gradient_steps_per_sample=0.2,
        batch_size=128,
        verbose=False,
        show_progress=False,
    )
    algorithm.run_training(settings)
    after = mean_return(algorithm)
    print(f"mean return before and after training: {before:.1f}, {after:.1f}")
    if not after > before + 10:
        raise SystemExit("nothing was learned")


if __name__ == "__main__":
    main()
