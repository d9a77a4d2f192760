"""Ray RLlib: an ``env_creator`` that makes environments of the zoo, registered under one name.

RLlib pins Gymnasium 1.2, which the zoo takes too, so it has an environment of its own. The creator imports the zoo,
since RLlib calls it in other processes as well; settings come by ``env_config``. RLlib's networks take arrays of
numbers, so its ``FlattenObservations`` makes a state of 50 into a vector of 50 entries, one of them 1.

    python rllib_ppo.py
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["mdpzoo", "mdpzoo-horizon", "ray[rllib]==2.60.0", "gymnasium==1.2.2", "torch==2.13.0"]
# ///

import logging
from typing import Any

import gymnasium
import ray
import torch
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.connectors.env_to_module import FlattenObservations
from ray.tune.registry import register_env

ITERATIONS = 6


def env_creator(config: dict[str, Any]) -> gymnasium.Env:
    """Makes the environment that ``config["id"]`` names; the other entries are its settings."""
    import mdpzoo

    settings = dict(config)
    return mdpzoo.make(settings.pop("id"), **settings)


def configuration() -> PPOConfig:
    """PPO on a continuing task of 50 states, cut after 100 steps, with one process for everything."""
    return (
        PPOConfig()
        .environment("mdpzoo", env_config={"id": "mdpzoo/RandomMDP-v0", "max_episode_steps": 100})
        .env_runners(
            num_env_runners=0,
            num_envs_per_env_runner=8,
            env_to_module_connector=lambda *_, **__: FlattenObservations(),
        )
        .learners(num_learners=0)
        .training(gamma=0.9, lr=2e-3, train_batch_size=2_000, minibatch_size=250, num_epochs=5)
        .evaluation(evaluation_num_env_runners=0, evaluation_duration=20, evaluation_interval=None)
        .debugging(seed=0, log_level="ERROR")
    )


def mean_return(algorithm: Any) -> float:
    """Plays twenty episodes."""
    return float(algorithm.evaluate()["env_runners"]["episode_return_mean"])


def main() -> None:
    """Trains for half a minute on one core."""
    torch.set_num_threads(1)
    register_env("mdpzoo", env_creator)
    ray.init(num_cpus=1, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
    algorithm = configuration().build_algo()
    before = mean_return(algorithm)
    for _ in range(ITERATIONS):
        algorithm.train()
    after = mean_return(algorithm)
    algorithm.stop()
    ray.shutdown()
    print(f"mean return before and after {ITERATIONS} iterations: {before:.1f}, {after:.1f}")
    if not after > before + 10:
        raise SystemExit("nothing was learned")


if __name__ == "__main__":
    main()
