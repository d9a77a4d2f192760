"""One update of group-relative policy optimisation, with the hooks of a strategy."""

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mdpzoo_token.environments.task import TokenTask
from mdpzoo_token.hooks.strategy import Strategy, UpdateState
from mdpzoo_token.losses.token_values import entropies, logp_of, mean_valid
from mdpzoo_token.policies.recurrent_network import TokenNetwork
from mdpzoo_token.rollouts.batches import TokenBatch, group_advantages
from mdpzoo_token.rollouts.writing import Player
from mdpzoo_token.training.settings import UpdateSettings


class UpdateReport(NamedTuple):
    """The report of one update.

    Attributes:
        reward: mean reward of the sequences.
        entropy: mean token entropy of the policy that wrote them, nats.
        loss: mean loss over minibatches.
        tokens: valid tokens written.
        rewards: ``[B]``, of the sequences.
        lengths: ``[B]``, tokens of the sequences.
    """

    reward: float
    entropy: float
    loss: float
    tokens: int
    rewards: Tensor
    lengths: Tensor


class Trainer:
    """Network, optimiser, strategy and generator of a run.

    Attributes:
        update: updates made.
        sampled_entropy: minus the mean log-probability of the last batch's tokens; None before the first update.
    """

    def __init__(
        self,
        task: TokenTask,
        network: TokenNetwork,
        strategy: Strategy,
        settings: UpdateSettings,
        generator: torch.Generator,
    ) -> None:
        """Takes the parts of a run; the network is changed in place."""
        self.task, self.network, self.strategy, self.settings = task, network, strategy, settings
        self.player = Player(task, network, generator)
        self.generator = generator
        self.optimiser = torch.optim.Adam(network.parameters(), settings.learning_rate, fused=True)
        self.update = 0
        self.sampled_entropy: float | None = None

    def step(self, updates: int = 0) -> UpdateReport:
        """Writes a batch and makes one update; ``updates`` is the number of the whole run, if known."""
        batch = written = self.strategy.rollout(self.player, *self._prompts())
        order = torch.randperm(len(written.tokens), generator=self.generator).chunk(self.settings.minibatches)
        entropy = float(mean_valid(entropies(batch.old_logits), batch.mask))
        per_step = int(batch.mask.sum()) // len(order)
        self.strategy.begin(
            UpdateState(self.update, updates, entropy, self.sampled_entropy, per_step, batch, self.generator)
        )
        advantages = group_advantages(batch.rewards, batch.groups)
        batch, advantages = self.strategy.extra_rollouts(self.player, batch, advantages)
        tokenwise = self.strategy.advantages(batch, advantages)
        losses = [self._minibatch(batch.rows(rows), tokenwise[rows], not place) for place, rows in enumerate(order)]
        loss = sum(losses) / len(order)
        self.update += 1
        self.sampled_entropy = -float(mean_valid(batch.old_logp, batch.mask))
        lengths = written.mask.sum(1)
        reward = float(written.rewards.mean())
        return UpdateReport(reward, entropy, loss, int(lengths.sum()), written.rewards, lengths)

    def _prompts(self) -> tuple[Tensor, Tensor]:
        """Draws the prompts of an update, each repeated for its samples, and their groups."""
        count, samples = self.settings.prompts, self.settings.samples
        chosen = torch.randint(len(self.task.prompts), (count,), generator=self.generator)
        return self.task.prompts[chosen].repeat_interleave(samples, 0), torch.arange(count).repeat_interleave(samples)

    def _minibatch(self, batch: TokenBatch, advantages: Tensor, first: bool) -> float:
        """Takes one gradient step; returns its loss.

        In the first one of an update the network is the writer. Its logits then replace the old ones: those of the
        rollout were rounded in matrix products of another shape, and their ratio would not be exactly 1.
        """
        logits = self.network(batch.tokens, batch.contexts)
        logp = logp_of(logits, batch.tokens, batch.mask)
        if first:
            batch = replace(batch, old_logits=logits.detach(), old_logp=logp.detach())
        losses = self.strategy.token_loss(advantages, logp, batch.old_logp, logits, batch)
        loss = mean_valid(losses, batch.mask) + self.strategy.regulariser(logits, logp, advantages, batch)
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.gradient_norm)
        self.optimiser.step()
        return float(loss.detach())
