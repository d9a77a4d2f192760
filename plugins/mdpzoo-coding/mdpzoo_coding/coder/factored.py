"""The coder of messages that are independent blocks (Sokota et al. 2022, algorithm 1 and section on factored messages).

What differs from the paper: everything is integers, so that both ends agree bit for bit; a step takes the block of
largest entropy, the lowest index on ties; noise of the actuator enters the belief; what is impossible raises an error
instead of resetting the belief. With a rate, the source encodes its *current* belief about the block, and the sender
sees only the label (Ebrahimi, Chen and Khisti 2024, section 4).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdpzoo.compiling import compiled
from mdpzoo.errors import SettingError
from mdpzoo_coding.coder.posteriors import NO_LABELS, NOISE_UNITS, after_action, label_masses, look
from mdpzoo_coding.coder.records import Step
from mdpzoo_coding.compression.encoders import UNITS, integer_labels, uniform_labels
from mdpzoo_coding.couplings.building import SMALL
from mdpzoo_coding.couplings.integer_masses import fixed_entropy, integer_row
from mdpzoo_coding.couplings.kernels import greedy, greedy_few
from mdpzoo_coding.couplings.variants import by_pairs

ENCODERS = ("ebim", "quantise")
FEW = 16  # actions up to which the symbols are sorted once
MOST = 1 << 62  # units of a rate: more than any entropy


class FactoredBelief:
    """The belief about a message of independent blocks.

    Attributes:
        blocks: one ``[n]`` int64 belief for each block, sum 2^40.
        noise: probability of a noisy step in units of 2^-16.
        rate: bits that the source may send in a step; None: no limit.
    """

    def __init__(self, prior: Sequence[Any], noise: int, rate: float | None, encoder: str, tries: int) -> None:
        """Starts from a prior for each block: a size (uniform) or probabilities."""
        self.blocks = [integer_row(_prior(each)) for each in prior]
        if not self.blocks:
            raise SettingError("a message needs at least one block")
        if encoder not in ENCODERS:
            raise SettingError(f"encoder must be one of {', '.join(ENCODERS)}, got {encoder!r}")
        self.noise, self.rate, self.encoder, self.tries = noise, rate, encoder, tries
        self._entropies = [int(fixed_entropy(each)) for each in self.blocks]
        self._best = [look(each) for each in self.blocks]
        self._step: Step | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of symbols of each block."""
        return tuple(len(each) for each in self.blocks)

    def couple(self, row: np.ndarray, available: np.ndarray) -> Step:
        """Couples the policy's masses ``[A]`` int64 (sum 2^40) with the block of largest entropy.

        Args:
            row: the masses.
            available: ``[A]`` bool, the actions that noise can put in the place of the chosen one.
        """
        block = self._entropies.index(max(self._entropies))
        belief = self.blocks[block]
        labels = None if self.rate is None else self._labels(belief)
        met = belief if labels is None else label_masses(labels, belief)
        rows, columns, masses = coupled_masses(row, met, self.tries)
        self._step = Step(block, row, rows, columns, masses, available, labels)
        return self._step

    def sample(self, symbols: Sequence[int], generator: np.random.Generator) -> int:
        """Draws the action of a sender whose message has these symbols."""
        step = self._taken()
        return step.draw(int(symbols[step.block]), generator)

    def update(self, action: int) -> None:
        """Conditions the belief on an executed action."""
        step = self._taken()
        step.check(action, self.noise)
        labels = NO_LABELS if step.labels is None else step.labels
        available = int(np.count_nonzero(step.available)) if self.noise else 0
        belief, entropy, best, doubt = after_action(
            step.rows, step.columns, step.masses, labels, self.blocks[step.block], action, self.noise, available
        )
        self.blocks[step.block], self._entropies[step.block] = belief, entropy
        self._best[step.block] = best, doubt
        self._step = None

    def decode(self) -> tuple[int, ...]:
        """Returns the most probable symbols, the lowest on ties."""
        return tuple(int(symbol) for symbol, _ in self._best)

    def doubt(self) -> int:
        """Returns the mass outside the best symbol of the least certain block, in parts of 2^40."""
        return int(max(doubt for _, doubt in self._best))

    def entropy(self) -> float:
        """Returns the entropy of the belief in bits."""
        return sum(self._entropies) / UNITS

    def to_bytes(self) -> bytes:
        """Returns the belief, equal at both ends."""
        return b"".join(each.astype("<i8").tobytes() for each in self.blocks)

    def copy(self) -> "FactoredBelief":
        """Returns an independent copy of the belief."""
        twin = object.__new__(FactoredBelief)
        twin.__dict__.update(self.__dict__)
        twin.blocks, twin._entropies, twin._best = list(self.blocks), list(self._entropies), list(self._best)
        return twin

    def _taken(self) -> Step:
        if self._step is None:
            raise SettingError("call couple() with the policy's probabilities first, once in each step")
        return self._step

    def _labels(self, belief: np.ndarray) -> np.ndarray:
        assert self.rate is not None
        limit = min(int(self.rate * UNITS), MOST)
        return integer_labels(belief, limit) if self.encoder == "ebim" else uniform_labels(len(belief), self.rate)


@compiled
def coupled_masses(row, belief, tries=3):  # type: ignore[no-untyped-def]
    """Returns the coupling of integer marginals with the least integer entropy among those tried; ties: the earliest.

    Args:
        row: ``[A]`` int64.
        belief: ``[n]`` int64 of the same sum.
        tries: 1: greedy; 3: match-first and zero-seeking, too, where both supports have at most 64 entries.

    Returns:
        Rows, columns and masses, ``[entries]`` int64.
    """
    rows, columns, masses = greedy_few(row, belief) if len(row) <= FEW else greedy(row, belief)
    if tries > 1 and max(len(row), len(belief)) <= SMALL:
        least = fixed_entropy(masses)
        for seeks_zero in (False, True):
            found = by_pairs(row, belief, np.int64(0), seeks_zero)
            entropy = fixed_entropy(found[2])
            if entropy < least:
                least = entropy
                rows, columns, masses = found
    return rows, columns, masses


def _prior(prior: Any) -> Any:
    if isinstance(prior, int | np.integer) and not isinstance(prior, bool):
        if prior < 1:
            raise SettingError(f"a block needs at least one symbol, got {prior}")
        return np.ones(prior, np.int64)
    return prior


def noise_units(noise: float) -> int:
    """Returns a probability as a whole number of 2^-16.

    Raises:
        SettingError: if it does not lie in [0, 1).
    """
    if not 0 <= noise < 1:
        raise SettingError(f"noise must be a probability in [0, 1), got {noise}")
    return round(noise * NOISE_UNITS)
