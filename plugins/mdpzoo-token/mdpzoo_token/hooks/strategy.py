"""The hooks of a strategy in the loop of ``mdpzoo_token.training``; the default of each is plain GRPO's."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from mdpzoo_token.losses.surrogates import clipped
from mdpzoo_token.rollouts.batches import TokenBatch
from mdpzoo_token.rollouts.writing import Player

CLIP = (0.2, 0.2)  # of plain GRPO


class UpdateState(NamedTuple):
    """The state that a strategy receives before each update.

    Attributes:
        update: updates made so far.
        updates: of the whole run, as far as known.
        entropy: mean token entropy of the policy that wrote the batch, nats.
        sampled_entropy: minus the mean log-probability of the tokens of the last update's batch; None before.
        minibatch_tokens: valid tokens of a minibatch.
        batch: the written sequences, with old logits.
        generator: the run's.
    """

    update: int
    updates: int
    entropy: float
    sampled_entropy: float | None
    minibatch_tokens: int
    batch: TokenBatch
    generator: torch.Generator


class Strategy:
    """Plain GRPO; a subclass overrides some methods and takes its settings in the constructor, as JSON values."""

    def rollout(self, player: Player, prompts: Tensor, groups: Tensor) -> TokenBatch:
        """Writes the batch of an update; by default one independent sequence for each of ``[B, P]`` prompts."""
        return player.write(prompts, groups)

    def begin(self, state: UpdateState) -> None:
        """Reads the state before an update."""

    def extra_rollouts(self, player: Player, batch: TokenBatch, advantages: Tensor) -> tuple[TokenBatch, Tensor]:
        """Returns the batch and its advantages ``[B]``, with some sequences replaced, or unchanged."""
        return batch, advantages

    def advantages(self, batch: TokenBatch, advantages: Tensor) -> Tensor:
        """Returns advantages ``[B, L]`` from those of the sequences, ``[B]``."""
        return advantages[:, None].expand_as(batch.old_logp)

    def token_loss(
        self, advantages: Tensor, logp: Tensor, old_logp: Tensor, logits: Tensor, batch: TokenBatch
    ) -> Tensor:
        """Returns the loss of each token ``[B, L]``, 0 at masked positions; the loop takes its mean over valid ones."""
        return clipped(advantages, logp, old_logp, batch.mask, CLIP)

    def regulariser(self, logits: Tensor, logp: Tensor, advantages: Tensor, batch: TokenBatch) -> Tensor | float:
        """Returns a scalar that is added to the loss."""
        return 0.0

    def memory(self) -> dict[str, Any]:
        """Returns the strategy's state for a resumed run, as JSON values."""
        return {}

    def restore(self, memory: Mapping[str, Any]) -> None:
        """Restores a result of ``memory``."""
