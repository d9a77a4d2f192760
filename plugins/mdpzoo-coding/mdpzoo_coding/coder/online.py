"""The coder: one object, used identically by sender and receiver."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo_coding.coder.factored import FactoredBelief, noise_units
from mdpzoo_coding.coder.prefix_tree import PrefixBelief, PrefixPrior
from mdpzoo_coding.coder.records import Step
from mdpzoo_coding.couplings.integer_masses import TOTAL, integer_row

COUPLINGS = {"best": 3, "greedy": 1}  # orders of pairs that are tried


class Coder:
    """The belief about a message, which both ends update by the same integers.

    In each step both ends call ``couple`` with the policy's probabilities; the sender calls ``sample``; when the action
    has been executed both call ``update``. At the end the receiver calls ``decode``. Episodes may end in between.

    Source: algorithm 1 of Sokota et al. 2022 (MEME); with a rate, Ebrahimi, Chen and Khisti 2024 (MEC-B).
    """

    def __init__(
        self,
        prior: Any,
        noise: float = 0.0,
        rate: float | None = None,
        *,
        encoder: str = "ebim",
        coupling: str = "best",
    ) -> None:
        """Starts from a prior.

        Args:
            prior: the size of one uniform block, its probabilities ``[n]``, a list of such blocks, which are
                independent, or a ``PrefixPrior`` of strings.
            noise: probability, in [0, 1), that a uniform available action replaces the chosen one; rounded to 2^-16.
            rate: bits that the source may reveal to the sender in one step; None: the message itself.
            encoder: with a rate, ``"ebim"`` or ``"quantise"``.
            coupling: ``"best"`` of three where supports have at most 64 entries, or always ``"greedy"``.

        Raises:
            SettingError: if an argument is out of its range.
        """
        units = noise_units(noise)
        if rate is not None and not rate >= 0:
            raise SettingError(f"rate must be a number of bits, at least 0, got {rate}")
        if coupling not in COUPLINGS:
            raise SettingError(f"coupling must be one of {', '.join(COUPLINGS)}, got {coupling!r}")
        self._single = False
        self._belief: FactoredBelief | PrefixBelief
        if isinstance(prior, PrefixPrior):
            if rate is not None:
                raise SettingError("a rate limit needs a message of blocks; leave it out for strings")
            self._belief = PrefixBelief(prior, units)
            return
        is_row = isinstance(prior, np.ndarray) or (isinstance(prior, list | tuple) and _begins_with_float(prior))
        self._single = is_row or not isinstance(prior, list | tuple)
        blocks = [np.asarray(prior)] if is_row else [prior] if self._single else prior
        self._belief = FactoredBelief(blocks, units, rate, encoder, COUPLINGS[coupling])

    def couple(self, probabilities: Any, available: Any = None) -> Step:
        """Couples the policy with the belief; both marginals are preserved exactly.

        Args:
            probabilities: ``[A]`` floats that sum to 1, or integer masses.
            available: ``[A]`` bool, the actions that noise can put in the place of the chosen one; None: all.

        Raises:
            SettingError: if these are no probabilities.
        """
        row = integer_row(probabilities)
        return self._belief.couple(row, np.ones(len(row), bool) if available is None else np.asarray(available, bool))

    def sample(self, message: Any, generator: np.random.Generator) -> int:
        """Draws the sender's action; over a random message its distribution is exactly the policy.

        Args:
            message: as ``decode`` returns it.
            generator: a random generator; secret, or at least not shared with an observer.

        Raises:
            SettingError: if ``couple`` was not called, or the actions so far rule the message out.
        """
        return self._belief.sample([message] if self._single else message, generator)

    def update(self, executed: int) -> None:
        """Conditions the belief on the executed action.

        Raises:
            SettingError: if ``couple`` was not called, or the policy cannot have chosen the action.
        """
        self._belief.update(int(executed))

    def decode(self) -> Any:
        """Returns the most probable message: one symbol, or a tuple of symbols."""
        found = self._belief.decode()
        return found[0] if self._single else found

    def entropy(self) -> float:
        """Returns the entropy of the belief in bits; see ``PrefixBelief.entropy`` for strings."""
        return self._belief.entropy()

    def doubt(self) -> float:
        """Returns the probability outside the best symbol of the least certain block, in [0, 1]."""
        return self._belief.doubt() / TOTAL

    def to_bytes(self) -> bytes:
        """Returns the belief as bytes, equal at both ends."""
        return self._belief.to_bytes()

    def copy(self) -> "Coder":
        """Returns an independent copy of the coder."""
        twin = object.__new__(Coder)
        twin._single, twin._belief = self._single, self._belief.copy()
        return twin

    @property
    def belief(self) -> FactoredBelief | PrefixBelief:
        """The belief itself, with its masses."""
        return self._belief


def _begins_with_float(prior: Sequence[Any]) -> bool:
    return len(prior) > 0 and isinstance(prior[0], float)
