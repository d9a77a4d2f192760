"""Two results folders side by side: the better one for each shared agent and environment, with its certainty."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from mdpzoo.errors import ResultsError
from mdpzoo.experiments.statistics import (
    Comparison,
    compare_paired,
    compare_unpaired,
    holm,
    improvement_interval,
)
from mdpzoo.report.figures.number_text import interval, number, percent
from mdpzoo.report.records import Results


@dataclass(frozen=True)
class Pair:
    """One agent in one environment, in two folders; or the only agent of each folder.

    Attributes:
        agent: the name, or both names.
        comparison: the second folder's scores against the first's, corrected for all pairs.
        first: mean score in the first folder.
        second: mean score in the second.
        low: lower limit of the probability of improvement; None from a single seed.
        high: upper limit; None from a single seed.
    """

    agent: str
    comparison: Comparison
    first: float
    second: float
    low: float | None
    high: float | None

    def as_dict(self, shown: bool = False) -> dict[str, Any]:
        """The fields by name; as text of three digits where they are shown in a table."""
        if not shown:
            fields = {name: value for name, value in asdict(self).items() if name != "comparison"}
            return asdict(self.comparison) | fields
        found = self.comparison
        return {
            "environment": found.environment,
            "agent": self.agent,
            "seeds": " + ".join(map(str, found.seeds)) if not found.paired else f"{found.seeds[0]} pairs",
            "first": number(self.first),
            "second": number(self.second),
            "difference": number(found.difference),
            "improvement": percent(found.improvement),
            "interval": interval(self.low, self.high),
            "p": number(found.p_value),
            "corrected": number(found.corrected),
        }


def compare_folders(first: Results, second: Results) -> list[Pair]:
    """Compares every agent and environment that both folders have scores of.

    Runs are compared in pairs of equal seeds if both folders have the same seeds, otherwise unpaired. If each folder
    has a single agent, and they differ, those two are compared. P-values are corrected by Holm's method.

    Args:
        first: the older results.
        second: the newer ones; a difference above 0 means that they are better.

    Raises:
        ResultsError: if the folders have no pair in common.
    """
    pairs = [_pair(first, second, *key) for key in _shared(first, second)]
    if not pairs:
        agents = (f"{each.title!r} has {', '.join(each.agents)!s:.80}" for each in (first, second))
        raise ResultsError(f"the folders share no agent with scores in the same environment: {', '.join(agents)}")
    corrected = holm([pair.comparison.p_value for pair in pairs])
    return [
        replace(pair, comparison=replace(pair.comparison, corrected=p))
        for pair, p in zip(pairs, corrected, strict=True)
    ]


def _shared(first: Results, second: Results) -> list[tuple[str, str, str]]:
    """Returns environments with the agent of the first folder and that of the second."""
    alone = len(first.agents) == len(second.agents) == 1
    agents = [(first.agents[0], second.agents[0])] if alone else [(each, each) for each in first.agents]
    return [
        (environment, one, other)
        for environment in first.environments
        for one, other in agents
        if first.scores(environment, one) and second.scores(environment, other)
    ]


def _pair(first: Results, second: Results, environment: str, one: str, other: str) -> Pair:
    old, new = first.scores(environment, one), second.scores(environment, other)
    if old.keys() == new.keys():
        found = compare_paired(environment, [new[seed] for seed in old], list(old.values()))
    else:
        found = compare_unpaired(environment, list(new.values()), list(old.values()))
    sure = improvement_interval(list(new.values()), list(old.values()))
    limits = [None if np.isnan(each) else each for each in sure]
    means = (float(np.mean(list(each.values()))) for each in (old, new))
    return Pair(one if one == other else f"{one} / {other}", found, *means, *limits)
