"""The mean return of a reference agent over the same episodes as a study's evaluations."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mdpzoo.experiments.evaluation import evaluate
from mdpzoo.experiments.evaluations import evaluation_envs


def mean_return(
    build: Callable[[Any], Any], environment: str, settings: Mapping[str, Any], seeds: Sequence[int], episodes: int
) -> float:
    """Plays the evaluations' episodes with an agent and returns the mean of its returns.

    Args:
        build: makes the agent for environments.
        environment: the environment's id.
        settings: the environment's.
        seeds: of the evaluations.
        episodes: of each evaluation.
    """
    means = []
    for seed in seeds:
        envs = evaluation_envs(environment, settings, seed, episodes)
        agent = build(envs)
        envs.seed(seed)  # making the agent has seeded them
        means.append(evaluate(agent, envs, episodes).returns.mean())
        envs.close()
    return float(np.mean(means))
