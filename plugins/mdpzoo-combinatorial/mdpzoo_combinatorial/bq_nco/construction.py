"""Construction: paths built node by node by the network, whole batches at a time (BQ-NCO, section 3 and 5).

After each choice the path that is left is again a path, from the chosen node to the same destination, and is encoded
anew. What differs from the paper: with ``neighbours`` the network sees the ``k`` nearest *remaining* nodes, so some
choice is always open.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from mdpzoo_combinatorial.budget import Budget

TOKENS_AT_ONCE = 1024  # more in one forward pass leave the cache of a CPU core: a quarter slower

Network = Callable[[Tensor], Tensor]  # coordinates [B, L, 2] to scores [B, L], as PathNetwork


@torch.inference_mode()
def construct(
    network: Network,
    coordinates: Tensor,
    *,
    neighbours: int | None = None,
    generator: torch.Generator | None = None,
    budget: Budget | None = None,
) -> tuple[Tensor, bool]:
    """Orders the inner nodes of each path, its ends fixed.

    Args:
        network: scores the tokens of unpadded paths.
        coordinates: ``[B, L, 2]``, ``[origin, remaining..., destination]``, on the network's device.
        neighbours: remaining nodes shown to the network at each step, at least 1; all when None.
        generator: samples from the softmax of the scores when given; the best score wins when None.
        budget: once it is spent, the network falls silent and the nearest node is taken instead; None: no limit.

    Returns:
        ``[B, L]`` int64, each row a permutation that starts with 0 and ends with ``L - 1``; and whether the network
        made every choice. Costs O(B L^3), or O(B L k^2 + B L^2) with neighbours.
    """
    batch, length, _ = coordinates.shape
    device = coordinates.device
    order = torch.arange(length, device=device).repeat(batch, 1)
    places = coordinates.clone()
    rows = torch.arange(batch, device=device)
    complete = True
    for step in range(length - 3):  # with one node left there is nothing to choose
        complete = complete and not (budget is not None and budget.spent)
        remaining = places[:, step:]
        nearest = None if complete else 1 + _squared(remaining).argmin(1)
        choice = _choose(network, remaining, neighbours, generator) if nearest is None else nearest
        _bring_forward(order, rows, step, choice)
        _bring_forward(places, rows, step, choice)
    return order, complete


def _bring_forward(tokens: Tensor, rows: Tensor, step: int, choice: Tensor) -> None:
    """Swaps the chosen token ``step + choice`` with the one after the origin: what follows ``step`` is the new path."""
    chosen = tokens[rows, step + choice]
    tokens[rows, step + choice] = tokens[:, step + 1].clone()
    tokens[:, step + 1] = chosen


def _squared(places: Tensor) -> Tensor:
    """Squared distance ``[B, R]`` from the origin of paths ``[B, R + 2, 2]`` to their inner nodes."""
    return (places[:, 1:-1] - places[:, :1]).square().sum(2)


def _choose(network: Network, places: Tensor, neighbours: int | None, generator: torch.Generator | None) -> Tensor:
    """The position ``[B]`` in ``1..L-2`` of the next node of each path ``[B, L, 2]``."""
    if neighbours is not None and neighbours < places.shape[1] - 2:
        nearest = 1 + _squared(places).topk(neighbours, 1, largest=False).indices
        inner = places.gather(1, nearest.unsqueeze(2).expand(-1, -1, 2))
        choice = _choose(network, torch.cat((places[:, :1], inner, places[:, -1:]), 1), None, generator)
        return nearest.gather(1, choice.unsqueeze(1) - 1).squeeze(1)
    scores = torch.cat([network(part) for part in places.split(max(1, TOKENS_AT_ONCE // places.shape[1]))])
    if generator is None:
        return scores.argmax(1)
    return torch.multinomial(scores.softmax(1), 1, generator=generator).squeeze(1)
