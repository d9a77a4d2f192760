"""Adversarial training compared: SAC, RARL and QARL against their own and fresh adversaries, and over grids.

    python benchmarks/adversarial.py --game CartPole --seeds 5       # an hour of CPU time
    python benchmarks/adversarial.py --game InvertedPendulum --seeds 5
    python benchmarks/adversarial.py --game Hopper --seeds 3
    python benchmarks/adversarial.py --summary                       # the table, from what has been run

Every pair of an agent and a seed is one JSON file in ``--work``; what is there is not run again, so an interrupted
run goes on.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from science.row_printing import add_rows, show

import mdpzoo
from mdpzoo_adversarial import protagonist_returns, robustness_grid, worst_case

# A critic's target follows within 1 / (tau (1 - gamma)) gradient steps, one for every three of the game. At SB3's tau
# of .005 these are 20,000, and the pole is not held after 150,000 steps; at .02, plain SAC holds it after 45,000.
QUICK = {"policy_kwargs": {"net_arch": [64, 64]}, "tau": 0.02, "learning_rate": 1e-3}
SMALL, MEDIUM = {"policy_kwargs": {"net_arch": [64, 64]}}, {"policy_kwargs": {"net_arch": [128, 128]}, "tau": 0.02}
# steps of both players together, steps of the fresh adversary, every SAC's settings, the teacher's, grid
GAMES: dict[str, dict[str, Any]] = {
    "CartPole": {
        "steps": 150_000,
        "fresh_steps": 20_000,
        "sac": QUICK,
        # Returns are up to 99. At the released code's temperatures, of mean .05 to .001, an adversary is almost
        # rational from its first update on; these are a hundred times as high, of mean 5 to .1.
        "teacher": {"threshold": 40.0, "rate": 10.0},
        "axes": {"pole_mass": [0.05, 0.1, 0.2, 0.4, 0.8], "pole_length": [0.25, 0.5, 0.75, 1.0, 1.5]},
        # Leaning by the 12 degrees at which an episode ends, the pole resists a steady push of m g tan 12 = 0.21 N.
        # Against more, the cart must flee for ever, and the track ends: at 0.5 N after about 50 steps, whoever plays.
        "settings": {"adversary_force": 0.15},
    },
    "InvertedPendulum": {
        "steps": 60_000,
        "fresh_steps": 20_000,
        "sac": SMALL,
        "teacher": {"threshold": 40.0},
        "axes": {"mass:pole": [0.5, 1.0, 2.0, 4.0], "mass:cart": [0.5, 1.0]},
        "settings": {"force": 5.0},  # at 20 N a fresh adversary topples whatever was trained within 40 steps
    },
    "Hopper": {
        "steps": 100_000,
        "fresh_steps": 30_000,
        "sac": MEDIUM,
        "teacher": {"threshold": 40.0, "rate": 10.0},
        "axes": {"mass:torso": [0.5, 1.0, 2.0], "friction": [0.25, 1.0, 1.5]},
        "settings": {},
    },
}
AGENTS: dict[str, str] = {"sac": "unopposed-sac", "rarl": "rarl", "qarl": "qarl"}


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--game", choices=GAMES, default="CartPole")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--agents", nargs="*", choices=AGENTS, default=list(AGENTS))
    parser.add_argument("--steps", type=int, help="of training, instead of the game's own number")
    parser.add_argument("--fresh-steps", type=int, help="of the fresh adversary's training, likewise")
    parser.add_argument("--work", type=Path, default=Path("build/adversarial_runs"))
    parser.add_argument("--summary", action="store_true")
    add_rows(parser)
    given = parser.parse_args()
    torch.set_num_threads(1)
    for name in ("steps", "fresh_steps"):
        if getattr(given, name) is not None:
            GAMES[given.game][name] = getattr(given, name)
    if not given.summary:
        given.work.mkdir(parents=True, exist_ok=True)
        for seed in range(given.seeds):
            for name in given.agents:
                path = given.work / f"{given.game}-{name}-{seed}.json"
                if not path.is_file():
                    path.write_text(json.dumps(run(given.game, name, seed)))
                    print(path.name, flush=True)
    show(summary(given.work, list(GAMES) if given.summary else [given.game]), given.rows)


def run(game: str, name: str, seed: int) -> dict[str, Any]:
    """Trains and judges one agent with one seed."""
    plan, id = GAMES[game], f"mdpzoo/Adversarial{game}-v0"
    began = time.process_time()
    sac = plan["sac"]
    teacher = {"teacher": plan["teacher"]} if name == "qarl" else {}
    env = mdpzoo.make_parallel(id, **plan["settings"])
    agent = mdpzoo.make_agent(AGENTS[name], env, seed=seed, sac=sac, **teacher)
    agent.learn(plan["steps"])
    trained = time.process_time()
    policy = agent.policy_of("protagonist")
    own = agent.policy_of("adversary") if name != "sac" else None
    episodes = 20
    fresh = worst_case(
        id, policy, plan["fresh_steps"], episodes=episodes, seed=1000 + seed, sac=sac, settings=plan["settings"]
    )
    grid = robustness_grid(id, policy, plan["axes"], episodes=5, seed=2000, settings=plan["settings"])
    return {
        "game": game,
        "agent": name,
        "seed": seed,
        "steps": plan["steps"],
        "fresh_steps": plan["fresh_steps"],
        "idle": protagonist_returns(id, policy, None, episodes, 3000, plan["settings"]).tolist(),
        "own": protagonist_returns(id, policy, own, episodes, 3000, plan["settings"]).tolist(),
        "fresh": fresh.returns.tolist(),
        "grid_axes": {each: values.tolist() for each, values in zip(grid.names, grid.values, strict=True)},
        "grid": grid.means.tolist(),
        "temperature": agent.curriculum.mean,
        "train_seconds": trained - began,
        "seconds": time.process_time() - began,
    }


def summary(work: Path, games: list[str]) -> Iterator[dict[str, Any]]:
    """Yields a row for each agent that has been run on these games."""
    runs = [json.loads(path.read_text()) for path in sorted(work.glob("*.json"))]
    if not runs:
        raise SystemExit(f"nothing has been run in {work}")
    yield from _rows(runs, games)


def _rows(runs: list[dict[str, Any]], games: list[str]) -> Iterator[dict[str, Any]]:
    for game in games:
        baseline: list[float] = []
        for name in AGENTS:
            mine = [each for each in runs if each["game"] == game and each["agent"] == name]
            if mine:
                means = {key: [float(np.mean(each[key])) for each in mine] for key in ("idle", "own", "fresh", "grid")}
                if name == "sac":  # it has no adversary of its own, and no temperature
                    means["own"], baseline = [], means["fresh"]
                yield {
                    "game": game,
                    "agent": AGENTS[name],
                    "seeds": len(mine),
                    "steps": mine[0]["steps"],
                    "fresh_steps": mine[0]["fresh_steps"],
                    **{key: value for what, each in means.items() for key, value in _with_limits(what, each).items()},
                    **({} if name == "sac" else _difference("over_sac", means["fresh"], baseline)),
                    "temperature": None if name == "sac" else float(np.mean([each["temperature"] for each in mine])),
                }


def _with_limits(name: str, values: list[float]) -> dict[str, float]:
    """The mean and its 95 % bootstrap interval over seeds; nothing of nothing."""
    if not values:
        return {}
    low, high = np.quantile(_means(values, 0), [0.025, 0.975])
    return {name: float(np.mean(values)), f"{name}_low": float(low), f"{name}_high": float(high)}


def _difference(name: str, values: list[float], others: list[float]) -> dict[str, float]:
    """The difference of two means and its 95 % bootstrap interval over seeds; nothing where one is missing."""
    if not values or not others:
        return {}
    low, high = np.quantile(_means(values, 0) - _means(others, 1), [0.025, 0.975])
    return {name: float(np.mean(values) - np.mean(others)), f"{name}_low": float(low), f"{name}_high": float(high)}


def _means(values: list[float], stream: int) -> np.ndarray:
    """Means of ``[10000]`` bootstrap samples."""
    picks = np.random.default_rng(stream).integers(len(values), size=(10_000, len(values)))
    return np.asarray(np.array(values)[picks].mean(1))


if __name__ == "__main__":
    main()
