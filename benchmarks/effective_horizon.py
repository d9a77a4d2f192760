"""What makes an environment hard: the analysis of the effective horizon beside what four algorithms need.

    python benchmarks/effective_horizon.py environments --data DATA --out runs.jsonl   # all that is not there yet
    python benchmarks/effective_horizon.py correlations   # of the rows in results/effective-horizon.json

The study file says which environments, agents, seeds and steps (``mdpzoo_horizon/studies/effective_horizon.toml``). A
run ends when the policy, evaluated exactly on the model, is within the study's share of the optimum. SQIRL (histogram)
and GORP are given m = 1, 2, 4, ..; their cost is the steps of the first m with which the median seed succeeds. PPO and
DQN are SB3's with its defaults, 8 environments for PPO, and their greedy policy is evaluated now and then. Each run is
a line of the file: an interrupted study goes on where it was.

This study is no study of ``mdpzoo bench``, which has neither sticky actions nor tables of other packages' environments,
does not evaluate policies exactly, and cannot look for the smallest m.
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
from science.records import read_result
from science.row_printing import add_rows, show

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


def by_environment(done: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What was found, by environment, then agent or ``"analysis"``."""
    found: dict[str, dict[str, Any]] = {}
    for line in done:
        found.setdefault(line["environment"], {})[line["agent"]] = line["found"]
    return found


def environments(study: dict[str, Any], done: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yields what the analysis says of each environment, and the steps of every agent; None: not solved, no number."""
    found = by_environment(done)
    for told in study["environments"]:
        row = found.get(told["name"], {})
        facts = row.get("analysis", {})
        measures = {name: facts.get(name) for name in ("optimal_return", "random_return", *MEASURES.values())}
        steps = {agent: row.get(agent, {}).get("steps") for agent in study["agents"]}
        yield {"environment": told["name"], "horizon": told["horizon"], **measures, **steps}


def correlations(rows: list[dict[str, Any]], agents: list[str]) -> Iterator[dict[str, Any]]:
    """Yields Spearman's rank correlations of steps with each measure, 95 % by bootstrap over environments.

    What was not solved within the study's steps ranks last, as do infinite measures; an environment without the simple
    bound is left out of that measure's row.

    Args:
        rows: of ``environments``.
        agents: whose steps are correlated.
    """
    generator = np.random.default_rng(0)
    columns = {agent: _numbers(rows, agent, np.inf) for agent in agents}
    measures = {
        title: _numbers(rows, name, np.nan if name == "effective_horizon" else np.inf)
        for title, name in MEASURES.items()
    }
    measures |= {f"steps of {agent}": columns[agent] for agent in ("sqirl", "gorp")}
    for title, facts in measures.items():
        row: dict[str, Any] = {"measure": title}
        for agent in agents:
            row |= _correlation(agent, facts, columns[agent], generator)
        yield row


def _numbers(rows: list[dict[str, Any]], name: str, otherwise: float) -> np.ndarray:
    return np.array([otherwise if row.get(name) is None else row[name] for row in rows], float)


def _correlation(
    agent: str, one: np.ndarray, other: np.ndarray, generator: np.random.Generator
) -> dict[str, float | int | None]:
    both = ~np.isnan(one) & ~np.isnan(other)
    one, other = one[both], other[both]
    names = (agent, f"{agent}_low", f"{agent}_high", f"{agent}_n")
    if both.sum() < 3 or np.ptp(ranks(one)) == 0 or np.ptp(ranks(other)) == 0:
        return dict.fromkeys(names)
    chosen = generator.integers(len(one), size=(RESAMPLES, len(one)))
    low, high = np.nanquantile(spearman(one[chosen], other[chosen]), (0.025, 0.975))
    return dict(zip(names, (float(spearman(one, other)), float(low), float(high), int(both.sum())), strict=True))


def main() -> None:
    """Runs what is missing, then gives a table."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("environments", "correlations"))
    parser.add_argument("--data", type=Path, help="folder of files with known answers")
    parser.add_argument("--out", type=Path, default=Path("effective_horizon.jsonl"), help="a file of lines, JSON")
    parser.add_argument("--study", type=Path, default=STUDY)
    parser.add_argument("--agents", nargs="*", default=["analysis", "sqirl", "gorp", "ppo", "dqn"])
    add_rows(parser)
    options = parser.parse_args()
    study = tomllib.loads(options.study.read_text())
    if options.what == "correlations":
        rows = correlations(read_result("effective-horizon").rows, list(study["agents"]))
    elif options.data is None:
        parser.error("the environments are partly in files; give --data DATA")
    else:
        execute(study, options)
        rows = environments(study, lines_of(options.out))
    show(rows, options.rows)


def lines_of(path: Path) -> list[dict[str, Any]]:
    """What has been run."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def execute(study: dict[str, Any], options: argparse.Namespace) -> None:
    """Runs what is missing, a line each."""
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for told, agent in missing(study, lines_of(options.out), options.agents):
        case, began = Case(told, options.data, study["solved"]), time.process_time()
        if agent == "analysis":
            found = analysed(case)
        else:
            settings = study["agents"][agent]
            found = (smallest if agent in ("sqirl", "gorp") else deep)(case, agent, settings)
        line = {"environment": told["name"], "agent": agent, "found": found}
        line["cpu_seconds"] = round(time.process_time() - began, 2)
        print(json.dumps(line), flush=True)
        with options.out.open("a") as file:
            file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
