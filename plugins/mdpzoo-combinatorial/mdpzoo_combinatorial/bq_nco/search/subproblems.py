"""Subproblems of each problem: parts of a solution that are states of the same process (LEHD, arXiv 2310.07985).

They are sub-paths of tours, segments of orienteering tours with the remaining limit, and subsets of knapsacks with the
remaining capacity; those of routes are in ``route_subproblems``. The paper re-solves one sub-path at a time. Here, a
round cuts each tour into disjoint sub-paths; for OP and Knapsack it solves several subproblems at once and keeps the
best solution.
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.search.task import Task
from mdpzoo_combinatorial.bq_nco.states.remainders import Remainder, keep

GAIN = 1e-7  # smallest relative improvement of a length
STATES_AT_ONCE = 16  # subproblems that are tried together if only one can be kept, to fill a forward pass
TOKENS_AT_ONCE = 300  # minimum number of tokens in a round, to fill a forward pass: small batches are cut repeatedly


class Subproblems(ABC):
    """The solutions of I instances, which are cut into subproblems and updated with their solutions."""

    smallest: int = 2  # tokens in the smallest subproblem that is solved again

    def __init__(self, task: Task) -> None:
        """Stores the instances; ``begin`` sets their solutions."""
        self.task = task
        self.count = len(task.batch)
        self.device = task.batch.numbers.device

    @abstractmethod
    def begin(self, actions: Tensor) -> None:
        """Sets the solutions ``[I, M]``, as construction returns them."""

    @abstractmethod
    def actions(self) -> Tensor:
        """Returns the current solutions, ``[I, M]``."""

    @abstractmethod
    def cut(self, size: int) -> Remainder | None:
        """Returns S subproblems of about ``size`` tokens as states; None if no solution can be cut."""

    @abstractmethod
    def mend(self, found: Tensor) -> None:
        """Replaces subproblems of the last cut by better solutions among ``[V, S, M]``, V for each subproblem."""

    def cuts(self) -> int:
        """Returns how often each solution is cut in a round; subproblems changed by an earlier cut are skipped."""
        return max(1, TOKENS_AT_ONCE // (self.count * self.task.batch.size))

    def random(self, *shape: int) -> Tensor:
        """Draws uniform numbers in [0, 1), float64."""
        return torch.from_numpy(self.task.draws.random(shape)).to(self.device)

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """Draws uniform integers in ``low..high-1``."""
        return torch.from_numpy(self.task.draws.integers(low, high, shape)).to(self.device)


class TourSubproblems(Subproblems):
    """Sub-paths of tours (TSP, ATSP) between two fixed nodes, which are included in ``size``."""

    smallest = 4

    def begin(self, actions: Tensor) -> None:
        """Sets the tours, ``[I, n]``."""
        self.tours = torch.nn.functional.pad(actions, (1, 0))

    def actions(self) -> Tensor:
        """Returns the tours after node 0."""
        size = self.tours.shape[1]
        first = (self.tours == 0).int().argmax(1, keepdim=True)
        turned = self.tours.gather(1, (first + torch.arange(size, device=self.device)) % size)
        return turned[:, 1:]

    def cut(self, size: int) -> Remainder | None:
        """Returns as many disjoint sub-paths as possible, from random shifts."""
        n = self.tours.shape[1]
        size = min(size, n)
        if size < self.smallest:
            return None
        place = torch.arange(n // size, device=self.device).unsqueeze(1) * size
        slots = self.integers(0, n, self.cuts(), self.count, 1, 1) + place + torch.arange(size, device=self.device)
        self.slots = slots % n  # [C, I, P, size]
        self.old = self._at(self.slots)
        self.row = torch.arange(self.count, device=self.device).view(1, -1, 1).expand(slots.shape[:3]).flatten()
        old = self.old.flatten(0, 2)
        node = torch.cat((old[:, :1], old[:, -1:], old[:, 1:-1]), 1)
        return Remainder(self.row, node, None, self.task.batch.resource[self.row])

    def mend(self, found: Tensor) -> None:
        """Replaces each sub-path by its shortest solution."""
        copies, old = len(found), self.old.flatten(0, 2)
        first, last = old[:, :1].expand(copies, -1, -1), old[:, -1:].expand(copies, -1, -1)
        paths = torch.cat((first, found, last), 2)
        length = self.task.lengths(self.row.repeat(copies), paths.flatten(0, 1)).view(copies, -1)
        best, which = length.min(0)
        before = self.task.lengths(self.row, old)
        shorter = (best < before - GAIN * before).view(self.slots.shape[:3])
        new = paths[which, torch.arange(len(which), device=self.device)].view_as(self.slots)
        for slots, was, better, path in zip(self.slots, self.old, shorter, new, strict=True):
            now = self._at(slots)
            taken = better & (now == was).all(2)
            path = torch.where(taken.unsqueeze(2), path, now)
            self.tours = self.tours.scatter(1, slots.flatten(1), path.flatten(1))

    def _at(self, slots: Tensor) -> Tensor:
        """Returns the nodes ``[..., I, P, size]`` at positions of the tours."""
        tours = self.tours.unsqueeze(1).expand(*slots.shape[:-1], -1)
        return tours.gather(-1, slots)


class SegmentSubproblems(Subproblems):
    """Segments of orienteering tours: the nodes between two visited nodes, and all nodes that are not visited."""

    smallest = 1

    def __init__(self, task: Task) -> None:
        """Stores the instances."""
        super().__init__(task)
        self.copies = max(1, STATES_AT_ONCE // self.count)

    def begin(self, actions: Tensor) -> None:
        """Sets the tours ``[I, M + 2]`` from the depot to the depot, padded with the depot."""
        room = self.task.batch.size - 1 - actions.shape[1]
        self.tours = torch.nn.functional.pad(actions.clamp(min=0), (1, 1 + room))
        self.prizes = self.task.batch.numbers[:, :, 0].clone()
        self.prizes[:, 0] = 0.0  # all tours collect the depot's prize

    def actions(self) -> Tensor:
        """Returns the visited nodes."""
        inner = self.tours[:, 1:-1]
        return torch.where(inner > 0, inner, -1)

    def cut(self, size: int) -> Remainder | None:
        """Returns ``copies`` segments of each tour; at most one of them will be replaced."""
        batch = self.task.batch
        row = torch.arange(self.count, device=self.device).repeat(self.copies)
        tours, states = self.tours[row], len(row)
        visits = (tours > 0).sum(1)
        inner = torch.minimum((self.random(states) * (size + 1)).long(), visits)
        begin = (self.random(states) * (visits - inner + 1)).long()
        end = begin + inner + 1
        place = torch.arange(tours.shape[1], device=self.device)
        freed = (place > begin.unsqueeze(1)) & (place < end.unsqueeze(1))
        step = self.task.distance(row.unsqueeze(1), tours[:, :-1], tours[:, 1:])
        inside = (place[:-1] >= begin.unsqueeze(1)) & (place[:-1] < end.unsqueeze(1))
        room = batch.resource[row] - (step * ~inside).sum(1)
        taken = torch.zeros(states, batch.size, dtype=torch.bool, device=self.device)
        taken.scatter_(1, torch.where(freed, 0, tours), True)
        taken[:, 0] = True
        self.row, self.begin_at, self.end_at = row, begin, end
        ends = torch.stack((begin, end), 1)
        node = torch.cat((tours.gather(1, ends), torch.arange(1, batch.size, device=self.device).expand(states, -1)), 1)
        left = Remainder(row, node, None, room)
        open_ = torch.cat((taken[:, :2], ~taken[:, 1:]), 1)
        return keep(left, open_ & self.task.problem.reachable(batch, left), 2)

    def mend(self, found: Tensor) -> None:
        """Keeps the best tour of each instance: the highest prize, then the shortest length."""
        row = self.row.repeat(len(found))
        tours = self._improve(self._join(found), row)  # [V S, n + 1]
        prize = self.prizes[row.unsqueeze(1), tours].sum(1)
        length = self.task.lengths(row, tours)
        old = self.prizes.gather(1, self.tours).sum(1)
        own = self.task.lengths(torch.arange(self.count, device=self.device), self.tours)
        prize = torch.cat((old, prize)).view(-1, self.count)
        length = torch.cat((own, length)).view(-1, self.count)
        highest = prize.max(0).values
        good = prize >= highest - GAIN * highest.abs()
        which = torch.where(good, length, torch.inf).argmin(0)  # the first is the old one
        every = torch.cat((self.tours, tours)).view(-1, *self.tours.shape)
        self.tours = every[which, torch.arange(self.count, device=self.device)]

    def _improve(self, tours: Tensor, row: Tensor) -> Tensor:
        """Returns the tours after the task's descent."""
        if self.task.descent is None:
            return tours
        visits = self.task.improve(torch.where(tours > 0, tours, -1)[:, 1:-1], row)
        return torch.nn.functional.pad(visits.clamp(min=0), (1, 1))

    def _join(self, found: Tensor) -> Tensor:
        """Returns complete tours ``[V S, n + 1]`` with the segments ``[V, S, M]``."""
        copies, states, width = found.shape
        found = found.flatten(0, 1)
        tours = self.tours[self.row].repeat(copies, 1)
        begin, end = self.begin_at.repeat(copies).unsqueeze(1), self.end_at.repeat(copies).unsqueeze(1)
        inner = (found >= 0).sum(1, keepdim=True)
        place = torch.arange(tours.shape[1], device=self.device).expand(copies * states, -1)
        new = found.gather(1, (place - begin - 1).clamp(0, width - 1)) if width else tours
        after = (place - inner + end - begin - 1).clamp(0, tours.shape[1] - 1)
        kept = tours.gather(1, torch.where(place <= begin, place, after))
        return torch.where((place > begin) & (place <= begin + inner), new, kept)


