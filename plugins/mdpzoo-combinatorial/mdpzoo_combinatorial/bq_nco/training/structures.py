"""An auxiliary task of imitation: to predict the structure of the whole labelled solution, not only its next choice.

Every remaining token tells which two tokens are adjacent to it in the labelled solution, and which others are in its
route. A label thus teaches as much about each token as about the origin, for about a sixth more time. Both predictions
are bilinear in the embeddings of the network's last layer (``StructureHead``); the head is of no use after training and
not part of the network. Auxiliary tasks: Caruana 1997, "Multitask learning".
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.bq_nco.networks.kinds import NetworkSettings
from mdpzoo_combinatorial.bq_nco.networks.token_network import TokenNetworkSettings
from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.states.remainders import Remainder, Tokens, valid_tokens


class Structure(NamedTuple):
    """The structure of the labelled solutions of B states.

    Attributes:
        adjacent: ``[B, L, 2]`` int64, positions of the tokens before and after each remaining token, its own if the
            solution skips it; -1 for the ends and for padding.
        route: ``[B, L]`` int64, the same number for remaining tokens of one route, and for the origin if it belongs to
            it; -1 for all others. None: there is only one route, with all tokens.
    """

    adjacent: Tensor
    route: Tensor | None = None

    def pick(self, rows: Tensor) -> "Structure":
        """Returns that of some of the states."""
        return Structure(self.adjacent[rows], None if self.route is None else self.route[rows])

    def to(self, device: torch.device) -> "Structure":
        """Returns the same on a device."""
        return Structure(self.adjacent.to(device), None if self.route is None else self.route.to(device))


def path_structure(count: int, length: int) -> Structure:
    """Returns the structure of ``count`` states whose ``length`` tokens are, after the ends, in their order."""
    inner = torch.arange(2, length)
    around = torch.stack((torch.where(inner == 2, 0, inner - 1), torch.where(inner == length - 1, 1, inner + 1)), 1)
    return Structure(torch.cat((torch.full((2, 2), -1), around)).expand(count, -1, -1))


def route_structure(route: Tensor, remaining: Tensor, current: Tensor) -> Structure:
    """Returns the structure of states whose customers are, after the ends, in their order.

    Args:
        route: ``[B, M]``, numbers of the customers' routes, then padding.
        remaining: ``[B]``, numbers of customers.
        current: ``[B, 1]``, the route of the vehicle, which is at the origin; -1 if the next customer begins another.
    """
    index = torch.arange(route.shape[1]).unsqueeze(0)
    valid = index < remaining.unsqueeze(1)
    route = route.masked_fill(~valid, -1)
    same = torch.zeros_like(valid)
    same[:, 1:] = route[:, 1:] == route[:, :-1]  # as the customer before
    before = torch.where(same, index + 1, 1)  # positions are by two larger, since the ends come first
    before[:, :1] = torch.where(current < 0, 1, 0)
    after = torch.where(same.roll(-1, 1), index + 3, 1)
    adjacent = torch.stack((before, after), 2).masked_fill(~valid.unsqueeze(2), -1)
    adjacent = torch.cat((torch.full_like(adjacent[:, :1].expand(-1, 2, -1), -1), adjacent), 1)
    return Structure(adjacent, torch.cat((current, torch.full_like(current, -1), route), 1))


def visit_structure(left: Remainder, path: Tensor, gone: Tensor, visits: Tensor, size: int) -> Structure:
    """Returns the structure of states whose tours skip some of the customers.

    Args:
        left: the states, with ends.
        path: ``[B, M]``, customers of the complete tours in their order, then padding.
        gone: ``[B, 1]``, number of customers that were visited; the last one is the origin.
        visits: ``[B, 1]``, number of customers of the complete tours.
        size: number of tokens of an instance.
    """
    length, valid = left.node.shape[1], valid_tokens(left, 2)
    inner = torch.ones_like(left.node, dtype=torch.bool) if valid is None else valid.clone()
    inner[:, :2] = False
    place, itself = torch.arange(path.shape[1]).unsqueeze(0), torch.arange(length).expand_as(left.node)
    position = torch.zeros(len(path), size + 1, dtype=torch.int64)  # of nodes in states; a last entry for all others
    at = position.scatter(1, torch.where(inner, left.node, size), itself).gather(1, path)
    before = torch.where(place == gone, torch.where(gone > 0, 0, 1), at.roll(1, 1))
    after = torch.where(place == visits - 1, 1, at.roll(-1, 1))
    ahead = (place >= gone) & (place < visits)
    adjacent = torch.cat((itself, itself[:, :1]), 1).unsqueeze(2).repeat(1, 1, 2)  # here as well
    where = torch.where(ahead, at, length).unsqueeze(2).expand(-1, -1, 2)
    adjacent = adjacent.scatter(1, where, torch.stack((before, after), 2))[:, :length]
    route = torch.where(inner & (adjacent[:, :, 0] != itself), 0, -1)
    route[:, :1] = torch.where(gone > 0, 0, -1)
    return Structure(adjacent.masked_fill(~inner.unsqueeze(2), -1), route)


class StructureHead(nn.Module):
    """Predicts structures from embeddings of tokens."""

    def __init__(self, width: int, edges: int, generator: torch.Generator | None = None) -> None:
        """Initialises the weights.

        Args:
            width: of embeddings.
            edges: number of features of a pair of tokens.
            generator: the source of the initial weights; a generator of seed 0 when None.
        """
        super().__init__()
        self.adjacent, self.together = _Pairs(width, edges), _Pairs(width, edges)
        self.skip = nn.Linear(width, 1)
        if not self.skip.weight.is_meta:  # on the meta device, there are no weights to initialise
            self._initialise(generator or torch.Generator().manual_seed(0))

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        """Draws queries and keys from N(0, 1 / inputs); all else is 0."""
        for name, each in self.named_parameters():
            each.zero_()
            if name.endswith(("query.weight", "key.weight")):
                each.copy_(torch.randn(each.shape, generator=generator) * each.shape[1] ** -0.5)

    def forward(self, embedded: Tensor, tokens: Tokens, structure: Structure) -> Tensor:
        """Returns losses ``[B]``: the mean cross-entropies of adjacent tokens and, from its minimum on, of routes."""
        itself = torch.eye(embedded.shape[1], dtype=torch.bool, device=embedded.device)
        far = _distances(tokens)
        logits = torch.where(itself, self.skip(embedded).float(), self.adjacent(embedded, tokens, far))
        logs, known = log_softmax(logits, 2), structure.adjacent[:, :, 0] >= 0
        loss = -logs.gather(2, structure.adjacent.clamp(min=0)).mean(2)
        total = _mean(loss, known)
        if structure.route is None:
            return total
        route = structure.route
        mates = (route.unsqueeze(2) == route.unsqueeze(1)) & (route >= 0).unsqueeze(1) & ~itself
        logs = log_softmax(self.together(embedded, tokens, far).masked_fill(itself, -torch.inf), 2)
        count = mates.sum(2)
        least = count.clamp(min=1)
        loss = -logs.masked_fill(~mates, 0.0).sum(2) / least - least.log()
        return total + _mean(loss, (count > 0) & (route >= 0))


def head_for(problem: Problem, settings: NetworkSettings, seed: int = 0) -> StructureHead:
    """Returns a head for the network of a problem.

    Args:
        problem: of the network.
        settings: of the network, of kind ``tokens``.
        seed: of the initial weights.

    Raises:
        SettingError: if the network is of another kind.
    """
    drawn = np.random.SeedSequence(seed).spawn(2)[1].generate_state(1, np.uint64)[0]
    width = check_kind(settings).width
    return StructureHead(width, problem.edges, torch.Generator().manual_seed(int(drawn >> 1)))


def check_kind(settings: NetworkSettings) -> TokenNetworkSettings:
    """Returns the settings of a network; raises SettingError if it is not of kind ``tokens``."""
    if not isinstance(settings, TokenNetworkSettings):
        raise SettingError(f"structure needs a network of kind 'tokens', got {settings.kind!r}; leave structure out")
    return settings


class _Pairs(nn.Module):
    """Logits of pairs of tokens: a bilinear form, less a multiple of their distance, plus a linear form of edges."""

    def __init__(self, width: int, edges: int) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.far = nn.Parameter(torch.zeros(()))
        self.edges = nn.Linear(edges, 1, bias=False) if edges else None

    def forward(self, embedded: Tensor, tokens: Tokens, far: Tensor | None) -> Tensor:
        """Returns logits ``[B, L, L]`` float32, ``-inf`` for pairs with padding; ``far`` is from ``_distances``."""
        query, key = self.query(embedded), self.key(embedded)
        logits = (query @ key.transpose(1, 2)).float() / math.sqrt(query.shape[2])
        if far is not None:
            logits = logits - self.far.exp() * far
        if self.edges is not None:
            assert tokens.edges is not None
            logits = logits + self.edges(tokens.edges).squeeze(3)
        return logits if tokens.valid is None else logits.masked_fill(~tokens.valid.unsqueeze(1), -torch.inf)


def _distances(tokens: Tokens) -> Tensor | None:
    """Returns distances ``[B, L, L]`` in units of the spacing; None without coordinates."""
    if tokens.coordinates is None:
        return None
    far = torch.cdist(tokens.coordinates, tokens.coordinates)
    return far * (math.sqrt(far.shape[1]) if tokens.valid is None else tokens.valid.sum(1).sqrt().view(-1, 1, 1))


def _mean(values: Tensor, counted: Tensor) -> Tensor:
    """Returns means ``[B]`` over the counted entries, 0 if there are none."""
    return values.masked_fill(~counted, 0.0).sum(1) / counted.sum(1).clamp(min=1)
