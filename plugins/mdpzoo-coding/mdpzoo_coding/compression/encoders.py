"""Encoders that keep as much of a symbol as an entropy budget allows (Ebrahimi, Chen and Khisti 2024, section 3)."""

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from mdpzoo.compiling import compiled
from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo_coding.compression.merging import ALONE, by_first_use, cheapest_pair, stopping_node, surprises
from mdpzoo_coding.couplings.integer_masses import fixed_entropy, heaviest_first, weighted_logarithms
from mdpzoo_coding.couplings.kernels import entropy_of

Method = Literal["ebim", "improved", "quantise"]
TOLERANCE = 1e-12  # bits by which an encoder may exceed its budget
UNITS = 1 << 56  # of an integer entropy, a bit (``integer_masses``)


@dataclass(frozen=True, eq=False)
class Encoder:
    """A deterministic map from symbols to labels.

    Attributes:
        label: ``[n]`` int64, in 0 .. labels - 1, numbered in the order of first use; 0 for symbols without mass.
        entropy: of the label, bits.
        information: about the symbol, bits; equal to the entropy, since the map is deterministic.
    """

    label: np.ndarray
    entropy: float
    information: float


def compress(prior: Any, rate: float, method: Method = "ebim") -> Encoder:
    """Maps symbols to labels whose entropy is at most a rate, with little loss of information.

    Args:
        prior: ``[n]`` probabilities of the symbols.
        rate: bits, not negative. From the prior's entropy on, every symbol keeps a label of its own.
        method: ``"ebim"``, the published algorithm; ``"improved"``, which also tries every other pair of classes
            and is never worse; ``"quantise"``, the baseline: about 2^rate cells of consecutive symbols.

    Raises:
        SettingError: if the prior is no distribution, the rate negative or the method unknown.

    Source: algorithm 1 of the paper. The entropy is at least that of the best map less h(p2), where p2 is the second
    largest probability and h the binary entropy (theorem of the paper). Costs O(n log n).
    """
    masses = _probabilities(prior)
    if not rate >= 0:
        raise SettingError(f"rate must be a number of bits, at least 0, got {rate}")
    if method not in get_args(Method):
        hint = did_you_mean(str(method), get_args(Method)) or f" Known: {', '.join(get_args(Method))}"
        raise SettingError(f"unknown method {method!r}.{hint}")
    labels = _cells(len(masses), rate) if method == "quantise" else _classes(masses, rate, method == "improved")
    labels = by_first_use(labels, masses)
    entropy = float(entropy_of(np.bincount(labels, masses)))
    return Encoder(labels, entropy, entropy)


@compiled
def integer_labels(masses, limit):  # type: ignore[no-untyped-def]
    """Implements ``compress`` by the published algorithm on integers, so that every machine finds the same labels.

    Args:
        masses: ``[n]`` int64 with the sum 2^40.
        limit: the rate in units of 2^-56 bits.

    Returns:
        ``[n]`` int64 labels.
    """
    if fixed_entropy(masses) <= limit:  # with one symbol, too
        return np.arange(len(masses))
    order = heaviest_first(masses)
    size, kept = len(order), masses[order]
    heads = weighted_logarithms(np.cumsum(kept))
    last = weighted_logarithms(kept[-2:].sum() * np.ones(1, np.int64))[0]
    head, joins = stopping_node(heads, weighted_logarithms(kept), last, limit)
    labels = np.zeros(len(masses), np.int64)
    labels[order] = _labels_by_rank(size, head, size - 2 if joins else ALONE, size - 1)
    return by_first_use(labels, masses)


def uniform_labels(size: int, rate: float) -> np.ndarray:
    """Returns the labels ``[size]`` of the baseline: cells of consecutive symbols, at most 2^rate of them."""
    return _cells(size, rate)


def _classes(masses: np.ndarray, rate: float, improved: bool) -> np.ndarray:
    order = np.argsort(-masses, kind="stable")
    size = int(np.count_nonzero(masses))
    kept = masses[order[:size]]
    if size < 2 or entropy_of(masses) <= rate + TOLERANCE:
        return np.arange(len(masses))
    items = surprises(kept)
    heads = surprises(np.cumsum(kept))
    heads[-1] = 0.0  # everything in one class, without rounding
    limit = float(rate) + TOLERANCE
    head, joins = stopping_node(heads, items, surprises(kept[-2:].sum(keepdims=True))[0], limit)
    pair = (size - 2, size - 1) if joins else (ALONE, ALONE)
    if improved:
        node = head if joins else head - 1
        needed = heads[node - 1] + items[node:].sum() - limit
        loss, i, j = cheapest_pair(kept, node, needed)
        if i != ALONE and loss < math.inf:
            head = node
            pair = (node - 1 + i, node - 1 + j)
    labels = np.zeros(len(masses), np.int64)
    labels[order[:size]] = _labels_by_rank(size, head, *pair)
    return labels


@compiled
def _labels_by_rank(size, head, first, second):  # type: ignore[no-untyped-def]
    """Returns labels by rank ``[size]``: the ``head`` heaviest form one class, the ranks first and second another."""
    places = np.arange(size)
    places[:head] = 0
    if first != ALONE:
        places[second] = places[first]
    return places


def _cells(size: int, rate: float) -> np.ndarray:
    cells = max(1, math.floor(2 ** min(rate, 60.0)))
    return np.arange(size) // math.ceil(size / min(cells, size))


def _probabilities(prior: Any) -> np.ndarray:
    try:
        masses = np.ascontiguousarray(prior, np.float64)
    except (TypeError, ValueError):
        raise SettingError(f"prior must be probabilities, got {prior!r:.60}") from None
    if masses.ndim != 1 or not (masses >= 0).all() or not abs(masses.sum() - 1) <= 1e-6:
        raise SettingError(f"prior must be probabilities [n] that sum to 1, got {masses!s:.60}")
    return masses / masses.sum()
