"""Evaluates one policy with the kind of pass that shrinks the error fastest for its cost.

Where every state soon leads anywhere, an error becomes the same in all states within a few Jacobi passes and is then
removed at once (MacQueen's extrapolation). Where states lead to their neighbours, Gauss-Seidel passes in both
directions carry values through the model. Where both are slow, as under diffusion, ``policy_equations.krylov``
accelerates Gauss-Seidel passes in the order of the values. What differs from the textbook's fixed number of passes: the
measured contraction of each kind decides, and passes end when the policy is known well enough to be improved.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from mdpzoo.planning import sweeps
from mdpzoo.planning.policy_equations.krylov import accelerate
from mdpzoo.planning.rows import Rows

JACOBI, GAUSS_SEIDEL, KRYLOV = range(3)
FAST = 0.9  # a Jacobi pass that shrinks the range of the scaled change to this part is not compared with other kinds
EXPECTED = 0.7  # the estimate for Jacobi passes before the first measurement
FAIR = 0.85  # a pass that shrinks it to this part is not compared with Krylov acceleration
FORGET = 0.97  # factor of a kind's estimate whenever another is used, so that it is tried again
BLOCK = 3  # passes between two measurements: three Jacobi, or two Gauss-Seidel and one Jacobi
OVERHEAD, FACTOR = 10.0, 2.5  # of Krylov acceleration, in Jacobi passes: to reorder the rows, and for each pass
LONGEST = 40  # passes of one Krylov acceleration at most
FEW, MANY = 0.001, 0.01  # parts of the states; a policy is steady if no more than few change their actions
ALIKE = 0.3  # where the ends of the scaled change have at least this ratio, the nearer one is added everywhere


class PolicyRows(NamedTuple):
    """Arrays for a policy's own rows; ``sweeps.pick_rows`` defines their content."""

    ends: np.ndarray
    taken: np.ndarray
    weights: np.ndarray
    gains: np.ndarray
    scale: np.ndarray
    share: np.ndarray

    @classmethod
    def room(cls, states: int, entries: int) -> "PolicyRows":
        """Allocates the arrays. Costs 12 bytes an entry and 32 a state."""
        numbers = [np.empty(states) for _ in range(3)]
        return cls(np.empty(states + 1, np.int64), np.empty(entries, np.int32), np.empty(entries), *numbers)


class Depth(NamedTuple):
    """The depth of a policy's evaluation before the policy is improved.

    Attributes:
        left: part of the range of the scaled change that may be left.
        passes: maximum number of passes.
    """

    left: float
    passes: int


STEADY, CHANGING, MIXING = Depth(0.001, 100), Depth(0.1, 60), Depth(0.5, 60)


@dataclass
class Paces:
    """The measured speed of each kind of pass on a model.

    Attributes:
        rates: by kind, the part of the range of the scaled change that is left after the time of one Jacobi pass.
        careful: only passes under which values below the optimal ones rise; excludes Krylov acceleration.
    """

    rates: dict[int, float] = field(default_factory=dict)
    careful: bool = False

    @property
    def mixes(self) -> bool:
        """Whether Jacobi passes have been fast so far, as in models that mix quickly."""
        return GAUSS_SEIDEL not in self.rates

    def choose(self) -> int:
        """Returns the kind to use next: the fastest, after each has been tried if the previous ones are slow."""
        if GAUSS_SEIDEL not in self.rates:
            return JACOBI if self.rates.get(JACOBI, 0.0) <= FAST else GAUSS_SEIDEL
        if KRYLOV not in self.rates and min(self.rates.values()) > FAIR and not self.careful:
            return KRYLOV
        allowed = [kind for kind in sorted(self.rates) if not (self.careful and kind == KRYLOV)]
        return min(allowed, key=self.rates.__getitem__)

    def note(self, kind: int, left: float, cost: float) -> None:
        """Records the part of the range ``left`` after passes that cost as much as ``cost`` Jacobi passes."""
        rate = min(left ** (1 / cost), 0.99)
        if kind == JACOBI:  # one block says little where errors differ much between states
            rate = (rate * self.rates.get(JACOBI, EXPECTED)) ** 0.5
        for other in self.rates:
            self.rates[other] *= FORGET
        self.rates[kind] = rate


def depth(moved: int, states: int, paces: Paces, creeping: bool = False) -> Depth:
    """Returns how far to evaluate a policy after ``moved`` states have changed their actions.

    Evaluating further than the next improvement changes the values is wasted. Where Jacobi passes are fast, that is
    soon, after the first policy has shown that they are; elsewhere far-reaching passes find the next policy.
    """
    if moved <= FEW * states and not creeping:
        return STEADY
    return MIXING if moved > MANY * states and paces.mixes and paces.rates else CHANGING


def room_for(rows: Rows) -> PolicyRows:
    """Allocates rows for any deterministic policy of a model. Costs one pass over the offsets."""
    ends = sweeps.widest_rows(rows.offsets, rows.terminal)
    return PolicyRows.room(rows.num_states, int(ends[-1]))._replace(ends=ends)


def approach(
    policy_rows: PolicyRows, values: np.ndarray, spare: np.ndarray, how_far: Depth, tolerance: float, paces: Paces
) -> tuple[np.ndarray, np.ndarray, int]:
    """Passes over a policy's rows until its values are known well enough.

    Args:
        policy_rows: the rows of the policy to evaluate.
        values: ``[S]`` float64, where to start; overwritten.
        spare: ``[S]`` float64, overwritten.
        how_far: where to stop.
        tolerance: in units of reward; no policy is evaluated further.
        paces: the measurements under earlier policies; updated.

    Returns:
        The new values, the other of the two arrays, and the number of passes.
    """
    first = policy_rows[:5]
    least, greatest = sweeps.policy_pass(*first, values, spare)
    values, spare, passes = spare, values, 1
    goal = max(tolerance, how_far.left * (greatest - least))
    while greatest - least > goal and passes < how_far.passes:
        before, kind, count = greatest - least, paces.choose(), BLOCK - 1
        cost = float(BLOCK)
        if kind == JACOBI:
            for _ in range(count):
                sweeps.policy_pass(*first, values, spare)
                values, spare = spare, values
        elif kind == GAUSS_SEIDEL:
            for turn in range(count):
                sweeps.policy_pass_in_place(*policy_rows[:4], policy_rows.share, values, turn % 2 == 0)
        else:
            count = accelerate(policy_rows, values, 0.5 * goal / before, LONGEST)
            cost = 1 + OVERHEAD + FACTOR * count
        least, greatest = sweeps.policy_pass(*first, values, spare)
        values, spare, passes = spare, values, passes + count + 1
        paces.note(kind, (greatest - least) / before, cost)
        near = least if abs(least) < abs(greatest) else greatest
        if near * (least + greatest - near) > 0 and ALIKE * max(abs(least), abs(greatest)) < abs(near):
            values[policy_rows.scale > 0] += near
    return values, spare, passes
