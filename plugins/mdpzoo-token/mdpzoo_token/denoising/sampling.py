"""Denoising by sampling: many sequences at once, for chains too long to enumerate, and the trace that MDPO needs."""

from typing import Any, NamedTuple

import numpy as np

from mdpzoo_token.denoising.enumeration import Validity, summary
from mdpzoo_token.denoising.orders import kept_positions, order_named, standing_after
from mdpzoo_token.denoising.sources import MASKED, MarkovSource


class DenoisingTrace(NamedTuple):
    """The trace of T steps on B sequences.

    Attributes:
        sequences: ``[T + 1, B, L]`` int64, the tokens before each step and at the end, -1 where masked.
        filled: ``[T, B, L]`` int64, each step's prediction with all positions filled.
        confidence: ``[T, B, L]``, probability of each token when it was filled.
    """

    sequences: np.ndarray
    filled: np.ndarray
    confidence: np.ndarray


def denoise(
    marginals: Any, length: int, steps: int, order: str, rows: int, generator: np.random.Generator
) -> DenoisingTrace:
    """Writes B sequences in T steps.

    Args:
        marginals: called with sequences ``[B, L]`` and the step; returns the denoiser's distributions ``[B, L, V]``.
        length: L.
        steps: T.
        order: a name of an order.
        rows: B.
        generator: of tokens and random orders.
    """
    order = order_named(order)
    sequence = np.full((rows, length), MASKED)
    known = np.zeros((rows, length))
    traces: tuple[list[np.ndarray], ...] = ([sequence], [], [])
    for step, count in enumerate(standing_after(length, steps)):
        masked = sequence == MASKED
        chances = marginals(sequence, step)
        drawn = (chances.cumsum(-1) > generator.random((rows, length, 1)) * chances.sum(-1, keepdims=True)).argmax(-1)
        filled = np.where(masked, drawn, sequence)
        known = np.where(masked, np.take_along_axis(chances, drawn[..., None], -1)[..., 0], known)
        ranks = generator.random((rows, length)) if order == "random" else known
        sequence = np.where(kept_positions(ranks, ~masked, count, order), filled, MASKED)
        for trace, each in zip(traces, (sequence, filled, known), strict=True):
            trace.append(each)
    return DenoisingTrace(*(np.stack(each) for each in traces))


def sampled_validity(
    transition: Any, start: Any, length: int, steps: int, order: str, rows: int = 20_000, seed: int = 0
) -> Validity:
    """Estimates ``exact_validity`` from ``rows`` sequences; the error is about ``.5 / sqrt(rows)``.

    Args:
        transition: ``[V, V]``.
        start: ``[V]``.
        length: L.
        steps: T.
        order: a name of an order.
        rows: sequences.
        seed: of the samples.
    """
    source = MarkovSource.of(transition, start, length)
    generator = np.random.default_rng(seed)
    trace = denoise(lambda sequence, step: source.marginals(sequence), length, steps, order, rows, generator)
    return summary(source, trace.sequences[-1], np.full(rows, 1 / rows))
