"""The argument and the result of all decodings, and objectives by the instances' own distances."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.bq_nco.search.construction import Built, Chooser, Network
from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch
from mdpzoo_combinatorial.instances.checking import at_least
from mdpzoo_combinatorial.local_search.budget import Budget

if TYPE_CHECKING:
    from mdpzoo_combinatorial.bq_nco.search.descents import Descent

NEIGHBOURS = 100  # remaining tokens that the network sees at a time, by default
ENDGAME = 10  # tokens, by default; with more, an optimal order soon takes longer than the choices of a network
MOST = 12  # tokens in an optimal order, which need 1 MB a solution

Distance = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Task:
    """The instances to solve, and everything that decodings need.

    Attributes:
        problem: the problem of the instances.
        network: scores tokens.
        relative: whether the network's features are relative to the state.
        batch: the I instances, on the network's device.
        distance: ``(row, i, j)`` to float64, for integer tensors that broadcast: the distance in instance ``row``.
        budget: the time limit.
        generator: random numbers on the network's device, for sampled choices.
        draws: random numbers on the CPU, for everything else.
        descent: compiled local search that follows each decoding; None: there is none.
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

    def chooser(self, neighbours: int | None, endgame: int | None = None) -> Chooser:
        """Returns the chooser.

        Args:
            neighbours: tokens that the network sees at a time; 0 or None: all.
            endgame: up to so many last tokens are in an optimal order, in 0..12; None: 10, or 0 for the networks of the
                paper.

        Raises:
            SettingError: if a number is out of range or not an integer.
        """
        at_least("neighbours", 0 if neighbours is None else neighbours, 0)
        if endgame is None:
            endgame = ENDGAME if self.relative else 0
        at_least("endgame", endgame, 0)
        if endgame > MOST:
            raise SettingError(f"endgame must be at most {MOST}, got {endgame}")
        return Chooser(self.problem, self.network, self.relative, neighbours or 0, endgame)

    def improve(self, actions: Tensor, row: Tensor | None = None) -> Tensor:
        """Returns solutions ``[B, M]`` of instances ``row``, improved by the descent if there is one."""
        return actions if self.descent is None else self.descent(actions, row)

    def objective(self, actions: Tensor, row: Tensor | None = None) -> Tensor:
        """Returns the objectives of solutions ``[B, M]``, negated if smaller is better, ``[B]`` float64.

        Args:
            actions: of complete solutions, as construction returns them.
            row: ``[B]``, the instance of each solution; None: 0, 1, 2, ...
        """
        row = torch.arange(len(actions), device=actions.device) if row is None else row
        token, variant = actions // self.problem.action_variants, actions % self.problem.action_variants
        if self.problem.maximise:
            values = self.batch.numbers[row.unsqueeze(1), token.clamp(min=0), 0]
            return (values * (actions >= 0)).sum(1)
        return -self.lengths(row, torch.nn.functional.pad(token, (1, 1)), torch.nn.functional.pad(variant, (0, 1)))

    def lengths(self, row: Tensor, nodes: Tensor, variant: Tensor | None = None) -> Tensor:
        """Returns the lengths of paths, ``[B]`` float64.

        Args:
            row: ``[B]``, the instance of each path.
            nodes: ``[B, m]``, in order.
            variant: ``[B, m - 1]``, 1 if the path visits the depot before the next node; None: never.
        """
        row, before, after = row.unsqueeze(1), nodes[:, :-1], nodes[:, 1:]
        if self.problem.action_variants == 1 or variant is None:
            return self.distance(row, before, after).sum(1)
        depot = torch.zeros_like(before)
        by_depot = self.distance(row, before, depot) + self.distance(row, depot, after)
        return torch.where(variant == 1, by_depot, self.distance(row, before, after)).sum(1)

    def tell(self, found: "SearchResult") -> None:
        """Reports the progress of the search."""
        if self.budget.report is not None:
            mean = float(found.objective.mean())
            self.budget.tell(found.rounds, mean if self.problem.maximise else -mean)


@dataclass(frozen=True)
class SearchResult:
    """The best solutions so far.

    Attributes:
        actions: ``[I, M]`` int64, as construction returns them.
        objective: ``[I]`` float64, as ``Task.objective``.
        complete: whether the network made every choice of the first solutions.
        rounds: solutions compared, or re-constructions, per instance.
    """

    actions: Tensor
    objective: Tensor
    complete: bool
    rounds: int

    def better(self, task: Task, built: Built, copies: int = 1, turned: bool = False) -> "SearchResult":
        """Returns the best of these and of new solutions, for each instance.

        Args:
            task: the instances.
            built: ``copies * I`` new solutions, those of the same instance ``I`` rows apart.
            copies: new solutions for each instance.
            turned: whether the new solutions are tours in reverse order.
        """
        count = len(self.actions)
        actions = built.actions.flip(1) if turned else built.actions
        row = torch.arange(count, device=actions.device).repeat(copies)
        actions = task.improve(actions, row)
        width = max(self.actions.shape[1], actions.shape[1])
        held, actions = _pad(self.actions, width), _pad(actions, width)
        objective, which = task.objective(actions, row).view(copies, count).max(0)
        best = actions.view(copies, count, -1)[which, torch.arange(count, device=actions.device)]
        more = objective > self.objective
        rounds = self.rounds + copies * int(built.complete)
        kept = torch.where(more.unsqueeze(1), best, held)
        return replace(self, actions=kept, objective=torch.where(more, objective, self.objective), rounds=rounds)


def _pad(actions: Tensor, width: int) -> Tensor:
    """Returns solutions ``[B, width]``, padded with -1."""
    return torch.nn.functional.pad(actions, (0, width - actions.shape[1]), value=-1)


def euclidean(coordinates: NDArray[np.float64], device: torch.device) -> Distance:
    """Returns the function of unrounded distances between coordinates ``[I, n, 2]``."""
    held = torch.from_numpy(np.ascontiguousarray(coordinates)).to(device)
    return lambda row, i, j: (held[row, i] - held[row, j]).square().sum(-1).sqrt()


def by_matrix(costs: NDArray[np.float64], device: torch.device) -> Distance:
    """Returns the function of costs ``[I, n, n]``."""
    held = torch.from_numpy(np.array(costs, np.float64)).to(device)
    return lambda row, i, j: held[row, i, j]
