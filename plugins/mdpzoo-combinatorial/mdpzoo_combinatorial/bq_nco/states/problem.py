"""What one of the five problems tells a network and a search: features of its tokens, what is legal, what is used up.

All else about BQ-NCO is written once. A state names its tokens in the order [origin, destination, left...].
"""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.states.remainders import Batch, Remainder, Tokens, keep, valid_tokens, without
from mdpzoo_combinatorial.problems import ProblemRecord


class Problem(ABC):
    """One problem as BQ-NCO sees it; has no state.

    Attributes:
        record: what every room knows of it.
        paper: features of a token in the paper; 0: the paper has none that can be given here.
        features: features of a token, ours.
        edges: features of a pair of tokens.
    """

    paper: ClassVar[int]
    features: ClassVar[int]
    edges: ClassVar[int] = 0

    def __init__(self, record: ProblemRecord) -> None:
        """Copies what searches read in every step out of the record: see its attributes."""
        self.record = record
        self.name, self.ends, self.action_variants = record.name, record.ends, record.action_variants
        self.planar, self.shrinks, self.maximise = record.coordinates, record.shrinks, record.maximise

    def start(self, batch: Batch) -> Remainder:
        """The whole of every instance: from token 0 through all others and back to it."""
        count, device = len(batch), batch.numbers.device
        first = [0] * self.ends
        node = torch.tensor([*first, *range(self.ends // 2, batch.size)], device=device).repeat(count, 1)
        left = Remainder(torch.arange(count, device=device), node, None, batch.resource)
        return self.pruned(batch, left)

    def step(self, batch: Batch, left: Remainder, position: Tensor, way: Tensor | None = None) -> Remainder:
        """What is left after choosing tokens.

        Args:
            batch: the instances.
            left: ``B`` states, each with something legal.
            position: ``[B]`` int64, indices into the tokens of ``left``.
            way: ``[B]`` int64, None where K = 1.
        """
        return self.pruned(batch, without(left, position, self.ends, self.used(batch, left, position, way)))

    def used(self, batch: Batch, left: Remainder, position: Tensor, way: Tensor | None) -> Tensor:
        """What is left of the resource after a choice, ``[B]`` float64."""
        return left.resource

    def pruned(self, batch: Batch, left: Remainder) -> Remainder:
        """Deletes what can never be legal again."""
        if not self.shrinks:
            return left
        return keep(left, self.reachable(batch, left), self.ends)

    def reachable(self, batch: Batch, left: Remainder) -> Tensor:
        """``[B, L]`` bool, what the resource allows; of problems that shrink."""
        raise NotImplementedError

    def legal(self, batch: Batch, left: Remainder) -> Tensor:
        """``[B, L, K]`` bool: all tokens left."""
        valid = valid_tokens(left, self.ends)
        free = torch.ones_like(left.node, dtype=torch.bool) if valid is None else valid
        free[:, : self.ends] = False
        return free.unsqueeze(2)

    def tokens(self, batch: Batch, left: Remainder, *, relative: bool = True) -> Tokens:
        """What a network sees.

        Args:
            batch: the instances.
            left: the states.
            relative: our features; False: the paper's.
        """
        valid = valid_tokens(left, self.ends)
        coordinates = edges = None
        if self.planar:
            assert batch.coordinates is not None
            coordinates = batch.coordinates[left.row.unsqueeze(1), left.node]
        if relative:
            features, coordinates, edges = self.described(batch, left, coordinates, valid)
        else:
            features = self.as_published(batch, left, coordinates)
        return Tokens(features, self.legal(batch, left), self.ends, coordinates, edges, valid)

    @abstractmethod
    def described(
        self, batch: Batch, left: Remainder, coordinates: Tensor | None, valid: Tensor | None
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Our features ``[B, L, F]``, coordinates in their own box and edges ``[B, L, L, E]``."""

    @abstractmethod
    def as_published(self, batch: Batch, left: Remainder, coordinates: Tensor | None) -> Tensor:
        """The paper's features ``[B, L, F]``."""


def unit_box(coordinates: Tensor, valid: Tensor | None) -> tuple[Tensor, Tensor]:
    """Moves and scales each state so that the longer side of its box spans ``[-0.5, 0.5]``; padding lands on 0.

    Returns:
        Coordinates ``[B, L, 2]`` and the sides ``[B, 1]``, 1 where all coordinates are one.
    """
    low, high = coordinates, coordinates
    if valid is not None:
        low = low.masked_fill(~valid.unsqueeze(2), torch.inf)
        high = high.masked_fill(~valid.unsqueeze(2), -torch.inf)
    smallest, largest = low.amin(1, keepdim=True), high.amax(1, keepdim=True)
    side = (largest - smallest).amax(2, keepdim=True)
    side = torch.where(side > 0, side, torch.ones_like(side))
    moved = (coordinates - (smallest + largest) / 2) / side
    return (moved if valid is None else moved * valid.unsqueeze(2)), side.squeeze(2)


def geometry(coordinates: Tensor, valid: Tensor | None) -> Tensor:
    """Returns the geometric features of tokens, ``[B, L, 17]``, in units of the box.

    These are coordinates, offsets to both ends and their lengths; the offsets and lengths again, scaled by half the
    square root of the number of tokens and squashed to (-1, 1); and, likewise, the distances to the three nearest
    tokens.
    """
    to_origin, to_destination = coordinates - coordinates[:, :1], coordinates - coordinates[:, 1:2]
    lengths = torch.stack((to_origin.norm(dim=2), to_destination.norm(dim=2)), 2)
    far = torch.cdist(coordinates, coordinates, compute_mode="donot_use_mm_for_euclid_dist")
    if valid is None:
        stretch: Tensor | float = coordinates.shape[1] ** 0.5 / 2
    else:
        stretch = valid.sum(1).to(coordinates.dtype).sqrt().view(-1, 1, 1) / 2
        far = far.masked_fill(~valid.unsqueeze(1), torch.inf)
    near = far.topk(min(4, far.shape[2]), 2, largest=False).values[:, :, 1:] * stretch
    near = torch.nn.functional.pad(near, (0, 3 - near.shape[2]), value=torch.inf)
    offsets = torch.tanh(torch.cat((to_origin, to_destination), 2) * stretch)
    squashed = 1 - 1 / (1 + torch.cat((lengths * stretch, near), 2))
    return torch.cat((coordinates, to_origin, to_destination, lengths, offsets, squashed), 2)
