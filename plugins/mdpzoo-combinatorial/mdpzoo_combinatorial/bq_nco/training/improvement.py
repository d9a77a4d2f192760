"""Self-improvement: a network imitates the best of its own solutions, so that a new problem needs no solver.

In each round, solutions for a pool of instances are sampled from the network, the best solution of each instance is
kept, and these are imitated.

Sources: Corsini et al. 2024 ("Self-labeling the job shop scheduling problem") and Pirnay and Grimm
2024 ("Self-improvement for neural combinatorial optimization", sampling without replacement there, with it here).
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from torch import Tensor, nn

from mdpzoo.settings import Range, check_record
from mdpzoo_combinatorial.bq_nco.search.decodings import DECODINGS
from mdpzoo_combinatorial.bq_nco.search.posing import pose
from mdpzoo_combinatorial.bq_nco.search.solving import task_of
from mdpzoo_combinatorial.bq_nco.states.batching import batch_of
from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.training.labels import Labels
from mdpzoo_combinatorial.instances.generators import generate
from mdpzoo_combinatorial.local_search.budget import Budget

AT_ONCE = 64  # instances decoded as one batch


@dataclass(frozen=True)
class ImprovementSettings:
    """Settings of self-improvement, validated when created.

    Attributes:
        decisions: imitated in a round, at least 1.
        samples: solutions sampled for each instance in a round, at least 1.
    """

    decisions: Annotated[int, Range(1)] = 50_000
    samples: Annotated[int, Range(1)] = 16

    def __post_init__(self) -> None:
        """Raises SettingError if a setting is out of range; the message names the setting, its value and its range."""
        check_record(self)


class Pool:
    """Random instances with the best solutions found so far.

    Attributes:
        rounds: number of rounds in which solutions were sampled.
        actions: ``[K, M]`` int64, actions of the direct form, padded with -1; None before the first round.
    """

    def __init__(self, problem: Problem, count: int, size: int, seed: int) -> None:
        """Draws the instances.

        Args:
            problem: of the instances.
            count: number of instances.
            size: nodes, customers or items of each instance.
            seed: of instances and samples.
        """
        self.problem, self.seed = problem, seed
        self.instances = generate(problem.name, count, size, seed)
        self.batch = batch_of(self.instances, exact=False)
        self.rounds = 0
        self.actions: Tensor | None = None

    def restore(self, actions: Tensor, rounds: int) -> None:
        """Sets the best solutions ``[K, M]`` of a run that was interrupted.

        Raises:
            InstanceError: if they are not solutions of these instances.
        """
        self.actions, self.rounds = actions, rounds
        self.labels()

    def improve(self, network: nn.Module, relative: bool, settings: ImprovementSettings) -> None:
        """Samples solutions of all instances and keeps those that are better than the previous best."""
        parts = []
        for begin in range(0, len(self.instances), AT_ONCE):
            some = slice(begin, begin + AT_ONCE)
            known = None if self.actions is None else self.actions[some]
            parts.append(self._better(network, relative, settings, some, known))
        self.actions = torch.cat(parts)
        self.rounds += 1

    def _better(
        self, network: nn.Module, relative: bool, settings: ImprovementSettings, some: slice, known: Tensor | None
    ) -> Tensor:
        posed = pose(self.problem, self.instances[some])
        seed = np.random.SeedSequence([self.seed, self.rounds, some.start])
        task = task_of(self.problem, network, relative, posed, seed, Budget())
        with torch.inference_mode():
            found = DECODINGS["sample"](task, samples=settings.samples)
            drawn = found.actions
            choices = self.batch.size - self.problem.ends // 2
            drawn = nn.functional.pad(drawn, (0, choices - drawn.shape[1]), value=-1)
            if known is not None:
                known = known.to(drawn.device)
                drawn = torch.where((found.objective > task.objective(known)).unsqueeze(1), drawn, known)
        return drawn.cpu().clone()

    def labels(self) -> Labels:
        """Returns the best solutions as labels."""
        assert self.actions is not None
        closed = self.problem.record.closed
        return Labels(self.problem.name, self.batch, nn.functional.pad(self.actions, (int(closed), 0)))
