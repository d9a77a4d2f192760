"""Fits a network to a task's demonstrations: the base policy for fine-tuning."""

import torch
from torch import nn

from mdpzoo_token.environments.task import TokenTask
from mdpzoo_token.policies.recurrent_network import TokenNetwork
from mdpzoo_token.training.settings import WarmStartSettings

CHUNK = 40  # updates whose demonstrations are drawn and played at a time


def warm_start(task: TokenTask, network: TokenNetwork, settings: WarmStartSettings, generator: torch.Generator) -> None:
    """Minimises the negative log-likelihood of demonstrated tokens; changes the network in place."""
    optimiser = torch.optim.Adam(network.parameters(), settings.learning_rate, fused=True)
    left = settings.steps
    while left > 0:
        now = min(CHUNK, left)
        left -= now
        prompts, tokens = task.demonstrate(now * settings.batch, generator)
        contexts, mask, _ = task.replay(prompts, tokens)
        parts = (each.split(settings.batch) for each in (tokens, contexts, mask))
        for few, shown, valid in zip(*parts, strict=True):
            logits = network(few, shown)
            loss = nn.functional.cross_entropy(logits[valid], few[valid])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
