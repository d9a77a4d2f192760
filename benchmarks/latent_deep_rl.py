"""Deep RL in latent MDPs against the exact optimum: PPO on observations, PPO on beliefs, RecurrentPPO on histories.

    python benchmarks/latent_deep_rl.py LatentSignpost LatentBandit --seeds 0 1 2

One run takes at most 15 CPU-minutes.
"""

import argparse
import time
from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
import torch
from sb3_contrib import RecurrentPPO
from science.row_printing import add_rows, show
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecEnv

import mdpzoo
from mdpzoo_latent import BeliefObservation, HistoryObservation, StateObservation, plan

ENVS, EPISODES = 32, 20_000
SETTINGS: dict[str, Any] = {"gamma": 1.0, "gae_lambda": 0.95, "ent_coef": 0.01, "learning_rate": 1e-3}
COOLED = 0.3  # at first; falls to 0 over the first 0.7 of the steps, else looking is given up before it is understood
LEARNERS: dict[str, tuple[Any, str, Any, dict[str, Any]]] = {
    "PPO on observation": (PPO, "MlpPolicy", StateObservation, {"batch_size": 512}),
    "PPO on belief": (PPO, "MlpPolicy", BeliefObservation, {"batch_size": 512}),
    "RecurrentPPO on history": (
        RecurrentPPO,
        "MlpLstmPolicy",
        HistoryObservation,
        {
            "batch_size": 512,
            "n_epochs": 6,
            "ent_coef": COOLED,
            "gae_lambda": 1.0,
            "policy_kwargs": {"lstm_hidden_size": 64, "net_arch": [64]},
        },
    ),
}
STEPS = {
    "LatentSignpost": {"PPO on observation": 200_000, "PPO on belief": 150_000, "RecurrentPPO on history": 600_000},
    "LatentBandit": {"RecurrentPPO on history": 320_000},
}
OWN = {"LatentBandit": {"ent_coef": 0.01, "gae_lambda": 0.95}}  # it has no looking that must be understood first


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("environments", nargs="+", choices=STEPS)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--learners", nargs="*", default=list(LEARNERS))
    add_rows(parser)
    given = parser.parse_args()
    torch.set_num_threads(1)
    show(measured(given.environments, given.learners, given.seeds), given.rows)


def measured(environments: list[str], learners: list[str], seeds: list[int]) -> Iterator[dict[str, Any]]:
    """Yields a row for each environment and learner: shares of the optimum by seed, mean CPU-seconds."""
    for environment in environments:
        for learner in [each for each in learners if each in STEPS[environment]]:
            runs = []
            for seed in seeds:
                runs.append(measure(environment, learner, seed))
                print(f"{environment}, {learner}, seed {seed}: {runs[-1]['fraction']:.3f}", flush=True)
            yield {
                "environment": f"mdpzoo/{environment}-v0",
                "learner": learner,
                "steps": STEPS[environment][learner],
                "shares": [each["fraction"] for each in runs],
                "standard_errors": [each["standard_error"] for each in runs],
                "optimum": runs[0]["optimum"],
                "cpu_seconds": float(np.mean([each["cpu_seconds"] for each in runs])),
            }


def measure(environment: str, learner: str, seed: int) -> dict[str, Any]:
    """Trains one learner, and returns its mean return beside the optimum."""
    began = time.process_time()
    kind, policy, wrapper, own = LEARNERS[learner]
    rules = mdpzoo.make(f"mdpzoo/{environment}-v0").unwrapped.rules
    exact = plan(rules)
    assert exact.exact
    envs = make_vec_env(lambda: _wrapped(environment, wrapper), ENVS, seed=seed)
    rollout = {"n_steps": 4 * rules.horizon, **SETTINGS, **own, **OWN.get(environment, {})}
    agent = kind(policy, envs, seed=seed, device="cpu", **rollout)
    steps = STEPS[environment][learner]
    agent.learn(steps, callback=_Cooling(steps) if agent.ent_coef == COOLED else None)
    returns = play(agent, make_vec_env(lambda: _wrapped(environment, wrapper), 100, seed=10_000 + seed))
    return {
        "environment": environment,
        "learner": learner,
        "seed": seed,
        "steps": steps,
        "settings": dict(rollout),
        "return": float(returns.mean()),
        "standard_error": float(returns.std() / np.sqrt(len(returns))),
        "optimum": exact.value,
        "informed": exact.informed,
        "fraction": float(returns.mean() / exact.value),
        "cpu_seconds": time.process_time() - began,
    }


class _Cooling(BaseCallback):
    """Lets the entropy coefficient fall to 0."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._steps = steps

    def _on_rollout_start(self) -> None:
        self.model.ent_coef = COOLED * max(0.0, 1.0 - self.num_timesteps / (0.7 * self._steps))

    def _on_step(self) -> bool:
        return True


def play(agent: Any, envs: VecEnv) -> np.ndarray:
    """Returns the undiscounted returns of the deterministic policy, ``[EPISODES]``."""
    observations, state = envs.reset(), None
    starts, returns = np.ones(envs.num_envs, bool), np.zeros(envs.num_envs)
    found: list[float] = []
    while len(found) < EPISODES:
        actions, state = agent.predict(observations, state=state, episode_start=starts, deterministic=True)
        observations, rewards, starts, _ = envs.step(actions)
        returns += rewards
        found += returns[starts].tolist()
        returns[starts] = 0.0
    return np.array(found)


def _wrapped(environment: str, wrapper: Any) -> gymnasium.Env[Any, Any]:
    return wrapper(mdpzoo.make(f"mdpzoo/{environment}-v0"))


if __name__ == "__main__":
    main()
