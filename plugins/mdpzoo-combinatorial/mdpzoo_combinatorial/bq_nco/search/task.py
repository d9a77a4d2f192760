"""What every decoding takes and returns, and what solutions are worth by the instances' own distances."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.search.construction import Built, Chooser, Network
from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch
from mdpzoo_combinatorial.instances.checking import at_least
from mdpzoo_combinatorial.local_search.budget import Budget

if TYPE_CHECKING:
    from mdpzoo_combinatorial.bq_nco.search.descents import Descent

NEIGHBOURS = 100  # tokens left that the network sees at a time where nothing else is asked for

Distance = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Task:
    """What to decode; every decoding takes one.

    Attributes:
        problem: of which the instances are.
        network: scores tokens.
        relative: which features it was made for.
        batch: the I instances, on the network's device.
        distance: ``(row, i, j)`` to float64, integer tensors that broadcast: by instance ``row``'s own rule.
        budget: when to stop.
        generator: on the network's device, for choices drawn at random.
        draws: on the CPU, for all else that is drawn.
        descent: compiled local search that follows each decoding; None: solutions stay as they are decoded.
    """

    problem: Problem
    network: Network
    relative: bool
    batch: Batch
    distance: Distance
    budget: Budget
    generator: torch.Generator
    draws: np.random.Generator
    descent: "Descent | None" = None

    def chooser(self, neighbours: int | None) -> Chooser:
        """Who chooses, shown so many tokens at a time; all where it is 0 or None.

        Raises:
            SettingError: neighbours is no such number.
        """
        at_least("neighbours", 0 if neighbours is None else neighbours, 0)
        return Chooser(self.problem, self.network, self.relative, neighbours or 0)

    def settled(self, actions: Tensor, row: Tensor | None = None) -> Tensor:
        """Solutions ``[B, M]`` of instances ``row``, after the descent where there is one."""
        return actions if self.descent is None else self.descent(actions, row)

    def objective(self, actions: Tensor, row: Tensor | None = None) -> Tensor:
        """``[B]`` float64, more is better: the prize or value of solutions ``[B, M]``, or their length, negated.

        Args:
            actions: of whole solutions, as construction gives them.
            row: ``[B]``, whose solution each is; None: instance b's.
        """
        row = torch.arange(len(actions), device=actions.device) if row is None else row
        token, way = actions // self.problem.action_variants, actions % self.problem.action_variants
        if self.problem.maximise:
            gained = self.batch.numbers[row.unsqueeze(1), token.clamp(min=0), 0]
            return (gained * (actions >= 0)).sum(1)
        return -self.lengths(row, torch.nn.functional.pad(token, (1, 1)), torch.nn.functional.pad(way, (0, 1)))

    def lengths(self, row: Tensor, nodes: Tensor, way: Tensor | None = None) -> Tensor:
        """``[B]`` float64, how long paths are.

        Args:
            row: ``[B]``, in which instance.
            nodes: ``[B, m]``, one after the other.
            way: ``[B, m - 1]``, 1 where the path goes by the depot; None: nowhere.
        """
        row, before, after = row.unsqueeze(1), nodes[:, :-1], nodes[:, 1:]
        if self.problem.action_variants == 1 or way is None:
            return self.distance(row, before, after).sum(1)
        depot = torch.zeros_like(before)
        by_depot = self.distance(row, before, depot) + self.distance(row, depot, after)
        return torch.where(way == 1, by_depot, self.distance(row, before, after)).sum(1)

    def tell(self, found: "SearchResult") -> None:
        """Reports how far the search has come."""
        if self.budget.report is not None:
            mean = float(found.worth.mean())
            self.budget.tell(found.rounds, mean if self.problem.maximise else -mean)


@dataclass(frozen=True)
class SearchResult:
    """The best solutions so far.

    Attributes:
        actions: ``[I, M]`` int64, as construction gives them.
        worth: ``[I]`` float64, more is better.
        complete: whether the network made every choice of the first solutions.
        rounds: solutions compared, or re-constructions, per instance.
    """

    actions: Tensor
    worth: Tensor
    complete: bool
    rounds: int

    def better(self, task: Task, built: Built, copies: int = 1, turned: bool = False) -> "SearchResult":
        """Instance by instance, the best of these and of new ones.

        Args:
            task: the instances.
            built: ``copies * I`` solutions, those of one instance ``I`` rows apart.
            copies: how many for each instance.
            turned: whether the new ones are tours to be read backwards.
        """
        count = len(self.actions)
        actions = built.actions.flip(1) if turned else built.actions
        row = torch.arange(count, device=actions.device).repeat(copies)
        actions = task.settled(actions, row)
        width = max(self.actions.shape[1], actions.shape[1])
        held, actions = _padded(self.actions, width), _padded(actions, width)
        worth, which = task.objective(actions, row).view(copies, count).max(0)
        best = actions.view(copies, count, -1)[which, torch.arange(count, device=actions.device)]
        more = worth > self.worth
        rounds = self.rounds + copies * int(built.complete)
        kept = torch.where(more.unsqueeze(1), best, held)
        return replace(self, actions=kept, worth=torch.where(more, worth, self.worth), rounds=rounds)


def _padded(actions: Tensor, width: int) -> Tensor:
    """Solutions ``[B, width]``, with -1 behind their actions."""
    return torch.nn.functional.pad(actions, (0, width - actions.shape[1]), value=-1)


def euclidean(coordinates: NDArray[np.float64], device: torch.device) -> Distance:
    """Unrounded distances between coordinates ``[I, n, 2]``."""
    held = torch.from_numpy(np.ascontiguousarray(coordinates)).to(device)
    return lambda row, i, j: (held[row, i] - held[row, j]).square().sum(-1).sqrt()


def by_matrix(costs: NDArray[np.float64], device: torch.device) -> Distance:
    """Costs ``[I, n, n]``."""
    held = torch.from_numpy(np.array(costs, np.float64)).to(device)
    return lambda row, i, j: held[row, i, j]
