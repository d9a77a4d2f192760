"""Exact validity and likelihood of masked denoising with the ideal denoiser, by complete enumeration.

The denoiser fills masked positions independently from the exact marginals, which are right for one position at a time.
With a step for each token and no re-masking a random order samples the source exactly.
"""

from collections import defaultdict
from itertools import combinations, product
from math import comb
from typing import Any, NamedTuple

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo_token.denoising.orders import DECIMALS, kept_positions, order_named, standing_after
from mdpzoo_token.denoising.sources import MASKED, MarkovSource

LARGEST = 200_000  # fillings of one state
States = dict[tuple[tuple[int, ...], tuple[float, ...]], float]


class Validity(NamedTuple):
    """The validity and likelihood of a denoiser's sequences.

    Attributes:
        valid: probability that no transition is forbidden.
        nll_bits: mean of ``-log2 P_source`` over valid sequences.
    """

    valid: float
    nll_bits: float


def exact_validity(transition: Any, start: Any, length: int, steps: int, order: str) -> Validity:
    """Enumerates the sequences of a chain's ideal denoiser.

    Args:
        transition: ``[V, V]``.
        start: ``[V]``.
        length: L; ``V^L`` may be at most 200,000.
        steps: T, at least 1.
        order: ``"random"``, ``"low-confidence"`` (``"lowconf"``) or ``"running-confidence"`` (``"rcr"``).

    Raises:
        SettingError: if an argument has no such value, or there is too much to enumerate.
    """
    source, order = MarkovSource.of(transition, start, length), order_named(order)
    if source.vocabulary**length > LARGEST:
        raise SettingError(f"{source.vocabulary}^{length} sequences are too many to enumerate; use sampled_validity")
    states: States = {((MASKED,) * length, (0.0,) * length): 1.0}
    for count in standing_after(length, steps):
        states = _stepped(source, states, count, order)
    found, chances = np.array([tokens for tokens, _ in states]), np.array(list(states.values()))
    return summary(source, found, chances)


def summary(source: MarkovSource, sequences: np.ndarray, chances: np.ndarray) -> Validity:
    """Returns validity and likelihood of sequences ``[B, L]`` with probabilities or weights ``[B]``."""
    bits = source.log2_probability(sequences)
    valid = np.isfinite(bits)
    mass = float(chances[valid].sum())
    return Validity(mass, float(-(chances[valid] @ bits[valid]) / mass) if mass > 0 else float("nan"))


def _stepped(source: MarkovSource, states: States, count: int, order: str) -> States:
    """Makes one step from all states."""
    after: States = defaultdict(float)
    for (tokens, confidence), chance in states.items():
        sequence = np.array(tokens)
        marginals = source.marginals(sequence[None])[0]
        if order == "random":
            for kept, value in _random_fillings(sequence, marginals, count):
                after[kept, confidence] += chance * value
        else:
            for kept, known, value in _confident_fillings(sequence, np.array(confidence), marginals, count, order):
                after[kept, known] += chance * value
    return after


def _random_fillings(sequence: np.ndarray, marginals: np.ndarray, count: int) -> Any:
    """Yields each set of positions to keep, with each filling, and its probability."""
    masked = np.flatnonzero(sequence == MASKED)
    new = count - (len(sequence) - len(masked))
    share = 1 / comb(len(masked), new)
    for places in combinations(masked, new):
        options = [np.flatnonzero(marginals[place] > 0) for place in places]
        for filling in product(*options):
            kept = sequence.copy()
            kept[list(places)] = filling
            value = share * np.prod([marginals[place, token] for place, token in zip(places, filling, strict=True)])
            yield tuple(kept.tolist()), float(value)


def _confident_fillings(
    sequence: np.ndarray, confidence: np.ndarray, marginals: np.ndarray, count: int, order: str
) -> Any:
    """Yields the kept tokens after filling everything, the confidences to remember, and the probability."""
    masked = np.flatnonzero(sequence == MASKED)
    options = [np.flatnonzero(marginals[place] > 0) for place in masked]
    fillings = np.array(list(product(*options)), np.int64).reshape(-1, len(masked))
    chances = marginals[masked, fillings]  # [fillings, masked]
    tokens, known = np.tile(sequence, (len(fillings), 1)), np.tile(confidence, (len(fillings), 1))
    tokens[:, masked], known[:, masked] = fillings, chances
    kept = kept_positions(known, np.tile(sequence != MASKED, (len(fillings), 1)), count, order)
    tokens = np.where(kept, tokens, MASKED)
    remembered = np.where(kept, np.round(known, DECIMALS), 0.0) if order == "running-confidence" else 0.0 * known
    for row, past, value in zip(tokens.tolist(), remembered.tolist(), chances.prod(1).tolist(), strict=True):
        yield tuple(row), tuple(past), value
