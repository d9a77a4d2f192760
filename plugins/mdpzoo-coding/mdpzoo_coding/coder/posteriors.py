"""What an executed action says about a symbol, compiled, in integers.

A belief is ``[n]`` int64 with the sum 2^40. Rounding moves a belief by less than n parts in 2^40, at both ends alike.
"""

import numpy as np

from mdpzoo.compiling import compiled
from mdpzoo_coding.couplings.integer_masses import apportioned

NOISE_UNITS = 1 << 16  # the probability of a noisy step is a whole number of these
SHARES = 20  # bits of the share of an action in a label


@compiled
def after_action(rows, columns, masses, belief, action, noise, available):  # type: ignore[no-untyped-def]
    """Returns the belief after an executed action.

    Args:
        rows: ``[entries]`` int64, actions of the coupling.
        columns: ``[entries]`` int64, its symbols.
        masses: ``[entries]`` int64.
        belief: ``[n]`` int64, the coupling's second marginal.
        action: the executed action.
        noise: probability that a uniform available action replaces the chosen one, in units of 2^-16.
        available: how many actions there are to replace it; the executed one is among them.

    Returns:
        ``[n]`` int64; all zeros if the action cannot happen.
    """
    weights = np.zeros(len(belief), np.int64)
    for k in range(len(rows)):
        if rows[k] == action:
            weights[columns[k]] += masses[k]
    if noise > 0:
        # (1 - e) nu(o, m) + e / A b(m), times A and 2^16 / 2^s; s keeps the sum near 2^44
        scale = np.int64(1)
        while ((NOISE_UNITS * available) // scale) > 16:
            scale *= 2
        for m in range(len(belief)):
            if belief[m] > 0:
                mixed = (NOISE_UNITS - noise) * available * weights[m] + noise * belief[m]
                weights[m] = max(mixed // scale, 1)
    if weights.sum() == 0:
        return weights
    return apportioned(weights, 1)


@compiled
def spread(labels, rows, columns, masses, belief, sums):  # type: ignore[no-untyped-def]
    """Returns a coupling of actions and labels as one of actions and symbols.

    Args:
        labels: ``[n]`` int64, the label of each symbol.
        rows: ``[entries]`` int64, actions.
        columns: ``[entries]`` int64, labels.
        masses: ``[entries]`` int64.
        belief: ``[n]`` int64.
        sums: ``[labels]`` int64, the belief in each label.

    Returns:
        Rows, columns (symbols) and masses, in proportion to the belief within each label: a share of at least one
        part in 2^20, times the belief, in units of 2^-20.
    """
    count = 0
    for k in range(len(rows)):
        for m in range(len(belief)):
            count += labels[m] == columns[k] and belief[m] > 0
    actions, symbols, parts = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    at = 0
    for k in range(len(rows)):
        # masses / sums in units of 2^-20, at least one unit
        share = max((masses[k] << SHARES) // sums[columns[k]], 1)
        for m in range(len(belief)):
            if labels[m] == columns[k] and belief[m] > 0:
                actions[at], symbols[at], parts[at] = rows[k], m, share * belief[m]
                at += 1
    return actions, symbols, parts


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
