"""Certified bounds on discounted values from one pass (MacQueen 1966; Puterman 1994, theorem 6.6.6).

With d = w - v the change of one exact pass w = T v and g the discount, every state's optimal value lies between
w + g / (1 - g) min d and w + g / (1 - g) max d, where terminal states take part with d = 0. A policy that is greedy for
v has values between the same bounds.

What differs from the textbook: the bounds hold for the numbers as computed. A row of n entries, with rewards of mean
size at most r and values of size at most V, is computed with an error of at most

    rho = eps (n + 4) (r + V),    eps = 2^-52, twice the unit roundoff,

which covers the products, the sums, the mean reward, the last addition and the subtraction in d; it enters the bounds
once as it stands and once, through d, times g / (1 - g). Rows may sum to 1 up to 1e-9: g stands for the discount times
the greatest sum where that widens a bound, and times the least where this does.
"""

from dataclasses import dataclass

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.planning.rows import Rows

EPS = float(np.finfo(np.float64).eps)
LARGEST = 1e300  # values beyond it could overflow


@dataclass(frozen=True)
class Certificate:
    """The bounds that one pass proves.

    Attributes:
        low: every value is at least the new one plus this, up to one rounding.
        shift: added to the new values, gives the middle of the bounds.
        error_bound: bound on the error of a value after that, in units of reward.
        rounding: the part of the error bound that further passes cannot reduce.
    """

    low: float
    shift: float
    error_bound: float
    rounding: float


@dataclass(frozen=True)
class Certifier:
    """The constants of a model's bounds.

    Attributes:
        least: discount times the least sum of a row, rounded down.
        greatest: discount times the greatest sum, rounded up; below 1.
        unit: eps (n + 4), with n the longest row's entries.
        reward_size: the greatest mean size of a reward over a row.
    """

    least: float
    greatest: float
    unit: float
    reward_size: float

    @classmethod
    def of(cls, rows: Rows, discount: float, bonus: float = 0.0) -> "Certifier":
        """Computes the constants for a discount; ``bonus`` is the greatest reward in addition to the model's own.

        Raises:
            SettingError: the discount is so near to 1, or a reward so large, that nothing could be certified.
        """
        unit = EPS * (rows.longest + 4)
        least, greatest = discount * rows.least_sum * (1 - unit), discount * rows.greatest_sum * (1 + unit)
        if not greatest < 1 - 4 * unit:
            raise SettingError(f"discount {discount!r} is too near to 1 for double precision; use 1 - 1e-8 or less")
        size = rows.reward_size + bonus
        if not size / (1 - greatest) < LARGEST:
            raise SettingError(f"rewards of size {size:.3g} overflow at discount {discount}; scale them down")
        return cls(least, greatest, unit, size)

    def __call__(self, least: float, greatest: float, size: float) -> Certificate:
        """Returns the bounds from the ends of the change and the greatest size of a new value."""
        near, far = self.least / (1 - self.least), self.greatest / (1 - self.greatest)
        largest = size + max(-least, greatest, 0.0)  # of the old values, too
        rounding = self.unit * (self.reward_size + largest) + 1e-300
        low, high = least - rounding, greatest + rounding
        low, high = low * (near if low > 0 else far), high * (far if high > 0 else near)
        shift = (low + high) / 2
        last = rounding + 4 * EPS * (size + abs(low) + abs(high))  # of the pass, the bounds and the shift
        return Certificate(low, shift, (high - low) / 2 + last, rounding * (1 + far) + last)
