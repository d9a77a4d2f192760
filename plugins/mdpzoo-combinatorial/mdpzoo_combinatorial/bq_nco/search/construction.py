"""Construction: the network builds solutions choice by choice, in batches (BQ-NCO, sections 3 and 5).

After each choice, the remaining problem is encoded again. Not only complete instances but all states can be completed,
such as subproblems and beam entries. What differs from the paper: ``nearness`` about large instances, and ``endgames``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.search.nearness import cheapest, visible
from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch, Remainder, Tokens
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import resolve

TOKENS_AT_ONCE = 1024  # in a forward pass on a CPU; more do not fit into the cache and take a quarter longer
TOKENS_ON_DEVICE = 262_144  # in a forward pass on other devices, limited by memory
PAIRS_ON_DEVICE = 4_194_304  # pairs of tokens with edge features in a forward pass on other devices

Network = Callable[[Tokens], Tensor]


class Seen(NamedTuple):
    """The scores of B states.

    Attributes:
        scores: ``[B, K l]``, of the actions ``K * index + variant``; ``-inf`` if illegal.
        position: ``[B, l]`` int64, the position in the state of each scored token; None: 0, 1, 2, ...
    """

    scores: Tensor
    position: Tensor | None

    def position_and_variant(self, action: Tensor, variants: int) -> tuple[Tensor, Tensor]:
        """Returns the positions in the states and the variants of actions ``[B]``."""
        position, variant = action // variants, action % variants
        if self.position is not None:
            position = self.position.gather(1, position.unsqueeze(1)).squeeze(1)
        return position, variant


class Built(NamedTuple):
    """Completed states.

    Attributes:
        actions: ``[B, M]`` int64, ``K * token + variant`` with the instance's tokens, in order, padded with -1.
        complete: whether the network made all choices.
    """

    actions: Tensor
    complete: bool


@dataclass(frozen=True)
class Chooser:
    """Scores the choices in states.

    Attributes:
        problem: the problem.
        network: scores tokens.
        relative: whether the network's features are relative to the state.
        neighbours: remaining tokens that the network sees at a time; 0: all.
        endgame: up to so many remaining tokens are visited in an optimal order where the problem has one; 0: none.
    """

    problem: Problem
    network: Network
    relative: bool
    neighbours: int = 0
    endgame: int = 0

    def finishes(self, left: Remainder) -> bool:
        """Returns whether all states are completed in an optimal order."""
        few = left.node.shape[1] - self.problem.ends <= self.endgame
        return few and self.problem.record.learning.endgame is not None

    def look(self, batch: Batch, left: Remainder) -> Seen:
        """Returns the network's scores of states, each with at least one legal choice."""
        problem, length = self.problem, left.node.shape[1]
        if not 0 < self.neighbours < length - problem.ends:
            return Seen(self._scores(batch, left), None)
        certain = problem.record.learning.certain
        if certain is not None:
            best, unseen = resolve(certain)(batch, left, self.neighbours)
            if bool(unseen.all()):
                return Seen(torch.zeros_like(best, dtype=torch.float32).unsqueeze(1), best.unsqueeze(1))
        position = visible(problem, batch, left, self.neighbours)
        ends = torch.arange(problem.ends, device=position.device).expand(len(position), -1)
        position = torch.cat((ends, position), 1)
        count = None if left.count is None else left.count.clamp(max=self.neighbours)
        scores = self._scores(batch, Remainder(left.row, left.node.gather(1, position), count, left.resource))
        if certain is not None:
            scores = torch.where(unseen.unsqueeze(1) & (position != best.unsqueeze(1)), -torch.inf, scores)
        return Seen(scores, position)

    def _scores(self, batch: Batch, left: Remainder) -> Tensor:
        """Returns scores ``[B, K L]``, in as many forward passes as suit the device."""
        count, length = left.node.shape
        rows = _rows_at_once(left.node.device, length, self.problem.edges > 0)
        if rows >= count and left.count is None:
            return self.network(self.problem.tokens(batch, left, relative=self.relative))
        parts = [left.pick(slice(first, first + rows)) for first in range(0, count, rows)]  # type: ignore[arg-type]
        return torch.cat([self._score_part(batch, each, length) for each in parts])

    def _score_part(self, batch: Batch, left: Remainder, length: int) -> Tensor:
        """Returns scores ``[B, K length]``; on a CPU, padding common to all rows is not processed."""
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
        chooser: scores choices.
        batch: the instances, on the network's device.
        left: the states, without tokens that can never be legal.
        generator: samples from the softmax of the scores; None: the highest score is chosen.
        temperature: divides the scores before sampling, positive.
        budget: once it is spent, a greedy rule chooses instead of the network; None: no limit.

    Takes O(B L^3), or O(B L k^2 + B L^2) with k neighbours.
    """
    problem, device = chooser.problem, left.node.device
    actions = torch.full((len(left.row), max(0, left.node.shape[1] - problem.ends)), -1, device=device)
    active, complete, step = torch.arange(len(left.row), device=device), True, 0
    while True:
        active, left = _unfinished(active, left)
        if chooser.endgame:
            active, left = _end(chooser, batch, active, left, actions[:, step:])
        if not len(active) or left.node.shape[1] == problem.ends:
            return Built(actions, complete)
        complete = complete and not (budget is not None and budget.spent)
        position, variant = _choice(chooser, batch, left, complete, generator, temperature)
        token = left.node.gather(1, position.unsqueeze(1)).squeeze(1)
        actions[active, step] = token * problem.action_variants + variant
        left = problem.step(batch, left, position, variant)
        step += 1


def _unfinished(active: Tensor, left: Remainder) -> tuple[Tensor, Remainder]:
    """Returns the unfinished states, sorted by length, so that rows of a forward pass are of similar length."""
    if left.count is None:
        return active, left
    order = left.count.argsort(descending=True, stable=True)
    order = order[: int((left.count > 0).sum())]
    return active[order], left.pick(order)


def _end(chooser: Chooser, batch: Batch, active: Tensor, left: Remainder, actions: Tensor) -> tuple[Tensor, Remainder]:
    """Writes the last actions of states with few remaining tokens, and returns the other states."""
    ending, most = chooser.problem.record.learning.endgame, left.node.shape[1] - chooser.problem.ends
    if ending is None or most == 0 or (left.count is None and most > chooser.endgame):
        return active, left
    count = torch.full_like(left.row, most) if left.count is None else left.count
    few = count <= chooser.endgame
    if not bool(few.any()):
        return active, left
    last = left.pick(few)
    most = int(count[few].max())
    last = last._replace(node=last.node[:, : chooser.problem.ends + most])
    actions[active[few], :most] = resolve(ending)(batch, last)
    return active[~few], left.pick(~few)


def _choice(
    chooser: Chooser,
    batch: Batch,
    left: Remainder,
    by_network: bool,
    generator: torch.Generator | None,
    temperature: float,
) -> tuple[Tensor, Tensor]:
    """Returns positions and variants ``[B]`` of the choices."""
    variants, ends = chooser.problem.action_variants, chooser.problem.ends
    if variants == 1 and left.node.shape[1] == ends + 1:  # nothing to choose
        position = torch.full_like(left.row, ends)
        return position, torch.zeros_like(position)
    if not by_network:
        generator = None
    seen = chooser.look(batch, left) if by_network else Seen(cheapest(chooser.problem, batch, left), None)
    if generator is None:
        return seen.position_and_variant(seen.scores.argmax(1), variants)
    drawn = torch.multinomial((seen.scores / temperature).softmax(1), 1, generator=generator).squeeze(1)
    return seen.position_and_variant(drawn, variants)
