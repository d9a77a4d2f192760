"""Trained networks without an SB3 agent, so that solving does not import Stable-Baselines3."""

from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from mdpzoo_combinatorial.bq_nco import checkpoint
from mdpzoo_combinatorial.bq_nco.networks.kinds import make_network
from mdpzoo_combinatorial.bq_nco.search.decodings import Solutions
from mdpzoo_combinatorial.bq_nco.search.posing import Instances
from mdpzoo_combinatorial.bq_nco.search.solving import solve
from mdpzoo_combinatorial.bq_nco.settings import SearchSettings
from mdpzoo_combinatorial.bq_nco.shipped import file_named
from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.states.problems import problem_named
from mdpzoo_combinatorial.local_search.budget import Budget


class TrainedNetwork(NamedTuple):
    """A trained network with its problem and settings.

    Attributes:
        problem: the problem that it was trained on.
        network: scores tokens.
        relative: whether its inputs are relative features.
        search: settings of the search.
    """

    problem: Problem
    network: nn.Module
    relative: bool
    search: SearchSettings

    def solve(
        self,
        instances: Instances,
        decoding: str | None = None,
        seconds: float | None = None,
        seed: int = 0,
        budget: Budget | None = None,
        descent: bool = False,
        **options: Any,
    ) -> Solutions:
        """Finds solutions; arguments and errors are those of ``BQNCO.solve``."""
        options = {"neighbours": self.search.neighbours} | options
        chosen = decoding or self.search.decoding
        return solve(
            self.problem, self.network, self.relative, instances, chosen, seconds, seed, budget, options, descent
        )


def read_network(path: str | Path) -> TrainedNetwork:
    """Reads the network of a checkpoint; paths and errors are those of ``BQNCO.load``."""
    found = checkpoint.read(file_named(path))
    problem = problem_named(found.problem)
    network = make_network(problem, found.network)
    network.load_state_dict(found.weights())
    return TrainedNetwork(problem, network.eval(), found.network.relative, found.search)
