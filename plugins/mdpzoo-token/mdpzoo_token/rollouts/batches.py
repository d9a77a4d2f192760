"""A batch of written sequences, in the form of strategies."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class TokenBatch:
    """B sequences of L positions.

    Attributes:
        tokens: ``[B, L]`` int64; entries at masked positions are ignored.
        mask: ``[B, L]`` bool, positions that the policy wrote before the sequence ended.
        turns: ``[B, L]`` int64, the turn of each position.
        contexts: ``[B, L, F]`` int64, the environment's context before each token.
        prompts: ``[B, P]`` int64.
        rewards: ``[B]`` float, of the whole sequence.
        groups: ``[B]`` int64, index of the update's prompt that a sequence answers.
        old_logits: ``[B, L, V]``, of the policy that wrote the sequences, at temperature 1.
        old_logp: ``[B, L]``, of the tokens, 0 at masked positions.
    """

    tokens: Tensor
    mask: Tensor
    turns: Tensor
    contexts: Tensor
    prompts: Tensor
    rewards: Tensor
    groups: Tensor
    old_logits: Tensor
    old_logp: Tensor

    def rows(self, index: Tensor) -> "TokenBatch":
        """Returns some sequences, by indices or a bool mask."""
        return TokenBatch(**{name: value[index] for name, value in vars(self).items()})

    def replaced(self, rows: Tensor, others: "TokenBatch") -> "TokenBatch":
        """Returns the batch with other sequences at ``rows`` (indices)."""
        fields = {name: value.clone() for name, value in vars(self).items()}
        for name, value in fields.items():
            value[rows] = getattr(others, name)
        return TokenBatch(**fields)


def group_advantages(rewards: Tensor, groups: Tensor, epsilon: float = 1e-6) -> Tensor:
    """Returns ``(R - mean of its group) / (std of its group + epsilon)``, ``[B]``; the std has n - 1.

    Groups of one sequence get 0. Source: GRPO, Shao et al. 2024 (arXiv:2402.03300), section 4.1.

    Args:
        rewards: ``[B]``.
        groups: ``[B]`` int64, from 0.
        epsilon: added to the standard deviation.

    Example:
        >>> group_advantages(torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0, 0, 1])).tolist()[2]
        0.0
    """
    count = torch.bincount(groups).to(rewards.dtype)
    sums = torch.zeros_like(count).index_add(0, groups, rewards)
    centred = rewards - (sums / count.clamp(min=1))[groups]
    squares = torch.zeros_like(count).index_add(0, groups, centred**2)
    return centred / ((squares / (count - 1).clamp(min=1)).sqrt() + epsilon)[groups]
