"""What makes an environment hard: the analysis of the effective horizon beside what four algorithms need.

    python benchmarks/effective_horizon.py --data DATA --out runs.jsonl                 # all that is not there yet
    python benchmarks/effective_horizon.py --data DATA --out runs.jsonl --table         # tables of what is there

The study file says which environments, agents, seeds and steps (``mdpzoo_horizon/studies/effective_horizon.toml``). A
run ends when the policy, evaluated exactly on the model, is within the study's share of the optimum. SQIRL (histogram)
and GORP are given m = 1, 2, 4, ..; their cost is the steps of the first m with which the median seed succeeds. PPO and
DQN are SB3's with its defaults, 8 environments for PPO, and their greedy policy is evaluated now and then. Each run is
a line of the file: an interrupted study goes on where it was.
"""

import argparse
import json
import statistics
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

import mdpzoo
from mdpzoo.models import TabularMDP
from mdpzoo.planning import evaluate, solve_finite_horizon
from mdpzoo_horizon import GORP, SQIRL, effective_horizon, sticky
from mdpzoo_horizon.tables.sources import model_of

STUDY = Path(__file__).parents[1] / "plugins/mdpzoo-horizon/mdpzoo_horizon/studies/effective_horizon.toml"
MEASURES = {
    "H (simple bound)": "effective_horizon",
    "stochastic H": "stochastic_effective_horizon",
    "EPW": "epw",
    "min k": "min_k",
    "min k within 1 %": "min_k_tolerance",
    "covering length": "covering_length",
}
RESAMPLES = 10_000


class Case:
    """An environment of the study with its exact answers."""

    def __init__(self, told: dict[str, Any], data: Path, share: float) -> None:
        """Builds the model, sticky where the study says so."""
        source = str(data / told["file"]) if "file" in told else told["id"]
        model, _ = model_of(source, **told.get("settings", {}))
        self.model: TabularMDP = sticky(model, told["sticky"]) if "sticky" in told else model
        self.horizon: int = told["horizon"]
        optimal = self.model.start @ solve_finite_horizon(self.model, self.horizon).values[0]
        uniform = np.full((self.model.num_states, self.model.num_actions), 1 / self.model.num_actions)
        self.aim = float(optimal - share * (optimal - self.worth(uniform)))

    def worth(self, policy: np.ndarray) -> float:
        """The exact return of a policy ``[S, A]``, ``[T, S]`` or ``[T, S, A]``."""
        return float(self.model.start @ evaluate(self.model, policy, horizon=self.horizon).values[0])

    def solved(self, policy: np.ndarray) -> bool:
        """Whether a policy is good enough."""
        return self.worth(policy) >= self.aim - 1e-9 * max(1.0, abs(self.aim))

    def envs(self, rows: int) -> Any:
        """The environment, so many times, for SB3."""
        return mdpzoo.make_sb3(self.model, rows, max_episode_steps=self.horizon)


def weights(choices: np.ndarray, actions: int) -> np.ndarray:
    """Probabilities ``[.., A]`` of choices; a negative one explores."""
    return np.where(choices[..., None] < 0, 1 / actions, np.eye(actions)[np.maximum(choices, 0)])


def by_steps(case: Case, agent: str, lookahead: int, episodes: int, seed: int) -> tuple[int, bool]:
    """Steps of the episodes of one pass of SQIRL or GORP, and whether it solved the environment."""
    rows = min(1024, episodes * (case.model.num_actions**lookahead if agent == "gorp" else 1))
    kind = GORP if agent == "gorp" else SQIRL
    made = kind(env=case.envs(rows), lookahead=lookahead, episodes=episodes, horizon=case.horizon, seed=seed)
    made.learn(10**12)
    if agent == "gorp":
        plan = made.policy.answer.actions.numpy()[:, None]
        choices = np.broadcast_to(plan, (case.horizon, case.model.num_states))
    else:
        choices = made.policy.answer.choices.numpy()
    return made.steps_of_episodes, case.solved(weights(choices, case.model.num_actions))


def smallest(case: Case, agent: str, told: dict[str, Any]) -> dict[str, Any]:
    """The fewest steps over lookaheads, m the smallest with which the median seed succeeds."""
    best: dict[str, Any] = {"steps": None}
    for lookahead in told["lookaheads"]:
        episodes, limit = 1, best["steps"] or told["steps"]
        while True:
            runs = [by_steps(case, agent, lookahead, episodes, seed) for seed in range(told["seeds"])]
            steps = statistics.median(taken for taken, _ in runs)
            if steps > limit:
                break
            if 2 * sum(good for _, good in runs) > len(runs):
                best = {"steps": steps, "lookahead": lookahead, "episodes": episodes}
                break
            episodes *= 2
    return best


def deep(case: Case, agent: str, told: dict[str, Any]) -> dict[str, Any]:
    """Steps until the greedy policy of PPO or DQN is good enough, the median over seeds."""
    from stable_baselines3 import DQN, PPO
    from stable_baselines3.common.callbacks import BaseCallback

    states = np.arange(case.model.num_states)

    class UntilSolved(BaseCallback):
        next = 0

        def _on_step(self) -> bool:
            if self.num_timesteps < self.next:
                return True
            self.next = self.num_timesteps + told["every"]
            return not case.solved(self.model.predict(states, deterministic=True)[0])

    taken: list[float] = []
    for seed in range(told["seeds"]):
        settings: dict[str, Any] = {"seed": seed, "device": "cpu"}
        made = (
            PPO("MlpPolicy", case.envs(8), **settings) if agent == "ppo" else DQN("MlpPolicy", case.envs(1), **settings)
        )
        stop = UntilSolved()
        made.learn(told["steps"], callback=stop)
        good = case.solved(made.predict(states, deterministic=True)[0])
        taken.append(made.num_timesteps if good else np.inf)
    middle = statistics.median(taken)
    return {"steps": None if middle == np.inf else middle}


