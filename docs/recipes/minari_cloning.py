"""Minari: record a policy of the zoo, read the data set with Minari alone, and clone the policy from it.

python minari_cloning.py
"""

# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "mdpzoo[minari]", "mdpzoo-horizon", "mdpzoo-nonstationary",
#     "minari[hdf5]==0.5.4", "stable-baselines3==2.9.2", "torch==2.13.0",
# ]
# ///

import os
import tempfile

import gymnasium
import minari
import numpy as np
import torch
from torch import nn

import mdpzoo
from mdpzoo.records import record

ENVIRONMENT, DATASET, LIMIT = "mdpzoo/RandomMDP-v0", "random-mdp/optimal-v0", 100


def write_dataset() -> float:
    """Records twenty episodes of the optimal policy, and returns their mean return."""
    env = mdpzoo.make(ENVIRONMENT, max_episode_steps=LIMIT)
    trajectories = record(mdpzoo.make_agent("optimal", env), env, episodes=20, seed=0)
    trajectories.to_minari(DATASET)
    return float(trajectories.returns.mean())


def clone(dataset: minari.MinariDataset) -> nn.Module:
    """Behaviour cloning: a network from one-hot observations to actions, fitted by cross-entropy."""
    episodes = list(dataset.iterate_episodes())
    seen = torch.from_numpy(np.concatenate([each.observations[:-1] for each in episodes]))
    acted = torch.from_numpy(np.concatenate([each.actions for each in episodes]))
    states, actions = int(dataset.observation_space.n), int(dataset.action_space.n)
    network = nn.Sequential(nn.Embedding(states, 32), nn.ReLU(), nn.Linear(32, actions))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(200):
        loss = nn.functional.cross_entropy(network(seen), acted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network


def mean_return(network: nn.Module, env: gymnasium.Env, episodes: int = 20) -> float:
    """Plays the network's most likely actions."""
    total = 0.0
    for episode in range(episodes):
        observation, _ = env.reset(seed=1_000 + episode)
        ended = False
        while not ended:
            with torch.no_grad():
                action = int(network(torch.tensor(observation)).argmax())
            observation, reward, terminated, truncated, _ = env.step(action)
            total += float(reward)
            ended = terminated or truncated
    return total / episodes


def main() -> None:
    """Writes, reads, clones and plays."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MINARI_DATASETS_PATH"] = folder
        expert = write_dataset()
        dataset = minari.load_dataset(DATASET)
        print(f"{dataset.id}: {dataset.total_episodes} episodes, {dataset.total_steps} steps")
        env = dataset.recover_environment()
        untrained = mean_return(nn.Sequential(nn.Embedding(50, 4)), env)
        cloned = mean_return(clone(dataset), env)
    print(f"mean return: untrained {untrained:.1f}, cloned {cloned:.1f}, expert {expert:.1f}")
    if not cloned > untrained + 0.8 * (expert - untrained):
        raise SystemExit("the clone does not play like the expert")


if __name__ == "__main__":
    main()
