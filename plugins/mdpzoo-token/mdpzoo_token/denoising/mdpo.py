"""MDPO: policy optimisation over the steps of masked denoising (arXiv:2508.13148 and its authors' code).

Every step is paid by the reward of its filled prediction. The raw advantage of step t is
``(r_t - r_(t-1)) + 1 + mean(r_(t+1) .. r_T)``; the 1 cancels in the group's mean. Only the k steps with the largest
sum of |A| are trained, and only prompts that are over-denoised: right at some step and wrong at the end. With one
iteration the ratio is 1 and the clip idle.

What differs: the denoiser is a small network over a chain of tokens, and a group is a batch of sequences of one source,
since there are no prompts; ``train`` therefore keeps over-denoised *batches*, which nearly all are.
"""

import copy
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from mdpzoo_token.denoising.sampling import DenoisingTrace, denoise
from mdpzoo_token.denoising.sources import MASKED, MarkovSource

EPSILON = 1e-4


class StepAdvantages(NamedTuple):
    """Advantages of denoising steps.

    Attributes:
        raw: ``[B, T]``.
        advantages: ``[B, T]``, normalised over the group for each step, n - 1.
        step_score: ``[T]``, sums of |A|.
        steps_by_score: ``[T]`` int64, the largest score first.
    """

    raw: np.ndarray
    advantages: np.ndarray
    step_score: np.ndarray
    steps_by_score: np.ndarray


def step_advantages(rewards: Any) -> StepAdvantages:
    """Returns the advantages of a group.

    Args:
        rewards: ``[B, T]``, of the filled prediction of each step; B is at least 2.

    Example:
        >>> step_advantages([[0.0, 1.0], [0.0, 0.0]]).steps_by_score.tolist()
        [1, 0]
    """
    rewards = np.asarray(rewards, np.float64)
    steps = rewards.shape[1]
    previous = np.concatenate([np.zeros((len(rewards), 1)), rewards[:, :-1]], 1)
    future = rewards.copy()  # the last step has its own reward as its future
    for step in range(steps - 1):
        future[:, step] = rewards[:, step + 1 :].mean(1)
    raw = (rewards - previous) + 1 + future
    centred = raw - raw.mean(0)
    advantages = centred / (raw.std(0, ddof=1) + EPSILON)
    score = np.abs(advantages).sum(0)
    return StepAdvantages(raw, advantages, score, np.argsort(-score, kind="stable"))


class Denoiser(nn.Module):
    """Logits of every position from a partly masked sequence: embeddings, a bidirectional GRU and a linear layer."""

    def __init__(self, vocabulary: int, length: int, hidden: int = 32) -> None:
        """Creates an untrained network."""
        super().__init__()
        self.vocabulary = vocabulary
        self.tokens = nn.Embedding(vocabulary + 1, hidden)
        self.places = nn.Parameter(torch.zeros(length, hidden))
        self.mix = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * hidden, vocabulary)

    def forward(self, sequences: Tensor) -> Tensor:
        """Returns logits ``[B, L, V]`` of sequences ``[B, L]``, -1 where masked."""
        shown = torch.where(sequences == MASKED, self.vocabulary, sequences)
        return self.head(self.mix(self.tokens(shown) + self.places)[0])

    @torch.no_grad()
    def marginals(self, sequences: np.ndarray, step: int = 0) -> np.ndarray:
        """Returns distributions ``[B, L, V]`` of sequences ``[B, L]``."""
        return self(torch.from_numpy(sequences)).double().softmax(-1).numpy()


@dataclass(frozen=True)
class MDPOSettings:
    """The settings of a denoiser's training.

    Attributes:
        steps: T of a sequence.
        order: name of the order in which tokens are kept.
        updates: gradient steps.
        rows: sequences of an update.
        trained_steps: k, steps of a sequence that are trained.
        beta: of the squared log-ratio to the reference.
        learning_rate: of Adam.
        clip: of the ratio; idle with one pass.
    """

    steps: int = 4
    order: str = "running-confidence"
    updates: int = 100
    rows: int = 128
    trained_steps: int = 2
    beta: float = 0.02
    learning_rate: float = 1e-3
    clip: float = 0.2


