"""SB3's algorithms learn the travelling salesman of 20 nodes: mean tours after training, three seeds, on one thread.

Each agent is evaluated on the same 500 fresh instances; the interval is the bootstrap's over them, for each seed. The
plain PPO of an ordinary SB3 script (``MultiInputPolicy``, no masks) stands beside the masked ones: what it earns
includes the price of the illegal actions that end its episodes.
"""

import argparse
import time

import torch
from stable_baselines3 import PPO

import mdpzoo
from mdpzoo.experiments.evaluation import Evaluation, evaluate

NODES, EPISODES, EVALUATION_SEED = 20, 500, 1_000_000
SETTINGS = {"n_steps": 32, "batch_size": 256, "n_epochs": 5, "learning_rate": 1e-3}


def measured(agent: object, form: str) -> Evaluation:
    """Plays the common instances."""
    envs = mdpzoo.make_sb3("mdpzoo/TSP-v0", 50, num_nodes=NODES, form=form)
    envs.seed(EVALUATION_SEED)
    return evaluate(agent, envs, EPISODES)


def row(name: str, form: str, seed: str, found: Evaluation, seconds: str, random: float) -> None:
    """Prints one line of the table."""
    low, high = found.interval()
    mean = -found.returns.mean()
    print(
        f"| {name} | {form} | {seed} | {mean:.3f} | {-high:.3f} to {-low:.3f} | {100 * (mean / random - 1):+.1f} % "
        f"| {found.illegal} | {seconds} |",
        flush=True,
    )


def main() -> None:
    """Trains, evaluates and prints Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=200_000)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print("| agent | form | seed | mean tour | 95 % interval | against random | illegal of 500 | CPU-seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for form in ("direct", "bq"):
        envs = mdpzoo.make_sb3("mdpzoo/TSP-v0", 32, num_nodes=NODES, form=form)
        chance = measured(mdpzoo.make_agent("random", envs, seed=0), form)
        random = -chance.returns.mean()
        row("random", form, "0", chance, "-", random)
        row("nearest-neighbour", form, "-", measured(mdpzoo.make_agent("nearest-neighbour", envs), form), "-", random)
        for name in ("ppo", "maskable-ppo", "PPO of SB3, no masks"):
            for seed in range(options.seeds):
                if name in mdpzoo.agents():
                    agent = mdpzoo.make_agent(name, envs, seed=seed, **SETTINGS)
                else:
                    agent = PPO("MultiInputPolicy", envs, seed=seed, device="cpu", **SETTINGS)
                began = time.process_time()
                agent.learn(options.steps)
                row(name, form, str(seed), measured(agent, form), f"{time.process_time() - began:.0f}", random)


if __name__ == "__main__":
    main()
