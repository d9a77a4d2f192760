"""Measures a policy on a task: the accuracy and diversity of its answers, its entropy and its junk."""

from typing import NamedTuple

import torch

from mdpzoo_token.environments.task import TokenTask
from mdpzoo_token.losses.token_values import entropies, mean_valid
from mdpzoo_token.policies.recurrent_network import TokenNetwork
from mdpzoo_token.rollouts.writing import Player


class Measurement(NamedTuple):
    """Statistics over many samples of each prompt.

    Attributes:
        pass_at_1: share of right answers.
        pass_at_n: share of prompts with a right answer among the samples.
        entropy: mean token entropy, nats.
        distinct: mean number of distinct right answers of a prompt.
        junk: share of tokens that are in no right answer.
    """

    pass_at_1: float
    pass_at_n: float
    entropy: float
    distinct: float
    junk: float


@torch.no_grad()
def measure(task: TokenTask, network: TokenNetwork, samples: int = 64, prompts: int = 55, seed: int = 0) -> Measurement:
    """Writes ``samples`` answers to each of the first prompts of a task and computes statistics.

    Args:
        task: the rules.
        network: the policy.
        samples: answers to each prompt.
        prompts: maximum number of prompts.
        seed: of the samples.

    Example:
        >>> from mdpzoo_token.environments.sum_target import SumTarget
        >>> from mdpzoo_token.policies.recurrent_network import Layout
        >>> task = SumTarget()
        >>> network = TokenNetwork(Layout(task.vocabulary, task.length, task.context_sizes))
        >>> measure(task, network, samples=2, prompts=3).pass_at_1 <= 1
        True
    """
    chosen = task.prompts[:prompts]
    groups = torch.arange(len(chosen)).repeat_interleave(samples)
    batch = Player(task, network, torch.Generator().manual_seed(seed)).write(chosen[groups], groups)
    right = batch.rewards > 0
    answers = torch.cat([groups[:, None], batch.tokens.masked_fill(~batch.mask, -1)], 1)[right]
    entropy = mean_valid(entropies(network(batch.tokens, batch.contexts)), batch.mask)
    junk = mean_valid(task.is_junk(batch.tokens).double(), batch.mask)
    return Measurement(
        float(right.double().mean()),
        float(right.view(len(chosen), samples).any(1).double().mean()),
        float(entropy),
        len(torch.unique(answers, dim=0)) / len(chosen),
        float(junk),
    )
