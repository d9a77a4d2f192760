"""Labelled states, and the sources from which batches of them are sampled."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch, Remainder
from mdpzoo_combinatorial.bq_nco.training.structures import Structure


class Examples(NamedTuple):
    """B labelled states.

    Attributes:
        problem: of the states.
        batch: B instances; state b is of instance b.
        left: the states.
        best: ``[B, K L]`` float32, the label as probabilities of equally good actions; each row sums to 1.
        regret: ``[B, K L]`` float32, costs of actions over that of the best, at least 0, NaN where they are unknown;
            None: there are only labels.
        structure: of the labelled solutions; None: it is unknown, or solutions have no order.
    """

    problem: Problem
    batch: Batch
    left: Remainder
    best: Tensor
    regret: Tensor | None = None
    structure: Structure | None = None

    def part(self, index: int, parts: int) -> "Examples":
        """Returns every ``parts``-th state from ``index`` on."""
        chosen = torch.arange(index, len(self.best), parts)
        left = self.left.pick(chosen)._replace(row=torch.arange(len(chosen)))
        regret = None if self.regret is None else self.regret[chosen]
        structure = None if self.structure is None else self.structure.pick(chosen)
        return Examples(self.problem, self.batch.rows(chosen), left, self.best[chosen], regret, structure)

    def to(self, device: torch.device) -> "Examples":
        """Returns the same states on a device."""
        regret = None if self.regret is None else self.regret.to(device)
        structure = None if self.structure is None else self.structure.to(device)
        batch, left = self.batch.to(device), self.left.to(device)
        return Examples(self.problem, batch, left, self.best.to(device), regret, structure)


class Source(Protocol):
    """Labelled states to sample from."""

    def draw(self, tokens: int, generator: torch.Generator) -> Examples:
        """Samples a batch of about ``tokens`` tokens on the CPU, at one depth, drawn uniformly."""


def draw(sources: Sequence[Source], tokens: int, generator: torch.Generator) -> Examples:
    """Samples a batch on the CPU, from one source and at one depth, both drawn uniformly.

    Args:
        sources: of one problem; list one twice to draw it twice as often.
        tokens: total number of tokens.
        generator: the only source of randomness.
    """
    return sources[int(torch.randint(len(sources), (), generator=generator))].draw(tokens, generator)


def mirror(batch: Batch, generator: torch.Generator) -> Batch:
    """Returns each instance under one of the eight isometries of the square, drawn uniformly."""
    if batch.coordinates is None:
        return batch
    count = len(batch)
    sign = 2.0 * torch.randint(2, (count, 1, 2), generator=generator) - 1.0
    swap = torch.randint(2, (count, 1, 1), generator=generator).bool()
    centred = batch.coordinates - 0.5
    return replace(batch, coordinates=torch.where(swap, centred.flip(2), centred) * sign + 0.5)
