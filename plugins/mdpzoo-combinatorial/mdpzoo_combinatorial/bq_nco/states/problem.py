"""The interface between BQ-NCO and a problem: features of tokens, legal choices and remaining resources.

The tokens of a state are in the order [origin, destination, remaining tokens].
"""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.states.remainders import Batch, Remainder, Tokens, keep, valid_tokens, without
from mdpzoo_combinatorial.problems import ProblemRecord


class Problem(ABC):
    """A problem for BQ-NCO.

    Attributes:
        record: the problem's record.
        paper: number of the paper's features of a token; 0: they are not supported.
        features: number of relative features of a token.
        edges: number of features of a pair of tokens.
    """

    paper: ClassVar[int]
    features: ClassVar[int]
    edges: ClassVar[int] = 0

    def __init__(self, record: ProblemRecord) -> None:
        """Copies frequently used attributes of the record."""
        self.record = record
        self.name, self.ends, self.action_variants = record.name, record.ends, record.action_variants
        self.planar, self.shrinks, self.maximise = record.coordinates, record.shrinks, record.maximise

    def start(self, batch: Batch) -> Remainder:
        """Returns the states of complete instances: from token 0 through all others and back to it."""
        count, device = len(batch), batch.numbers.device
        first = [0] * self.ends
        node = torch.tensor([*first, *range(self.ends // 2, batch.size)], device=device).repeat(count, 1)
        left = Remainder(torch.arange(count, device=device), node, None, batch.resource)
        return self.prune(batch, left)

    def step(self, batch: Batch, left: Remainder, position: Tensor, variant: Tensor | None = None) -> Remainder:
        """Returns the states after choosing tokens.

        Args:
            batch: the instances.
            left: B states, each with at least one legal choice.
            position: ``[B]`` int64, indices into the tokens of ``left``.
            variant: ``[B]`` int64, None if K = 1.
        """
        return self.prune(
            batch, without(left, position, self.ends, self.remaining_resource(batch, left, position, variant))
        )

    def remaining_resource(self, batch: Batch, left: Remainder, position: Tensor, variant: Tensor | None) -> Tensor:
        """Returns the remaining resource after a choice, ``[B]`` float64."""
        return left.resource

    def prune(self, batch: Batch, left: Remainder) -> Remainder:
        """Removes tokens that can never be legal again."""
        if not self.shrinks:
            return left
        return keep(left, self.reachable(batch, left), self.ends)

    def reachable(self, batch: Batch, left: Remainder) -> Tensor:
        """Returns the tokens that the resource allows, ``[B, L]`` bool; only for problems whose record ``shrinks``."""
        raise NotImplementedError

    def legal(self, batch: Batch, left: Remainder) -> Tensor:
        """Returns the legal choices, ``[B, L, K]`` bool; by default, all remaining tokens."""
        valid = valid_tokens(left, self.ends)
        free = torch.ones_like(left.node, dtype=torch.bool) if valid is None else valid
        free[:, : self.ends] = False
        return free.unsqueeze(2)

    def tokens(self, batch: Batch, left: Remainder, *, relative: bool = True) -> Tokens:
        """Returns the input of a network.

        Args:
            batch: the instances.
            left: the states.
            relative: whether features are relative to the state; False: the paper's features.
        """
        valid = valid_tokens(left, self.ends)
        coordinates = edges = None
        if self.planar:
            assert batch.coordinates is not None
            coordinates = batch.coordinates[left.row.unsqueeze(1), left.node]
        if relative:
            features, coordinates, edges = self.relative_features(batch, left, coordinates, valid)
        else:
            features = self.published_features(batch, left, coordinates)
        return Tokens(features, self.legal(batch, left), self.ends, coordinates, edges, valid)

    @abstractmethod
    def relative_features(
        self, batch: Batch, left: Remainder, coordinates: Tensor | None, valid: Tensor | None
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Returns relative features ``[B, L, F]``, coordinates in their bounding box, and edges ``[B, L, L, E]``."""

    @abstractmethod
    def published_features(self, batch: Batch, left: Remainder, coordinates: Tensor | None) -> Tensor:
        """Returns the paper's features ``[B, L, F]``."""


def unit_box(coordinates: Tensor, valid: Tensor | None) -> tuple[Tensor, Tensor]:
    """Translates and scales each state so that the longer side of its bounding box is ``[-0.5, 0.5]``; padding is 0.

    Returns:
        Coordinates ``[B, L, 2]`` and the sides ``[B, 1]``, 1 if all coordinates are equal.
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

    These are coordinates, offsets to both ends and their lengths; and, scaled by half the square root of the number of
    tokens and squashed to (-1, 1), the offsets, their lengths, and the distances to the three nearest tokens.
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
