"""Posteriors of a symbol given an executed action, compiled, in integers.

A belief is ``[n]`` int64 with the sum 2^40. Rounding moves a belief by less than n parts in 2^40, at both ends alike.
"""

import numpy as np

from mdpzoo.compiling import compiled
from mdpzoo_coding.couplings.integer_masses import apportioned, fixed_entropy

NOISE_UNITS = 1 << 16  # the probability of a noisy step is a whole number of these
SHARES = 20  # bits of the share of an action in a label
NO_LABELS = np.zeros(0, np.int64)  # where columns are symbols


@compiled
def after_action(rows, columns, masses, labels, belief, action, noise, available):  # type: ignore[no-untyped-def]
    """Returns the belief after an executed action, with its entropy and its most probable symbol.

    Args:
        rows: ``[entries]`` int64, actions of the coupling.
        columns: ``[entries]`` int64, its symbols, or labels; no pair of an action and a column comes twice.
        masses: ``[entries]`` int64.
        labels: ``[n]`` int64, the label of each symbol; ``NO_LABELS`` where columns are symbols.
        belief: ``[n]`` int64.
        action: the executed action.
        noise: probability that a uniform available action replaces the chosen one, in units of 2^-16.
        available: number of actions that may replace it, including the executed one.

    Returns:
        ``[n]`` int64, all zeros if the action cannot happen; its entropy in units of 2^-56 bits, its most probable
        symbol and the mass of all others. Costs O(n).
    """
    shares = np.zeros(len(belief), np.int64)  # of the action in each column
    for k in range(len(rows)):
        if rows[k] == action:
            shares[columns[k]] += masses[k]
    weights = shares if len(labels) == 0 else _spread(shares, labels, belief, noise)
    if noise > 0:
        # (1 - e) nu(o, m) + e / A b(m), times A and 2^16 / 2^s; s keeps the sum near 2^44
        bits = np.int64(0)
        while (NOISE_UNITS * available) >> bits > 16:
            bits += 1
        chosen = (NOISE_UNITS - noise) * available
        for m in range(len(belief)):
            mixed = max((chosen * weights[m] + noise * belief[m]) >> bits, 1)
            weights[m] = mixed if belief[m] > 0 else weights[m]
    if weights.max() == 0:
        return weights, np.int64(0), np.int64(0), np.int64(1) << 40
    after = apportioned(weights, 1)
    best, doubt = look(after)
    return after, fixed_entropy(after), best, doubt


@compiled
def _spread(shares, labels, belief, noise):  # type: ignore[no-untyped-def]
    """Returns an action's masses by symbol, in proportion to the belief within each label.

    A label's share of the action is at least one part in 2^20. Masses are in units of 2^-20; with noise in whole units,
    rounded down, so that what is added to them does not overflow.
    """
    sums, weights = label_masses(labels, belief), np.empty_like(belief)
    for label in range(len(sums)):
        if shares[label] > 0:
            shares[label] = max((shares[label] << SHARES) // sums[label], 1)
    for m in range(len(belief)):
        weights[m] = shares[labels[m]] * belief[m]
        if noise > 0:
            weights[m] >>= SHARES
    return weights


@compiled
def label_masses(labels, belief):  # type: ignore[no-untyped-def]
    """Returns the belief in each label, ``[labels]`` int64."""
    masses = np.zeros(labels.max() + 1, np.int64)
    for m in range(len(belief)):
        masses[labels[m]] += belief[m]
    return masses


@compiled
def weight_of(columns, masses, column):  # type: ignore[no-untyped-def]
    """Returns the mass of all entries in a column."""
    total = np.int64(0)
    for k in range(len(columns)):
        if columns[k] == column:
            total += masses[k]
    return total


@compiled
def action_at(rows, columns, masses, column, limit):  # type: ignore[no-untyped-def]
    """Returns the action of the entry of a column in which the running mass passes ``limit``, in 0 .. weight - 1."""
    for k in range(len(columns)):
        if columns[k] == column:
            limit -= masses[k]
            if limit < 0:
                return rows[k]
    return np.int64(-1)


@compiled
def look(belief):  # type: ignore[no-untyped-def]
    """Returns the most probable symbol, the lowest on ties, and the mass of all others."""
    best = 0
    for k in range(len(belief)):
        if belief[k] > belief[best]:
            best = k
    return best, (np.int64(1) << 40) - belief[best]
