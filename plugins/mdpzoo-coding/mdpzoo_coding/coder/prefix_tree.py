"""The coder of strings with an autoregressive prior: a tree of prefixes (Sokota et al. 2022; Sokota et al. 2024).

Each step couples the policy with one question: does the string begin with prefix v, and if so, which symbol follows?
The question of largest entropy is asked. A node keeps the conditional probabilities of its symbols, so that subtrees
that no question has touched need no work.

What differs from the papers: whole numbers throughout (``mdpzoo_coding.couplings.integer_masses``), so that both ends
agree bit for bit; noise enters the belief; impossible actions raise an error.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo_coding.coder.factored import coupled_masses
from mdpzoo_coding.coder.posteriors import NOISE_UNITS
from mdpzoo_coding.coder.records import Step
from mdpzoo_coding.couplings.integer_masses import BITS, TOTAL, apportioned_exactly, fixed_entropy, integer_row

Prefix = tuple[int, ...]
SLACK = 1 << 48  # 2^-8 bits: added to the bound on entropies below a node, against rounding
UNITS = 1 << 56


@dataclass(frozen=True, eq=False)
class PrefixPrior:
    """Strings of one length, symbol by symbol.

    Attributes:
        next_probabilities: maps a prefix, a tuple of symbols, to the ``[symbols]`` probabilities of the next symbol.
        symbols: size of the alphabet, at least 2.
        length: symbols in a string, at least 1.
    """

    next_probabilities: Callable[[Prefix], Any]
    symbols: int
    length: int

    def __post_init__(self) -> None:
        """Checks the sizes.

        Raises:
            SettingError: if one is too small.
        """
        if self.symbols < 2 or self.length < 1:
            raise SettingError(f"strings need 2 symbols and length 1, got {self.symbols} and {self.length}")


class PrefixBelief:
    """The belief about a string.

    Attributes:
        edges: the conditional masses of a prefix's next symbols, ``[symbols]`` with the sum 2^40, by prefix, where they
            are no longer the prior's.
        noise: probability of a noisy step in units of 2^-16.
        asked: the prefix that the current step asks about, and the masses of the answers: each symbol, and any other
            beginning of the string; None between two steps.
    """

    def __init__(self, prior: PrefixPrior, noise: int) -> None:
        """Starts from a prior."""
        self.prior, self.noise = prior, noise
        self.edges: dict[Prefix, list[int]] = {}
        self._fresh: dict[Prefix, list[int]] = {}
        self.asked: tuple[Prefix, list[int]] | None = None
        self._step: Step | None = None

    def couple(self, row: np.ndarray, available: np.ndarray) -> Step:
        """Couples the policy's masses ``[A]`` int64 (sum 2^40) with the question of largest entropy.

        Args:
            row: the masses.
            available: ``[A]`` bool, the actions that noise can put in the place of the chosen one.
        """
        prefix, masses = self._question()
        rows, columns, shares = coupled_masses(row, np.array(masses, np.int64))
        self.asked, self._step = (prefix, masses), Step(0, row, rows, columns, shares, available)
        return self._step

    def sample(self, symbols: Sequence[int], generator: np.random.Generator) -> int:
        """Draws the action of a sender whose message is this string."""
        step, (prefix, _) = self._taken()
        inside = tuple(symbols[: len(prefix)]) == prefix
        return step.draw(int(symbols[len(prefix)]) if inside else self.prior.symbols, generator)

    def update(self, action: int) -> None:
        """Conditions the belief on an executed action: the node asked about, then its ancestors."""
        step, (prefix, masses) = self._taken()
        step.check(action, self.noise)
        joint = [0] * (self.prior.symbols + 1)
        for slot, mass in zip(step.columns[step.rows == action], step.masses[step.rows == action], strict=True):
            joint[slot] += int(mass)
        if self.noise:
            available = int(np.count_nonzero(step.available))
            joint = [
                (NOISE_UNITS - self.noise) * available * each + self.noise * mass
                for each, mass in zip(joint, masses, strict=True)
            ]
        *inside, outside = joint
        above = self._masses_above(prefix)
        if sum(inside):
            self.edges[prefix] = _live(inside)
        # in units of 1 / (b(out) 2^40): the new mass of the node on the path, and of each of its siblings
        weight = sum(inside) * max(masses[-1], 1) * TOTAL
        for depth in range(len(prefix) - 1, -1, -1):
            node, taken = prefix[:depth], prefix[depth]
            weights = [above[depth] * edge * outside for edge in self._edges(node)]
            weights[taken] = weight
            weight = sum(weights)
            if weight:
                self.edges[node] = _live(weights)
        self.asked = self._step = None

    def decode(self) -> Prefix:
        """Returns the most probable string, the first on ties."""
        return self._best()[1]

    def doubt(self) -> int:
        """Returns the mass, in parts of 2^40, of all strings but the most probable one."""
        return TOTAL - self._best()[0]

    def entropy(self) -> float:
        """Returns the entropy in bits over the visited part of the tree; untouched subtrees count as one outcome."""
        total = 0
        for prefix, mass in self._touched(()):
            total += mass * int(fixed_entropy(np.array(self._edges(prefix), np.int64))) >> BITS
        return total / UNITS

    def probability(self, string: Sequence[int]) -> float:
        """Returns the belief in one string."""
        mass = 1.0
        for depth, symbol in enumerate(string):
            mass *= self._edges(tuple(string[:depth]))[symbol] / TOTAL
        return mass

    def to_bytes(self) -> bytes:
        """Returns the belief, equal at both ends."""
        return repr(sorted(self.edges.items())).encode()

    def copy(self) -> "PrefixBelief":
        """Returns an independent copy of the belief."""
        twin = PrefixBelief(self.prior, self.noise)
        twin.edges, twin._fresh = dict(self.edges), self._fresh
        twin.asked, twin._step = self.asked, self._step
        return twin

    def _taken(self) -> tuple[Step, tuple[Prefix, list[int]]]:
        if self._step is None or self.asked is None:
            raise SettingError("call couple() with the policy's probabilities first, once in each step")
        return self._step, self.asked

    def _edges(self, prefix: Prefix) -> list[int]:
        if prefix in self.edges:
            return self.edges[prefix]
        if prefix not in self._fresh:
            row = integer_row(self.prior.next_probabilities(prefix))
            if len(row) != self.prior.symbols:
                raise SettingError(f"the prior of {prefix} must have {self.prior.symbols} entries, got {len(row)}")
            self._fresh[prefix] = [int(each) for each in row]
        return self._fresh[prefix]

    def _masses_above(self, prefix: Prefix) -> list[int]:
        """Returns the masses of the prefixes of length 0 .. len(prefix)."""
        masses = [TOTAL]
        for depth, symbol in enumerate(prefix):
            masses.append(max(masses[-1] * self._edges(prefix[:depth])[symbol] >> BITS, 1))
        return masses

    def _question(self) -> tuple[Prefix, list[int]]:
        """Returns the prefix with the question of largest entropy, and the masses of its answers."""
        best: tuple[int, Prefix, list[int]] = (-1, (), [])
        waiting: list[tuple[int, Prefix]] = [(TOTAL, ())]
        for mass, prefix in waiting:  # grows while it is read
            if best[0] >= 0 and _bound(mass, self.prior.symbols + 1) <= best[0]:
                continue
            parts = [edge and max(mass * edge >> BITS, 1) for edge in self._edges(prefix)]
            parts[int(np.argmax(parts))] -= max(sum(parts) - TOTAL, 0)
            masses = [*parts, TOTAL - sum(parts)]
            if not prefix:  # nothing is outside the root
                masses = [*self._edges(prefix), 0]
            entropy = int(fixed_entropy(np.array(masses, np.int64)))
            if entropy > best[0]:
                best = (entropy, prefix, masses)
            if len(prefix) + 1 < self.prior.length:
                waiting += [(part, (*prefix, k)) for k, part in enumerate(parts) if part]
        return best[1], best[2]

    def _best(self) -> tuple[int, Prefix]:
        """Returns the most probable string and its mass, by best-first search."""
        heap: list[tuple[int, Prefix]] = [(-TOTAL, ())]
        while True:
            mass, prefix = heapq.heappop(heap)
            if len(prefix) == self.prior.length:
                return -mass, prefix
            for symbol, edge in enumerate(self._edges(prefix)):
                if edge:
                    heapq.heappush(heap, (-max(-mass * edge >> BITS, 1), (*prefix, symbol)))

    def _touched(self, prefix: Prefix, mass: int = TOTAL) -> Iterator[tuple[Prefix, int]]:
        if mass and (prefix in self.edges or not prefix):
            yield prefix, mass
            for symbol, edge in enumerate(self._edges(prefix)):
                yield from self._touched((*prefix, symbol), mass * edge >> BITS)


def _bound(mass: int, answers: int) -> int:
    """Bounds the entropy of any question at or below a prefix of this mass, in units of 2^-56 bits."""
    rest = TOTAL - mass
    if rest * answers <= TOTAL:
        return (answers.bit_length() << 56) + SLACK
    split = int(fixed_entropy(np.array([mass, rest], np.int64)))
    return split + mass * (((answers - 1).bit_length()) << (56 - BITS)) + SLACK


def _live(weights: list[int]) -> list[int]:
    """Returns shares of 2^40 in proportion to weights; a positive weight gets at least 1, taken from the largest."""
    shares = apportioned_exactly(weights)
    for k, weight in enumerate(weights):
        if weight and not shares[k]:
            shares[shares.index(max(shares))] -= 1
            shares[k] = 1
    return shares
