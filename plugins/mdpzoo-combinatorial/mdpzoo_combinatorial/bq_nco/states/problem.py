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
            position: ``[B]`` int64, places among the tokens of ``left``.
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
        places = edges = None
        if self.planar:
            assert batch.places is not None
            places = batch.places[left.row.unsqueeze(1), left.node]
        if relative:
            features, places, edges = self.described(batch, left, places, valid)
        else:
            features = self.as_published(batch, left, places)
        return Tokens(features, self.legal(batch, left), self.ends, places, edges, valid)

    @abstractmethod
    def described(
        self, batch: Batch, left: Remainder, places: Tensor | None, valid: Tensor | None
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Our features ``[B, L, F]``, places in their own box and edges ``[B, L, L, E]``."""

    @abstractmethod
    def as_published(self, batch: Batch, left: Remainder, places: Tensor | None) -> Tensor:
        """The paper's features ``[B, L, F]``."""


def unit_box(places: Tensor, valid: Tensor | None) -> tuple[Tensor, Tensor]:
    """Moves and scales each state so that the longer side of its box spans ``[-0.5, 0.5]``; padding lands on 0.

    Returns:
        Places ``[B, L, 2]`` and the sides ``[B, 1]``, 1 where all places are one.
    """
    low, high = places, places
    if valid is not None:
        low = low.masked_fill(~valid.unsqueeze(2), torch.inf)
        high = high.masked_fill(~valid.unsqueeze(2), -torch.inf)
    smallest, largest = low.amin(1, keepdim=True), high.amax(1, keepdim=True)
    side = (largest - smallest).amax(2, keepdim=True)
    side = torch.where(side > 0, side, torch.ones_like(side))
    moved = (places - (smallest + largest) / 2) / side
    return (moved if valid is None else moved * valid.unsqueeze(2)), side.squeeze(2)


def geometry(places: Tensor, valid: Tensor | None) -> Tensor:
    """``[B, L, 17]``: what a token's place says, in units of the box and, for what is near, of the spacing of tokens.

    Places, offsets to both ends and their lengths; the same offsets and lengths once more, stretched by half the root
    of the number of tokens and squashed to (-1, 1); and the distances to the three nearest tokens, likewise.
    """
    to_origin, to_destination = places - places[:, :1], places - places[:, 1:2]
    lengths = torch.stack((to_origin.norm(dim=2), to_destination.norm(dim=2)), 2)
    far = torch.cdist(places, places, compute_mode="donot_use_mm_for_euclid_dist")
    if valid is None:
        stretch: Tensor | float = places.shape[1] ** 0.5 / 2
    else:
        stretch = valid.sum(1).to(places.dtype).sqrt().view(-1, 1, 1) / 2
        far = far.masked_fill(~valid.unsqueeze(1), torch.inf)
    near = far.topk(min(4, far.shape[2]), 2, largest=False).values[:, :, 1:] * stretch
    near = torch.nn.functional.pad(near, (0, 3 - near.shape[2]), value=torch.inf)
    offsets = torch.tanh(torch.cat((to_origin, to_destination), 2) * stretch)
    squashed = 1 - 1 / (1 + torch.cat((lengths * stretch, near), 2))
    return torch.cat((places, to_origin, to_destination, lengths, offsets, squashed), 2)
