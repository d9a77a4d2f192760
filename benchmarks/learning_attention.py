"""MaskablePPO with attention over tokens against the greedy baselines, after at most 15 CPU-minutes on one thread.

One script and one set of settings for every problem: the travelling salesman and vehicle routing against the nearest
neighbour that is legal, knapsack against the best value by weight. Everything is measured on the same 1000 instances,
which no training has seen: the mean return, and the 95 % interval of the mean difference to the baseline, paired. The
budget holds all of an agent's CPU time; the learning rate falls to zero with it, so a rerun does not repeat the digits.

``--agents mlp`` trains SB3's own ``MultiInputPolicy``, dense layers over the flattened observation, in the same time,
``mlp+attention`` the same policy with the attention extractor below its dense layers.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sb3_contrib import MaskablePPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecNormalize

import mdpzoo
from mdpzoo_combinatorial.attention import AttentionExtractor, MaskableAttentionPolicy

PROBLEMS: dict[str, tuple[str, dict[str, int]]] = {
    "TSP20": ("mdpzoo/TSP-v0", {"num_nodes": 20}),
    "CVRP20": ("mdpzoo/CVRP-v0", {"num_customers": 20}),
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
HEAD = (
    "| problem | agent | seed | mean return | better than the baseline, 95 % interval | better by | training |",
    "| --- | --- | --- | --- | --- | --- | --- |",
)


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
    """Actions ``[B]``: the best value by weight; the nearest node, by way of the depot only if no other is legal."""
    mask = observation["action_mask"]
    if "weight" in observation:
        score = observation["value"] / np.maximum(observation["weight"], 1e-9)
    elif mask.shape[1] == observation["distance"].shape[1]:
        score = -observation["distance"]
    else:
        far = 10.0 + observation["distance_home"]  # any direct way is shorter
        score = -np.stack((observation["distance"], far), 2).reshape(mask.shape)
    return np.where(mask, score, -np.inf).argmax(1)


def decisive(model: MaskablePPO) -> Callable[[dict[str, np.ndarray]], np.ndarray]:
    """The policy that takes the likeliest action; it sees the mask in the observation."""
    return lambda observation: model.predict(observation, deterministic=True, action_masks=observation["action_mask"])[
        0
    ]


def baseline(problem: str, evaluation_seed: int) -> tuple[str, np.ndarray]:
    """The baseline's row and its returns."""
    found = returns(problem, greedy, evaluation_seed)
    return f"| {problem} | greedy baseline | - | {found.mean():.4f} | - | - | - |", found


def compare(problem: str, agent: str, seed: int, seconds: float, evaluation_seed: int) -> str:
    """Trains one agent; its row."""
    model, spent = train(problem, agent, seed, seconds)
    found = returns(problem, decisive(model), evaluation_seed)
    base = baseline(problem, evaluation_seed)[1]
    better = found - base
    half = 1.96 * better.std(ddof=1) / INSTANCES**0.5
    return (
        f"| {problem} | {agent} | {seed} | {found.mean():.4f} "
        f"| {better.mean() - half:+.4f} to {better.mean() + half:+.4f} "
        f"| {100 * better.mean() / abs(base.mean()):+.2f} % | {spent:.0f} s, {model.num_timesteps / 1e6:.2f} M steps |"
    )


def main() -> None:
    """Trains, evaluates and writes Markdown, a row at a time; rows that the file has already are not made again."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", nargs="*", default=list(PROBLEMS), choices=PROBLEMS)
    parser.add_argument("--agents", nargs="*", default=["attention"], choices=AGENTS)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--minutes", type=float, default=5.0, help="CPU time of each agent")
    parser.add_argument("--evaluation-seed", type=int, default=EVALUATION_SEED)
    parser.add_argument("--table", type=Path, default=Path("learning_attention.md"), help="where the rows go")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = options.table.read_text().splitlines() if options.table.exists() else list(HEAD)
    for seed in options.seeds:
        for problem in options.problems:
            for agent in options.agents:
                if not any(row.startswith(f"| {problem} | greedy") for row in rows):
                    rows.append(baseline(problem, options.evaluation_seed)[0])
                if not any(row.startswith(f"| {problem} | {agent} | {seed} |") for row in rows):
                    rows.append(compare(problem, agent, seed, 60 * options.minutes, options.evaluation_seed))
                options.table.write_text("\n".join([*HEAD, *sorted(rows[2:])]) + "\n")
    print(options.table.read_text())


if __name__ == "__main__":
    main()