def fit_base(source: MarkovSource, network: Denoiser, updates: int, seed: int = 0, rows: int = 256) -> None:
    """Fits a denoiser to a source in place, by the cross-entropy of tokens that are masked at a random rate."""
    generator = np.random.default_rng(seed)
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    for _ in range(updates):
        sequences = sample_source(source, rows, generator)
        hidden = generator.random(sequences.shape) < generator.random((rows, 1))
        hidden[~hidden.any(1), 0] = True
        logits = network(torch.from_numpy(np.where(hidden, MASKED, sequences)))
        loss = nn.functional.cross_entropy(logits[torch.from_numpy(hidden)], torch.from_numpy(sequences[hidden]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def sample_source(source: MarkovSource, rows: int, generator: np.random.Generator) -> np.ndarray:
    """Draws sequences ``[rows, L]`` of a source."""
    numbers = generator.random((source.length, rows))
    tokens = [(source.start.cumsum()[None] > numbers[0][:, None]).argmax(1)]
    sums = source.transition.cumsum(1)
    for each in numbers[1:]:
        tokens.append((sums[tokens[-1]] > each[:, None]).argmax(1))
    return np.stack(tokens, 1)


def train(source: MarkovSource, network: Denoiser, settings: MDPOSettings, seed: int = 0) -> list[float]:
    """Trains a denoiser to write valid sequences, in place; returns the share of valid ones before each update."""
    reference = copy.deepcopy(network).requires_grad_(False)
    generator = np.random.default_rng(seed)
    optimiser = torch.optim.Adam(network.parameters(), settings.learning_rate)
    shares = []
    for _ in range(settings.updates):
        trace = denoise(network.marginals, source.length, settings.steps, settings.order, settings.rows, generator)
        rewards = np.isfinite(source.log2_probability(trace.filled.reshape(-1, source.length))).astype(float)
        rewards = rewards.reshape(settings.steps, settings.rows).T
        shares.append(float(rewards[:, -1].mean()))
        if not (rewards.max(1) > rewards[:, -1]).any():
            continue  # nothing is over-denoised
        found = step_advantages(rewards)
        loss = torch.zeros(())
        for step in found.steps_by_score[: settings.trained_steps]:
            loss = loss + step_loss(network, reference, trace, int(step), found.advantages[:, step], settings)
        optimiser.zero_grad()
        (loss / settings.trained_steps).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
    return shares


def step_loss(
    network: Denoiser,
    reference: Denoiser,
    trace: DenoisingTrace,
    step: int,
    advantages: np.ndarray,
    settings: MDPOSettings,
) -> Tensor:
    """Returns the loss of one step, a scalar, averaged over masked tokens.

    A token's loss is the clipped surrogate times ``L / #masked`` and the squared log-ratio to the reference, weighted
    by confidence.
    """
    shown, filled = torch.from_numpy(trace.sequences[step]), torch.from_numpy(trace.filled[step])
    masked = shown == MASKED
    logp = network(shown).log_softmax(-1).gather(-1, filled[..., None])[..., 0]
    with torch.no_grad():
        fixed = reference(shown).log_softmax(-1).gather(-1, filled[..., None])[..., 0]
    weight = torch.from_numpy(advantages).float()[:, None]
    ratio = (logp - logp.detach()).exp()
    surrogate = torch.maximum(-weight * ratio, -weight * ratio.clamp(1 - settings.clip, 1 + settings.clip))
    scale = shown.shape[1] / masked.sum(1, keepdim=True).clamp(min=1)
    loss = surrogate * scale + settings.beta * (logp - fixed) ** 2 / 2
    confidence = torch.from_numpy(trace.confidence[step]).float()
    return (loss * confidence * masked).sum() / masked.sum().clamp(min=1)