class SubsetSubproblems(Subproblems):
    """Subsets of the chosen items of a knapsack; the subproblem chooses again among these and all other items."""

    def __init__(self, task: Task) -> None:
        """Stores the instances."""
        super().__init__(task)
        self.copies = max(1, STATES_AT_ONCE // self.count)

    def begin(self, actions: Tensor) -> None:
        """Sets the chosen items."""
        self.inside = self._mark(actions)

    def actions(self) -> Tensor:
        """Returns the chosen items."""
        place = torch.arange(self.inside.shape[1], device=self.device)
        return torch.where(self.inside, place, -1)

    def cut(self, size: int) -> Remainder | None:
        """Returns ``copies`` subsets of about ``size`` items each, drawn uniformly."""
        batch = self.task.batch
        self.row = torch.arange(self.count, device=self.device).repeat(self.copies)
        inside = self.inside[self.row]
        rank = torch.where(inside, self.random(*inside.shape), 2.0).argsort(1).argsort(1)
        self.kept = inside & (rank >= size)
        weight = (batch.numbers[self.row, :, 1] * self.kept).sum(1)
        node = torch.arange(batch.size, device=self.device).repeat(len(self.row), 1)
        left = Remainder(self.row, node, None, batch.resource[self.row] - weight)
        return keep(left, ~self.kept & self.task.problem.reachable(batch, left), 0)

    def mend(self, found: Tensor) -> None:
        """Keeps the best selection of each instance; of equal ones, a new one."""
        inside = self._mark(found.flatten(0, 1)) | self.kept.repeat(len(found), 1)
        every = torch.cat((inside, self.inside)).view(-1, *self.inside.shape)
        value = (every * self.task.batch.numbers[:, :, 0]).sum(2)
        self.inside = every[value.argmax(0), torch.arange(self.count, device=self.device)]

    def _mark(self, actions: Tensor) -> Tensor:
        marks = torch.zeros(len(actions), self.task.batch.size + 1, dtype=torch.bool, device=self.device)
        return marks.scatter(1, torch.where(actions >= 0, actions, self.task.batch.size), True)[:, :-1]
