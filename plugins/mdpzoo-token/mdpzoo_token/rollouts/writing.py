"""Lets a network write sequences in a task."""

import torch
from torch import Tensor

from mdpzoo_token.environments.task import TokenTask
from mdpzoo_token.losses.token_values import logp_of
from mdpzoo_token.policies.recurrent_network import TokenNetwork
from mdpzoo_token.rollouts.batches import TokenBatch


class Player:
    """A network that writes in a task, with the run's generator."""

    def __init__(self, task: TokenTask, network: TokenNetwork, generator: torch.Generator) -> None:
        """Takes the three; nothing is copied."""
        self.task, self.network, self.generator = task, network, generator

    @torch.no_grad()
    def write(self, prompts: Tensor, groups: Tensor, temperature: float = 1.0) -> TokenBatch:
        """Writes a sequence for each prompt.

        Args:
            prompts: ``[B, P]`` int64.
            groups: ``[B]`` int64, kept in the batch.
            temperature: of the sampling, positive.
        """
        task, rows = self.task, len(prompts)
        state, memory, token = task.pose(prompts), None, torch.full((rows,), task.vocabulary)
        running, rewards = torch.ones(rows, dtype=torch.bool), torch.zeros(rows, dtype=torch.float64)
        tokens: list[Tensor] = []
        contexts: list[Tensor] = []
        alive: list[Tensor] = []
        scores: list[Tensor] = []
        for position in range(task.length):
            context = task.context(state)
            logits, memory = self.network.advance(token, context, torch.full_like(token, position), memory)
            token = sample(logits / temperature, self.generator)
            outcome = task.step(state, token, prompts)
            for kept, each in ((tokens, token), (contexts, context), (alive, running), (scores, logits)):
                kept.append(each)
            rewards = rewards + outcome.reward * running
            state, running = outcome.state, running & ~outcome.terminated
        stacked, mask, shown, old = (torch.stack(each, 1) for each in (tokens, alive, contexts, scores))
        turns = (torch.arange(task.length) // task.turn_length).expand(rows, -1)
        chosen = logp_of(old, stacked, mask)
        return TokenBatch(stacked, mask, turns, shown, prompts, rewards.float(), groups, old, chosen)


@torch.no_grad()
def batch_of(player: Player, prompts: Tensor, groups: Tensor, tokens: Tensor) -> TokenBatch:
    """Returns the batch of sequences ``[B, L]`` that the player's network has written, played once more."""
    task = player.task
    contexts, mask, rewards = task.replay(prompts, tokens)
    turns = (torch.arange(task.length) // task.turn_length).expand(len(tokens), -1)
    old = player.network(tokens, contexts)
    chosen = logp_of(old, tokens, mask)
    return TokenBatch(tokens, mask, turns, contexts, prompts, rewards.float(), groups, old, chosen)


def sample(logits: Tensor, generator: torch.Generator) -> Tensor:
    """Draws one token for each row of ``[B, V]`` logits, ``[B]`` int64, from one uniform number a row."""
    sums = logits.softmax(-1).cumsum(-1)
    numbers = torch.rand(len(logits), 1, generator=generator) * sums[:, -1:]
    return (sums <= numbers).sum(-1).clamp(max=logits.shape[-1] - 1)
