"""Attention over tokens against a greedy baseline, and against SB3's perceptron, after so many CPU-minutes.

    python benchmarks/attention_in_time.py --problem knapsack50 --agents attention --seeds 0 1 2 --minutes 5
    python benchmarks/attention_in_time.py --problem TSP20 --agents mlp mlp+attention --seeds 0 --minutes 4

What a study cannot say: rewards are normalised, the learning rate falls to zero with the CPU time, and networks are
given by their classes. So a rerun does not repeat the digits; ``science/studies/attention.toml`` compares the attention
agent on routing problems with the same settings at equal steps. The baseline takes the nearest node that is legal, or
the best value by weight. All play the same 1,000 instances, which no training has seen: the mean return, and the 95 %
interval of the mean difference to the baseline, paired.

Agents: ``attention`` is MaskablePPO with the attention policy, ``mlp`` SB3's own ``MultiInputPolicy``, dense layers
over the flattened observation, ``mlp+attention`` the same policy with the attention extractor below its dense layers.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from sb3_contrib import MaskablePPO
from science.row_printing import add_rows, show
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecNormalize

import mdpzoo
from mdpzoo_combinatorial.attention import AttentionExtractor, MaskableAttentionPolicy

PROBLEMS: dict[str, tuple[str, dict[str, int]]] = {
    "TSP20": ("mdpzoo/TSP-v0", {"num_nodes": 20}),
    "knapsack50": ("mdpzoo/Knapsack-v0", {"num_items": 50}),
}
AGENTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "attention": (MaskableAttentionPolicy, {}),
    "mlp": ("MultiInputPolicy", {}),
    "mlp+attention": ("MultiInputPolicy", {"features_extractor_class": AttentionExtractor}),
}
ROWS, INSTANCES, EVALUATION_SEED = 256, 1000, 1_000_000
RATE = 3e-4
SETTINGS = {
    "n_steps": 20,
    "batch_size": 512,
    "n_epochs": 3,
    "gamma": 1.0,
    "gae_lambda": 0.95,
    "ent_coef": 0.0,
}


class Budget(BaseCallback):
    """Ends training when the CPU time is spent."""

    def __init__(self, seconds: float) -> None:
        """Starts the clock."""
        super().__init__()
        self.seconds, self.began = seconds, time.process_time()

    def left(self) -> float:
        """The share of the budget that is left, in [0, 1]."""
        return max(0.0, 1.0 - (time.process_time() - self.began) / self.seconds)

    def _on_step(self) -> bool:
        return self.left() > 0


def train(problem: str, agent: str, seed: int, seconds: float) -> tuple[MaskablePPO, float]:
    """Trains on fresh instances; returns the model and the CPU-seconds spent on all of it."""
    id, sizes = PROBLEMS[problem]
    budget = Budget(seconds)
    envs = VecNormalize(mdpzoo.make_sb3(id, ROWS, **sizes), norm_obs=False, gamma=SETTINGS["gamma"])
    policy, arguments = AGENTS[agent]
    model = MaskablePPO(
        policy,
        envs,
        learning_rate=lambda _: RATE * budget.left(),
        policy_kwargs=arguments,
        seed=10_000 * (1 + seed),
        device="cpu",
        **SETTINGS,
    )
    model.learn(10**9, callback=budget)
    return model, time.process_time() - budget.began


def returns(problem: str, act: Callable[[dict[str, np.ndarray]], np.ndarray], seed: int) -> np.ndarray:
    """The returns ``[INSTANCES]`` of one episode on each common instance."""
    id, sizes = PROBLEMS[problem]
    envs = mdpzoo.make_vec(id, INSTANCES, autoreset_mode="disabled", **sizes)
    observation, _ = envs.reset(seed=seed)
    total, ended = np.zeros(INSTANCES), np.zeros(INSTANCES, bool)
    while not ended.all():
        observation, reward, ended, *_ = envs.step(act(observation))
        total += reward
    return total


def greedy(observation: dict[str, np.ndarray]) -> np.ndarray:
    """Actions ``[B]``: the best value by weight; the nearest node."""
    mask = observation["action_mask"]
    if "weight" in observation:
        score = observation["value"] / np.maximum(observation["weight"], 1e-9)
    else:
        score = -observation["distance"]
    return np.where(mask, score, -np.inf).argmax(1)


def decisive(model: MaskablePPO) -> Callable[[dict[str, np.ndarray]], np.ndarray]:
    """The policy that takes the likeliest action; it sees the mask in the observation."""
    return lambda observation: model.predict(observation, deterministic=True, action_masks=observation["action_mask"])[
        0
    ]


def measured(problem: str, agents: list[str], seeds: list[int], seconds: float) -> Iterator[dict[str, Any]]:
    """Trains each agent with each seed and yields its row, then the baseline's."""
    base = returns(problem, greedy, EVALUATION_SEED)
    for agent in agents:
        for seed in seeds:
            model, spent = train(problem, agent, seed, seconds)
            found = returns(problem, decisive(model), EVALUATION_SEED)
            better = found - base
            half = 1.96 * better.std(ddof=1) / INSTANCES**0.5
            row = {"problem": problem, "agent": agent, "seed": seed, "mean_return": found.mean()}
            row |= {"low": better.mean() - half, "high": better.mean() + half}
            row["better"] = 100 * better.mean() / abs(base.mean())
            yield row | {"cpu_seconds": spent, "million_steps": model.num_timesteps / 1e6}
    yield {"problem": problem, "agent": "greedy baseline", "mean_return": base.mean()}


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problem", choices=PROBLEMS, required=True)
    parser.add_argument("--agents", nargs="*", default=["attention"], choices=AGENTS)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--minutes", type=float, default=5.0, help="CPU time of each agent")
    add_rows(parser)
    options = parser.parse_args()
    torch.set_num_threads(1)
    show(measured(options.problem, options.agents, options.seeds, 60 * options.minutes), options.rows)


if __name__ == "__main__":
    main()