def missing(
    study: dict[str, Any], done: list[dict[str, Any]], agents: list[str]
) -> Iterator[tuple[dict[str, Any], str]]:
    """What has no line yet, agent by agent."""
    there = {(line["environment"], line["agent"]) for line in done}
    for agent in agents:
        for told in study["environments"]:
            if (told["name"], agent) not in there:
                yield told, agent


def analysed(case: Case) -> dict[str, Any]:
    """What the analysis says."""
    report = effective_horizon(case.model, case.horizon)
    found = {name: getattr(report, name) for name in (*MEASURES.values(), "optimal_return", "random_return")}
    return {name: np.inf if value is None and name != "effective_horizon" else value for name, value in found.items()}


def ranks(values: np.ndarray) -> np.ndarray:
    """Mean ranks, ``[.., n]``."""
    less = (values[..., None, :] < values[..., :, None]).sum(-1)
    same = (values[..., None, :] == values[..., :, None]).sum(-1)
    return less + (same - 1) / 2


def spearman(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Rank correlations along the last axis."""
    first, second = (each - each.mean(-1, keepdims=True) for each in (ranks(one), ranks(other)))
    scale = np.sqrt((first**2).sum(-1) * (second**2).sum(-1))
    return (first * second).sum(-1) / np.where(scale > 0, scale, np.nan)


def tables(study: dict[str, Any], done: list[dict[str, Any]]) -> None:
    """Prints steps by environment, then rank correlations with bootstrap intervals."""
    found: dict[str, dict[str, Any]] = {}
    for line in done:
        found.setdefault(line["environment"], {})[line["agent"]] = line["found"]
    agents = list(study["agents"])
    print(f"| environment | T | J* | J_random | {' | '.join(MEASURES)} | {' | '.join(agents)} |")
    print("| --- " * (4 + len(MEASURES) + len(agents)) + "|")
    for told in study["environments"]:
        row = found.get(told["name"], {})
        facts = row.get("analysis", {})
        measures = [facts.get(name) for name in ("optimal_return", "random_return", *MEASURES.values())]
        shown = ["-" if value is None else f"{value:.4g}" for value in measures]
        steps = [f"{row[agent]['steps']:,.0f}" if row.get(agent, {}).get("steps") else "-" for agent in agents]
        print(f"| {told['name']} | {told['horizon']} | {' | '.join(shown + steps)} |")
    print("\nSpearman's rank correlation of steps with each measure, 95 % by bootstrap over environments; what was not")
    print("solved within the study's steps ranks last, as do infinite measures. The simple bound is for deterministic")
    print("models.\n")
    print("| measure | " + " | ".join(agents) + " |")
    print("| --- " * (1 + len(agents)) + "|")
    generator = np.random.default_rng(0)
    columns = {
        agent: np.array([_steps(found, each["name"], agent) for each in study["environments"]]) for agent in agents
    }
    for title, name in MEASURES.items():
        facts = np.array([_fact(found, each["name"], name) for each in study["environments"]])
        print(f"| {title} | {' | '.join(_correlation(facts, columns[agent], generator) for agent in agents)} |")
    for title in ("sqirl", "gorp"):
        cells = [_correlation(columns[title], columns[agent], generator) for agent in agents]
        print(f"| steps of {title} | {' | '.join(cells)} |")


def _steps(found: dict[str, dict[str, Any]], environment: str, agent: str) -> float:
    line = found.get(environment, {}).get(agent)
    return np.nan if line is None else line["steps"] or np.inf


def _fact(found: dict[str, dict[str, Any]], environment: str, name: str) -> float:
    facts = found.get(environment, {}).get("analysis")
    return np.nan if facts is None or facts[name] is None else facts[name]


def _correlation(one: np.ndarray, other: np.ndarray, generator: np.random.Generator) -> str:
    both = ~np.isnan(one) & ~np.isnan(other)
    if both.sum() < 3:
        return "-"
    one, other = one[both], other[both]
    if np.ptp(ranks(one)) == 0 or np.ptp(ranks(other)) == 0:
        return "-"
    chosen = generator.integers(len(one), size=(RESAMPLES, len(one)))
    low, high = np.nanquantile(spearman(one[chosen], other[chosen]), (0.025, 0.975))
    return f"{float(spearman(one, other)):.2f} ({low:.2f} to {high:.2f}), n = {both.sum()}"


def main() -> None:
    """Runs what is missing, or prints what is there."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="a file of lines, JSON")
    parser.add_argument("--study", type=Path, default=STUDY)
    parser.add_argument("--agents", nargs="*", default=["analysis", "sqirl", "gorp", "ppo", "dqn"])
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    study = tomllib.loads(options.study.read_text())
    done = [json.loads(line) for line in options.out.read_text().splitlines()] if options.out.exists() else []
    if options.table:
        return tables(study, done)
    for told, agent in missing(study, done, options.agents):
        case, began = Case(told, options.data, study["solved"]), time.process_time()
        if agent == "analysis":
            found = analysed(case)
        else:
            settings = study["agents"][agent]
            found = (smallest if agent in ("sqirl", "gorp") else deep)(case, agent, settings)
        spent = time.process_time() - began
        line = {"environment": told["name"], "agent": agent, "found": found, "cpu_seconds": round(spent, 2)}
        print(json.dumps(line), flush=True)
        with options.out.open("a") as file:
            file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
