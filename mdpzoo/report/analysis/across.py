"""Agents over all environments: normalised scores, their aggregates, profiles, and pairwise comparisons."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mdpzoo.experiments.statistics import (
    Interval,
    Profile,
    bootstrap_interval,
    improvement_interval,
    interquartile_mean,
    optimality_gap,
    performance_profile,
)
from mdpzoo.report.analysis.tables import normalised
from mdpzoo.report.records import Results

THRESHOLDS = 81


@dataclass(frozen=True)
class Across:
    """Agents compared over environments.

    Attributes:
        agents: all that have scores.
        environments: those that scores are averaged over; every agent in ``aggregates`` has scores in each.
        left_out: the agents and environments that are not included, by name.
        aggregates: an interval for each agent, by the aggregate's name; limits are NaN from a single seed.
        profiles: a performance profile for each agent, of normalised scores.
        improvement: ``[agents][agents]``, probability that the row's agent beats the column's; None on the
            diagonal and if they share no environment.
    """

    agents: tuple[str, ...]
    environments: tuple[str, ...]
    left_out: tuple[str, ...]
    aggregates: Mapping[str, Mapping[str, Interval]]
    profiles: Mapping[str, Profile]
    improvement: tuple[tuple[Interval | None, ...], ...]


def compare_agents(results: Results) -> Across:
    """Compares agents over environments."""
    table = {agent: _scores(results, agent) for agent in results.agents}
    agents = tuple(agent for agent in results.agents if table[agent])
    scaled = [each for each in results.environments if results.truth(each).scale is not None]
    chosen, shared = _largest_block(table, scaled)
    ratios = {agent: _normalised(results, table[agent], shared) for agent in chosen}
    thresholds = _thresholds(ratios)
    return Across(
        agents=agents,
        environments=shared,
        left_out=tuple(each for each in (*agents, *results.environments) if each not in {*chosen, *shared}),
        aggregates={
            name: {agent: aggregate(each) for agent, each in ratios.items()} for name, aggregate in NAMED.items()
        },
        profiles={agent: performance_profile(each, thresholds, resamples=1_000) for agent, each in ratios.items()},
        improvement=_improvements([table[agent] for agent in agents]),
    )


Table = dict[str, list[float]]


def _largest_block(table: Mapping[str, Table], environments: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns agents and environments of which every pair has scores: as many pairs as possible.

    If not all agents fit all environments, averages over different environments are not comparable. Only blocks that
    hold all agents of some environment are tried.
    """
    best: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    for environment in environments:
        agents = tuple(agent for agent in table if environment in table[agent])
        shared = tuple(each for each in environments if all(each in table[agent] for agent in agents))
        if agents and len(agents) * len(shared) > len(best[0]) * len(best[1]):
            best = agents, shared
    return best


def _scores(results: Results, agent: str) -> Table:
    found = {each: list(results.scores(each, agent).values()) for each in results.environments}
    return {name: scores for name, scores in found.items() if scores}


def _normalised(results: Results, table: Table, environments: Sequence[str]) -> Table:
    return {
        each: [float(normalised(score, results.truth(each)) or 0.0) for score in table[each]] for each in environments
    }


def _thresholds(ratios: Mapping[str, Table]) -> np.ndarray:
    every = [score for table in ratios.values() for scores in table.values() for score in scores]
    low, high = (min(0.0, *np.quantile(every, [0.02])), max(1.0, *np.quantile(every, [0.98]))) if every else (0.0, 1.0)
    return np.linspace(low, high, THRESHOLDS)


def _with_interval(statistic: Callable[[Any], float]) -> Callable[[Table], Interval]:
    def aggregate(table: Table) -> Interval:
        seeds = min(map(len, table.values()))
        if seeds > 1:
            return bootstrap_interval(table, statistic)
        value = float(statistic(np.concatenate([np.asarray(each) for each in table.values()])))
        return Interval(value, np.nan, np.nan, 0.95, "none", seeds)

    return aggregate


def _gap(table: Table) -> Interval:
    """Returns the optimality gap, a mean of shortfalls, so that its interval is that of a mean."""
    shortfalls = {name: np.maximum(1.0 - np.asarray(scores), 0.0).tolist() for name, scores in table.items()}
    found = _with_interval(np.mean)(shortfalls)
    return replace(found, estimate=optimality_gap(table), low=np.maximum(found.low, 0.0))


NAMED: dict[str, Callable[[Table], Interval]] = {
    "interquartile mean": _with_interval(interquartile_mean),
    "mean": _with_interval(np.mean),
    "optimality gap": _gap,
}


def _improvements(tables: Sequence[Table]) -> tuple[tuple[Interval | None, ...], ...]:
    """Computes half of the matrix and mirrors it."""
    matrix: list[list[Interval | None]] = [[None] * len(tables) for _ in tables]
    for row, first in enumerate(tables):
        for column, second in enumerate(tables[:row]):
            shared = [name for name in first if name in second]
            if shared:
                one, other = ({name: each[name] for name in shared} for each in (first, second))
                found = improvement_interval(one, other, resamples=500)
                matrix[row][column] = found
                matrix[column][row] = Interval(
                    1 - found.estimate, 1 - found.high, 1 - found.low, found.level, found.method, found.seeds
                )
    return tuple(map(tuple, matrix))
