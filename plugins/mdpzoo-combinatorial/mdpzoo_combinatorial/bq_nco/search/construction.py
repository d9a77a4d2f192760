"""Construction: solutions built choice by choice by the network, whole batches at a time (BQ-NCO, sections 3 and 5).

After each choice what is left is again an instance, and is encoded anew. Any states can be completed, not only whole
instances: pieces of solutions and entries of a beam are. What differs from the paper: see ``nearness`` on what is shown
of large instances.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.search.nearness import cheapest, shown
from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch, Remainder, Tokens
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import resolve

TOKENS_AT_ONCE = 1024  # more in one forward pass leave the cache of a CPU core: a quarter slower
TOKENS_ON_DEVICE = 262_144  # likewise of any other device, so that memory suffices
PAIRS_ON_DEVICE = 4_194_304  # likewise, pairs of tokens with edge features

Network = Callable[[Tokens], Tensor]


class Seen(NamedTuple):
    """What a network says of B states.

    Attributes:
        scores: ``[B, K l]``, of the actions ``K * place + way``; ``-inf`` where illegal.
        position: ``[B, l]`` int64, which token of the state is at which place; None: all at their own.
    """

    scores: Tensor
    position: Tensor | None

    def chosen(self, action: Tensor, ways: int) -> tuple[Tensor, Tensor]:
        """Positions among the tokens of the states and ways, of actions ``[B]``."""
        place, way = action // ways, action % ways
        if self.position is not None:
            place = self.position.gather(1, place.unsqueeze(1)).squeeze(1)
        return place, way


class Built(NamedTuple):
    """Completed states.

    Attributes:
        actions: ``[B, M]`` int64, ``K * token + way`` of the instance's own tokens in the order of choice, then -1.
        complete: whether the network made every choice.
    """

    actions: Tensor
    complete: bool


@dataclass(frozen=True)
class Chooser:
    """Who makes the choices.

    Attributes:
        problem: what is solved.
        network: scores what a state's tokens are.
        relative: which features the network was made for.
        neighbours: tokens left that the network sees at a time; 0: all.
    """

    problem: Problem
    network: Network
    relative: bool
    neighbours: int = 0

    def look(self, batch: Batch, left: Remainder) -> Seen:
        """What the network says of states, each with something legal."""
        problem, length = self.problem, left.node.shape[1]
        if not 0 < self.neighbours < length - problem.ends:
            return Seen(self._scores(batch, left), None)
        certain = problem.record.learning.certain
        if certain is not None:
            best, unseen = resolve(certain)(batch, left, self.neighbours)
            if bool(unseen.all()):
                return Seen(torch.zeros_like(best, dtype=torch.float32).unsqueeze(1), best.unsqueeze(1))
        position = shown(problem, batch, left, self.neighbours)
        ends = torch.arange(problem.ends, device=position.device).expand(len(position), -1)
        position = torch.cat((ends, position), 1)
        count = None if left.count is None else left.count.clamp(max=self.neighbours)
        scores = self._scores(batch, Remainder(left.row, left.node.gather(1, position), count, left.resource))
        if certain is not None:
            scores = torch.where(unseen.unsqueeze(1) & (position != best.unsqueeze(1)), -torch.inf, scores)
        return Seen(scores, position)

    def _scores(self, batch: Batch, left: Remainder) -> Tensor:
        """Scores ``[B, K L]``, by as many forward passes as the device likes best."""
        count, length = left.node.shape
        rows = _rows_at_once(left.node.device, length, self.problem.edges > 0)
        if rows >= count and left.count is None:
            return self.network(self.problem.tokens(batch, left, relative=self.relative))
        parts = [left.pick(slice(first, first + rows)) for first in range(0, count, rows)]  # type: ignore[arg-type]
        return torch.cat([self._padded(batch, each, length) for each in parts])

    def _padded(self, batch: Batch, left: Remainder, length: int) -> Tensor:
        """Scores ``[B, K length]``; on a CPU, padding that all rows share is left out."""
        if left.count is not None and left.count.device.type == "cpu":
            most, least = int(left.count.max()), int(left.count.min())
            left = left._replace(
                node=left.node[:, : most + self.problem.ends], count=None if most == least else left.count
            )
        scores = self.network(self.problem.tokens(batch, left, relative=self.relative))
        missing = self.problem.action_variants * length - scores.shape[1]
        return torch.nn.functional.pad(scores, (0, missing), value=-torch.inf) if missing else scores


def _rows_at_once(device: torch.device, length: int, edges: bool) -> int:
    if device.type == "cpu":
        return max(1, TOKENS_AT_ONCE // length)
    rows = TOKENS_ON_DEVICE // length
    return max(1, min(rows, PAIRS_ON_DEVICE // length**2) if edges else rows)


@torch.inference_mode()
def construct(
    chooser: Chooser,
    batch: Batch,
    left: Remainder,
    *,
    generator: torch.Generator | None = None,
    temperature: float = 1.0,
    budget: Budget | None = None,
) -> Built:
    """Completes states.

    Args:
        chooser: who chooses.
        batch: the instances, on the network's device.
        left: the states; of a problem that shrinks, without what is out of reach.
        generator: samples from the softmax of the scores when given; the best score wins when None.
        temperature: divides the scores before they are sampled, positive.
        budget: once it is spent, the network falls silent and a cheap rule chooses instead; None: no limit.

    Costs O(B L^3), or O(B L k^2 + B L^2) with k neighbours.
    """
    problem, device = chooser.problem, left.node.device
    actions = torch.full((len(left.row), max(0, left.node.shape[1] - problem.ends)), -1, device=device)
    active, complete, step = torch.arange(len(left.row), device=device), True, 0
    while True:
        active, left = _unfinished(active, left)
        if not len(active) or left.node.shape[1] == problem.ends:
            return Built(actions, complete)
        complete = complete and not (budget is not None and budget.spent)
        position, way = _choice(chooser, batch, left, complete, generator, temperature)
        token = left.node.gather(1, position.unsqueeze(1)).squeeze(1)
        actions[active, step] = token * problem.action_variants + way
        left = problem.step(batch, left, position, way)
        step += 1


def _unfinished(active: Tensor, left: Remainder) -> tuple[Tensor, Remainder]:
    """The states that have something left, the longest first so that rows of one forward pass are alike."""
    if left.count is None:
        return active, left
    order = left.count.argsort(descending=True, stable=True)
    order = order[: int((left.count > 0).sum())]
    return active[order], left.pick(order)


def _choice(
    chooser: Chooser,
    batch: Batch,
    left: Remainder,
    seeing: bool,
    generator: torch.Generator | None,
    temperature: float,
) -> tuple[Tensor, Tensor]:
    """Positions and ways ``[B]``."""
    ways, ends = chooser.problem.action_variants, chooser.problem.ends
    if ways == 1 and left.node.shape[1] == ends + 1:  # nothing to choose
        position = torch.full_like(left.row, ends)
        return position, torch.zeros_like(position)
    if not seeing:
        generator = None
    seen = chooser.look(batch, left) if seeing else Seen(cheapest(chooser.problem, batch, left), None)
    if generator is None:
        return seen.chosen(seen.scores.argmax(1), ways)
    drawn = torch.multinomial((seen.scores / temperature).softmax(1), 1, generator=generator).squeeze(1)
    return seen.chosen(drawn, ways)
