"""The tables of the latent family: planner, learners, learners without hindsight, and steps a second.

python benchmarks/latent.py planner
python benchmarks/latent.py bounds
python benchmarks/latent.py learning      # ten seeds, ten CPU-minutes
python benchmarks/latent.py em
python benchmarks/latent.py speed

"""

import argparse
import importlib.util
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from science.row_printing import add_rows, show

import mdpzoo
from mdpzoo_latent import latent_river_swim, plan, signpost, simulate, solve_memoryless
from mdpzoo_latent.environments.random_contexts import latent_random

ROOT = Path(__file__).resolve().parents[1]
EPISODES, SEEDS = 20_000, 10
INSTANCES = {
    "signpost, horizon 6": signpost(horizon=6),
    "random, horizon 6": latent_random(),
    "mirrored river, horizon 8": latent_river_swim(horizon=8),
}
LEARNERS = ("ucbvi", "lmdp-value-optimistic", "lmdp-model-optimistic", "l-ucrl", "lmdp-posterior")
SLOW = {("mirrored river, horizon 8", "lmdp-posterior")}  # it plans 300 times over 120,000 histories: five seeds


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=TABLES)
    add_rows(parser)
    given = parser.parse_args()
    show(TABLES[given.what](), given.rows)


def planner() -> Iterator[dict[str, Any]]:
    """Measures planning on two random contexts, four states, two actions; the plain memo up to horizon 8."""
    plain = _plain_memo()
    model = latent_random(states=4, actions=2, horizon=0)
    plan(model, 3)
    for horizon in (6, 8, 10):
        found = [plan(model, horizon) for _ in range(3)]
        seconds, reference = None, None
        if horizon <= 8:
            began = time.process_time()
            reference = plain(model.transitions, model.rewards, model.weights, 0, horizon)
            seconds = time.process_time() - began
        best = min(each.seconds for each in found)
        yield {
            "horizon": horizon,
            "value": found[0].value,
            "beliefs": found[0].nodes,
            "cpu_seconds": best,
            "plain_cpu_seconds": seconds,
            "times": seconds and seconds / best,
            "difference": reference and abs(reference - found[0].value),
        }


def bounds() -> Iterator[dict[str, Any]]:
    """Measures the bounds that a budget of CPU-seconds gives at horizon 10 in the same model."""
    model = latent_random(states=4, actions=2, horizon=0)
    plan(model, 3)
    for budget in (0.05, 0.2, 1.0):
        found = plan(model, 10, seconds=budget)
        yield {"budget": budget, "lower": found.lower, "upper": found.upper, "cpu_seconds": found.seconds}


def learning() -> Iterator[dict[str, Any]]:
    """Runs every learner on every instance."""
    for name, model in INSTANCES.items():
        memoryless = solve_memoryless(model).value
        for learner in LEARNERS:
            seeds = 5 if (name, learner) in SLOW else SEEDS
            result = simulate(model, learner, EPISODES, seeds)
            yield {
                "instance": name,
                "learner": learner,
                "seeds": seeds,
                "regret": float(result.regret[:, -1].mean()),
                "deviation": float(result.regret[:, -1].std(ddof=1)),
                "largest": float(result.regret[:, -1].max()),
                "growth": float(result.growth(2_000).mean()),
                "largest_growth": float(result.growth(2_000).max()),
                "last_value": float(result.values[:, -1].mean()),
                "optimum": result.optimum,
                "memoryless": memoryless,
                "informed": result.informed,
                "plans": float(np.mean(result.plans)),
            }


def em() -> Iterator[dict[str, Any]]:
    """Runs l-ucrl without hindsight from models that are the true one with noise; noise 1 is a random model."""
    for name, model in INSTANCES.items():
        for noise in (0.3, 1.0):
            shares = []
            for seed in range(SEEDS):
                initial = {"noise": noise, "seed": seed}
                result = simulate(model, "l-ucrl", EPISODES, [seed], hindsight=False, initial=initial)
                shares.append(float(result.values[0, -1] / result.optimum))
            yield {
                "instance": name,
                "noise": noise,
                "within_5_percent": sum(each >= 0.95 for each in shares),
                "seeds": SEEDS,
                "worst": min(shares),
                "shares": [round(each, 4) for each in shares],
            }


def speed() -> Iterator[dict[str, Any]]:
    """Measures the vector environment with 1,024 rows, all random actions, in the default autoreset mode."""
    ids = [id for id in mdpzoo.environments() if "Latent" in id or "Tiger" in id or "Revealing" in id]
    for id in ids:
        envs = mdpzoo.make_vec(id, 1024)
        envs.reset(seed=0)
        envs.action_space.seed(0)
        actions = [envs.action_space.sample() for _ in range(16)]
        measured = []
        for _ in range(4):
            began = time.process_time()
            for step in range(1_000):
                envs.step(actions[step % 16])
            measured.append(1024 * 1_000 / (time.process_time() - began))
        yield {"environment": id, "million_steps": float(np.median(measured[1:])) / 1e6}


def _plain_memo() -> Any:
    path = ROOT / "plugins/mdpzoo-latent/tests/planning/plain_memo.py"
    spec = importlib.util.spec_from_file_location("plain_memo", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.plain_value


TABLES: dict[str, Any] = {"planner": planner, "bounds": bounds, "learning": learning, "em": em, "speed": speed}


if __name__ == "__main__":
    main()
