"""Lets a network write sequences in a task."""

import torch
from torch import Tensor

from mdpzoo_token.environments.task import TokenTask
from mdpzoo_token.policies.recurrent_network import TokenNetwork
from mdpzoo_token.training.batches import TokenBatch


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
        state, memory = self.task.pose(prompts), None
        token = torch.full((len(prompts),), self.task.vocabulary)
        tokens = []
        for position in range(self.task.length):
            place = torch.full_like(token, position)
            logits, memory = self.network.advance(token, self.task.context(state), place, memory)
            token = sample(logits / temperature, self.generator)
            tokens.append(token)
            state = self.task.step(state, token, prompts).state
        return scored(self.task, prompts, torch.stack(tokens, 1), groups)


def scored(task: TokenTask, prompts: Tensor, tokens: Tensor, groups: Tensor) -> TokenBatch:
    """Plays written sequences ``[B, L]`` and returns them with contexts, mask, turns and rewards."""
    contexts, mask, rewards = task.replay(prompts, tokens)
    turns = (torch.arange(task.length) // task.turn_length).expand(len(tokens), -1)
    empty = torch.empty(len(tokens), 0)
    return TokenBatch(tokens, mask, turns, contexts, prompts, rewards.float(), groups, empty, empty)


def sample(logits: Tensor, generator: torch.Generator) -> Tensor:
    """Draws one token for each row of ``[B, V]`` logits, ``[B]`` int64."""
    races = torch.empty_like(logits).exponential_(generator=generator)  # the first of V exponential clocks to ring
    return (logits.softmax(-1) / races).argmax(-1)
