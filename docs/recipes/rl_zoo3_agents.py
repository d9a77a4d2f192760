"""RL Baselines3 Zoo: its commands with the zoo's environments, agents and search spaces, by one import.

``add_agents()`` puts the zoo's agents into the tables of ``rl_zoo3``. From a shell, ``python -m mdpzoo.interop.rl_zoo3
train`` and ``... enjoy`` are the same. The folder of logs is one that ``mdpzoo report`` reads.

    python rl_zoo3_agents.py
"""

# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "mdpzoo[report]", "mdpzoo-example", "mdpzoo-horizon",
#     "rl-zoo3==2.9.2", "stable-baselines3==2.9.2", "sb3-contrib==2.9.2", "torch==2.13.0",
#     "requests", "pandas",  # rl_zoo3 imports them, the latter to write a search, and does not declare them
# ]
# ///

import contextlib
import csv
import io
import sys
import tempfile
from pathlib import Path

import numpy as np
from rl_zoo3.enjoy import enjoy
from rl_zoo3.train import train

from mdpzoo.interop.rl_zoo3 import add_agents
from mdpzoo.report import read_results

ENVIRONMENT = "mdpzoo/RandomMDP-v0"
GIVEN = f"--env {ENVIRONMENT} --env-kwargs max_episode_steps:100 --seed 0 --device cpu --num-threads 1".split()
TRAINING = ["--conf-file", "mdpzoo.interop.rl_zoo3", "--eval-freq", "2500", "--eval-episodes", "10", "--verbose", "0"]


def command(function, *arguments: str) -> str:
    """Runs one of rl_zoo3's commands as its shell would, and returns what it prints."""
    sys.argv = ["rl_zoo3", *GIVEN, *arguments]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        function()
    return printed.getvalue()


def learned(folder: Path, algorithm: str, steps: int, *settings: str) -> None:
    """Trains, and fails unless the last evaluation is better than the first."""
    command(train, "--algo", algorithm, "-f", str(folder), "-n", str(steps), *TRAINING, "-params", *settings)
    (file,) = folder.glob(f"{algorithm}/*/evaluations.npz")
    returns = np.load(file)["results"].mean(1)
    print(f"{algorithm}: mean return {returns[0]:.1f} in the first evaluation, {returns[-1]:.1f} in the last")
    if not returns[-1] > returns[0]:
        raise SystemExit(f"{algorithm} learned nothing")


def searched(folder: Path, algorithm: str, trials: int) -> None:
    """Searches the agent's settings as its spec says, and prints the best trial."""
    search = ["-optimize", "--n-trials", str(trials), "--n-evaluations", "2", "--no-optim-plots"]
    command(train, "--algo", algorithm, "-f", str(folder), "-n", "4000", *TRAINING, *search)
    (file,) = folder.glob(f"{algorithm}/report_*.csv")
    with file.open() as lines:
        best = max(csv.DictReader(lines), key=lambda trial: float(trial["value"]))
    settings = {name.removeprefix("params_"): best[name] for name in best if name.startswith("params_")}
    print(f"{algorithm}: best of {trials} trials {float(best['value']):.1f}, {settings}")


def main() -> None:
    """Trains an agent of rl_zoo3 and one of the zoo, plays and tunes the latter, and reports both."""
    add_agents()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        learned(folder, "ppo", 10_240, "policy:'MlpPolicy'", "n_envs:8", "n_steps:64", "batch_size:128", "gamma:0.9")
        learned(folder, "q-learning", 10_000, "discount:0.9", "learning_rate:0.3")
        print(command(enjoy, "--algo", "q-learning", "-f", name, "--no-render", "-n", "2000").splitlines()[-2])
        runs = read_results([folder]).runs
        print("mdpzoo report reads:", ", ".join(f"{run.agent} on {run.environment}, seed {run.seed}" for run in runs))
        searched(folder / "search", "q-learning", trials=4)


if __name__ == "__main__":
    main()
