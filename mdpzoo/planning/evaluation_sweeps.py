"""Brings values nearer to those of one policy: Jacobi passes where the model mixes fast, Gauss-Seidel passes elsewhere.

Where every state soon leads anywhere, an error becomes the same in all states within a few Jacobi passes and is then
taken away at once (MacQueen's extrapolation). Where states lead to their neighbours only, Gauss-Seidel passes in both
directions carry values right through the model. What differs from the textbook's fixed number of passes: the
first three passes decide which of the two, and passes end when the policy is known well enough to be improved.
"""

from typing import NamedTuple

import numpy as np

from mdpzoo.planning import sweeps
from mdpzoo.planning.rows import Rows

FAST = 0.74  # a Jacobi pass must shrink the range of the scaled change to this part of it
BLOCK = 3  # passes between two looks at it: three Jacobi, or two Gauss-Seidel and one Jacobi
ENOUGH = 0.1  # the part of the range that is left when a policy which is still changing is improved
PASSES_CHANGING, PASSES_STEADY = 60, 100  # at most, for a policy that is still changing and for one that is not
ALIKE = 0.3  # where the ends of the scaled change have at least this ratio, the nearer one is added everywhere


class PolicyRows(NamedTuple):
    """Room for a policy's own rows; what they hold is told by ``sweeps.pick_rows``."""

    ends: np.ndarray
    taken: np.ndarray
    law: np.ndarray
    gains: np.ndarray
    scale: np.ndarray
    share: np.ndarray

    @classmethod
    def room(cls, states: int, entries: int) -> "PolicyRows":
        """Allocates room. Costs 12 bytes an entry and 32 a state."""
        numbers = [np.empty(states) for _ in range(3)]
        return cls(np.empty(states + 1, np.int64), np.empty(entries, np.int32), np.empty(entries), *numbers)


def room_for(rows: Rows) -> PolicyRows:
    """Room for any policy of a model that takes one action in each state. Costs one pass over the offsets."""
    widths = np.diff(rows.offsets).reshape(rows.num_states, -1).max(1)
    return PolicyRows.room(rows.num_states, int(widths.sum()))


def approach(
    law: PolicyRows, values: np.ndarray, spare: np.ndarray, steady: bool, tolerance: float
) -> tuple[np.ndarray, np.ndarray, int]:
    """Passes over a policy's rows until its values are known well enough.

    Args:
        law: the policy's rows.
        values: ``[S]`` float64, where to start; overwritten.
        spare: ``[S]`` float64, overwritten.
        steady: the policy is hardly changing any more, so its values are worth knowing to the tolerance.
        tolerance: in units of reward; no policy is evaluated further.

    Returns:
        The new values, the other of the two arrays, and the number of passes.
    """
    first = law[:5]
    least, greatest = sweeps.policy_pass(*first, values, spare)
    values, spare, passes, fast = spare, values, 1, True
    goal = tolerance if steady else max(tolerance, ENOUGH * (greatest - least))
    most = PASSES_STEADY if steady else PASSES_CHANGING
    while greatest - least > goal and passes < most:
        before = greatest - least
        for turn in range(BLOCK - 1):
            if fast:
                sweeps.policy_pass(*first, values, spare)
                values, spare = spare, values
            else:
                sweeps.policy_pass_in_place(*law[:4], law.share, values, turn == 0)
        least, greatest = sweeps.policy_pass(*first, values, spare)
        values, spare, passes = spare, values, passes + BLOCK
        fast = fast and greatest - least < FAST**BLOCK * before
        near = least if abs(least) < abs(greatest) else greatest
        if near * (least + greatest - near) > 0 and ALIKE * max(abs(least), abs(greatest)) < abs(near):
            values[law.scale > 0] += near
    return values, spare, passes
