"""A policy's values where no state leads far from its own number: elimination within a band, exact up to rounding.

River swims, queues and random walks are such models, and those for which passes over all states are slowest: values
creep along them. Golub and Van Loan 2013, section 4.3.1. No pivot is small, so rows are not exchanged: what is
eliminated from is 1 on the diagonal less probabilities that sum to at most the discount.
"""

import numpy as np

from mdpzoo.compiling import compiled

WIDEST = 4  # wider bands are left to the passes: elimination costs the square of the width


@compiled
def band_of(offsets, successors, terminal):  # type: ignore[no-untyped-def]
    """Returns the greatest distance between a state and a successor, by number.

    The search ends with the first state that has a distance beyond ``WIDEST``.
    """
    states, band = len(terminal), 0
    actions = (len(offsets) - 1) // states
    for state in range(states):
        if not terminal[state]:
            for k in range(offsets[state * actions], offsets[(state + 1) * actions]):
                band = max(band, abs(successors[k] - state))
            if band > WIDEST:
                break
    return band


@compiled
def solve_in_band(ends, taken, weights, gains, band, values):  # type: ignore[no-untyped-def]
    """Solves ``values = gains + weights values`` for ``values`` ``[S]``.

    Args:
        ends: ``[S + 1]``, as ``sweeps.pick_rows`` lays rows out; likewise the next three.
        taken: states at most ``band`` away from their row's own.
        weights: the probabilities times the discount.
        gains: ``[S]`` mean rewards.
        band: at least 0.
        values: overwritten.
    """
    states = len(values)
    above, row = np.zeros((states, band)), np.empty(2 * band + 1)
    for state in range(states):
        row[:] = 0.0
        row[band] = 1.0
        for k in range(ends[state], ends[state + 1]):
            row[taken[k] - state + band] -= weights[k]
        total = gains[state]
        for place in range(max(band - state, 0), band):
            factor, earlier = row[place], state - band + place
            if factor != 0.0:
                for further in range(band):
                    row[place + 1 + further] -= factor * above[earlier, further]
                total -= factor * values[earlier]
        for further in range(band):
            above[state, further] = row[band + 1 + further] / row[band]
        values[state] = total / row[band]
    for state in range(states - 2, -1, -1):
        for further in range(min(band, states - 1 - state)):
            values[state] -= above[state, further] * values[state + 1 + further]
