"""Rollouts that branch after a turn where the entropy rose (agentic AEPO, arXiv:2510.14545, and its authors' code).

Each prompt starts with m sequences of n. After a turn, each live sequence may spawn a copy of itself while fewer than n
exist, with a probability that rises with the entropy and falls with the prompt's consecutive branching turns. If no
sequence of a prompt is live, a new one starts from the prompt, one a step.

What differs: entropies are those of the next token after the environment's answer, instead of a mean over the first
tokens of an answer; m is n / 2 unless ``choose_global``, which the authors' scripts leave off, too.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from mdpzoo_token.rollouts.batches import TokenBatch
from mdpzoo_token.rollouts.writing import Player, batch_of, sample

TOP = 10  # log-probabilities that an engine reports


@dataclass(frozen=True)
class BranchSettings:
    """The settings of branching rollouts.

    Attributes:
        weight: of the entropy's rise in the score.
        penalty: for each consecutive branching turn.
        threshold: that the score must reach.
        choose_global: whether m is computed from the entropies of a probing sequence.
    """

    weight: float = 0.2
    penalty: float = 0.05
    threshold: float = 0.5
    choose_global: bool = False


def top_entropy(logits: Tensor) -> Tensor:
    """Returns the entropy of the ten likeliest tokens, not renormalised, over ``ln V``; ``[...]`` of ``[..., V]``."""
    logp = logits.log_softmax(-1).topk(min(TOP, logits.shape[-1]), -1).values
    return -(logp.exp() * logp).sum(-1) / math.log(logits.shape[-1])


def global_samples(n: int, root: float, tool: float) -> int:
    """Returns m, the sequences that a prompt starts with, from the entropies at its root and after its turns.

    Example:
        >>> global_samples(12, 0.0, 0.0)
        7
    """
    return min(max(int(n / (1 + math.exp(-0.5 * (root - tool)))) + 1, 1), n)


def branch_probability(rise: Any, consecutive: Any, settings: BranchSettings = BranchSettings()) -> Any:
    """Returns the chance that ``(U + weight rise)(1 - penalty consecutive)`` reaches the threshold.

    Args:
        rise: of the entropy since the root.
        consecutive: branching turns in a row.
        settings: the three numbers.
    """
    factor = 1 - settings.penalty * torch.as_tensor(consecutive, dtype=torch.float64)
    needed = torch.where(factor > 0, settings.threshold / factor.clamp(min=1e-12), torch.inf)
    return (1 + settings.weight * torch.as_tensor(rise, dtype=torch.float64) - needed).clamp(0, 1)


class _Slots(NamedTuple):
    """The sequences of G prompts, n each: whether they exist and are live, ``[G, n]`` bool."""

    exist: Tensor
    live: Tensor


@torch.no_grad()
def write_branching(player: Player, prompts: Tensor, groups: Tensor, settings: BranchSettings) -> TokenBatch:
    """Writes n sequences for each prompt.

    Args:
        player: the network and its task.
        prompts: ``[G n, P]``, each prompt n times in a row.
        groups: ``[G n]``, 0 to G - 1, each n times in a row.
        settings: of the branching.
    """
    task, network, generator = player.task, player.network, player.generator
    count = int(groups.max()) + 1
    size = len(groups) // count
    start = _starts(player, prompts[::size], size, settings)
    slots = _Slots(*[(torch.arange(size) < start[:, None]).clone() for _ in range(2)])
    state, blank = task.pose(prompts), torch.full((len(groups),), task.vocabulary)
    memory = torch.zeros(len(groups), network.hidden)
    consecutive = torch.zeros(count, dtype=torch.int64)
    root = torch.full((count, size), torch.nan)
    token = blank
    while bool(slots.live.any()):
        logits, memory_after = network.advance(token, task.context(state), state.step, memory)
        entropy = top_entropy(logits).double().view(count, size)
        root = torch.where((state.step == 0).view(count, size), entropy.float(), root)
        at_turn = (state.step > 0) & (state.step % task.turn_length == 0)
        scores = torch.rand(count, size, generator=generator, dtype=torch.float64)
        rise = entropy - root.double()
        factor = (1 - settings.penalty * consecutive)[:, None]
        branches = (
            slots.live & at_turn.view(count, size) & ((scores + settings.weight * rise) * factor >= settings.threshold)
        )
        source, slots, branched = _spawn(slots, branches)
        if bool(branched.any()):
            consecutive = torch.where(branched, consecutive + 1, 0)
        state, logits, memory_after = _taken(state, source), logits[source], memory_after[source]
        root = root.flatten()[source].view(count, size)
        written = sample(logits, generator)
        outcome = task.step(state, written, prompts)
        live = slots.live.flatten()
        state = _chosen(live, outcome.state, state)
        token, memory = torch.where(live, written, token), torch.where(live[:, None], memory_after, memory)
        slots = _Slots(slots.exist, slots.live & ~outcome.terminated.view(count, size))
        slots, fresh = _restarted(slots)
        rows = fresh.flatten()
        state, token = _chosen(rows, task.pose(prompts), state), torch.where(rows, blank, token)
        memory = memory.masked_fill(rows[:, None], 0)
    return batch_of(player, prompts, groups, state.tokens.clamp(max=task.vocabulary - 1))


def _starts(player: Player, prompts: Tensor, size: int, settings: BranchSettings) -> Tensor:
    """Returns m for each of ``[G, P]`` prompts, ``[G]`` int64."""
    if not settings.choose_global:
        return torch.full((len(prompts),), max(1, size // 2))
    probe = player.write(prompts, torch.arange(len(prompts)))
    entropy = top_entropy(player.network(probe.tokens, probe.contexts))
    tool = probe.mask & (torch.arange(probe.mask.shape[1]) % player.task.turn_length == 0)
    tool[:, 0] = False
    means = (entropy * tool).sum(1) / tool.sum(1).clamp(min=1)
    pairs = zip(entropy[:, 0].tolist(), means.tolist(), strict=True)
    return torch.tensor([global_samples(size, root, mean) for root, mean in pairs])


def _spawn(slots: _Slots, branches: Tensor) -> tuple[Tensor, _Slots, Tensor]:
    """Copies branching rows (``[G, n]`` bool) into free slots, in order, as far as available.

    Returns:
        The row that each row continues ``[G n]``, the slots afterwards, and the prompts that branched ``[G]``.
    """
    count, size = branches.shape
    free = ~slots.exist
    rank, place = branches.cumsum(1), free.cumsum(1)
    possible = torch.minimum(rank[:, -1], place[:, -1])
    filled = free & (place <= possible[:, None])
    parents = torch.argsort((~branches).int(), dim=1, stable=True)  # the branching rows first, in order
    parent = parents.gather(1, (place - 1).clamp(min=0))
    own = torch.arange(count * size).view(count, size)
    source = torch.where(filled, parent + torch.arange(count)[:, None] * size, own)
    return source.flatten(), _Slots(slots.exist | filled, slots.live | filled), possible > 0


def _restarted(slots: _Slots) -> tuple[_Slots, Tensor]:
    """Starts one more row of each prompt without a live row and with a free slot; returns them, ``[G, n]`` bool."""
    dead = ~slots.live.any(1, keepdim=True)
    free = ~slots.exist
    fresh = dead & free & (free.cumsum(1) == 1)
    return _Slots(slots.exist | fresh, slots.live | fresh), fresh


def _taken(state: Any, source: Tensor) -> Any:
    """Returns the rows ``source`` of a state."""
    return type(state)(*[each[source] for each in state])


def _chosen(rows: Tensor, one: Any, other: Any) -> Any:
    """Returns one state in some rows (``[B]`` bool), another elsewhere."""
    pairs = zip(one, other, strict=True)
    return type(one)(*[torch.where(rows.view(-1, *[1] * (a.dim() - 1)), a, b) for a, b in pairs])
