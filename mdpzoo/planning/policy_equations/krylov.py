"""A policy's equations solved by BiCGSTAB over Gauss-Seidel passes (van der Vorst 1992; Saad 2003, section 7.4.2).

States are put in the order of falling values first. Most transitions then lead to states that a pass has already
updated, so that one pass carries values right through a grid or a chain, however its states are numbered. Krylov
acceleration of modified policy iteration follows Gargiani et al. 2023 (inexact policy iteration).

What differs from the sources: the order; the stop looks at the greatest residual, as the certificates do; and a
breakdown ends the iteration, since the caller measures what was reached and has other passes to fall back on.
"""

from typing import Any

import numpy as np

from mdpzoo.compiling import compiled

TINY = 1e-40  # smaller parts of the first change are taken for 0: denormal numbers take a hundred times as long
BITS = 11  # of a key sorted at a time


@compiled
def falling_order(values):  # type: ignore[no-untyped-def]
    """Returns states ``[S]`` int64 in the order of falling values ``[S]``; ties by number.

    A radix sort of the distances from the least value in single precision, which tells small distances apart however
    large others are. Costs O(S).
    """
    states = len(values)
    lowest = np.inf
    for state in range(states):
        lowest = min(lowest, values[state])
    distances = np.empty(states, np.float32)
    for state in range(states):
        distances[state] = values[state] - lowest
    keys = ~distances.view(np.uint32)
    order, spare = np.arange(states), np.empty(states, np.int64)
    for digit in range(3):
        shift, mask = np.uint32(BITS * digit), np.uint32((1 << BITS) - 1)
        places = np.zeros((1 << BITS) + 1, np.int64)
        for state in range(states):
            places[np.int64((keys[state] >> shift) & mask) + 1] += 1
        for slot in range(1 << BITS):
            places[slot + 1] += places[slot]
        for position in range(states):
            digits = np.int64((keys[order[position]] >> shift) & mask)
            spare[places[digits]] = order[position]
            places[digits] += 1
        order, spare = spare, order
    return order


@compiled
def reordered(order, ends, taken, weights, gains, share):  # type: ignore[no-untyped-def]
    """Returns a policy's rows in another order of the states ``[S]``, solved for the state itself.

    Returns ``ends`` ``[S + 1]``, ``taken``, ``weights`` and ``gains`` ``[S]``; states are numbered in the new order.
    """
    states = len(order)
    place = np.empty(states, np.uint32)
    for position in range(states):
        place[order[position]] = position
    new_ends, new_taken = np.empty(states + 1, np.int64), np.empty(ends[states], np.uint32)
    new_weights, new_gains = np.empty(ends[states]), np.empty(states)
    filled = np.uint64(0)
    new_ends[0] = 0
    for position in range(states):
        state = order[position]
        for k in range(np.uint64(ends[state]), np.uint64(ends[state + 1])):
            if taken[k] != state:
                new_taken[filled], new_weights[filled] = place[np.uint32(taken[k])], weights[k] * share[state]
                filled += np.uint64(1)
        new_gains[position] = gains[state] * share[state]
        new_ends[position + 1] = filled
    return new_ends, new_taken, new_weights, new_gains


@compiled
def _change(ends, taken, weights, vector, swept, out, shadow, tiny):  # type: ignore[no-untyped-def]
    """Writes a ``vector`` minus its image under a pass to ``out``; returns ``out`` times ``shadow`` and ``out``.

    ``swept`` must hold a copy of the vector and is overwritten.
    """
    product, square = 0.0, 0.0
    begin = np.uint64(ends[0])
    for state in range(len(vector)):
        end, total = np.uint64(ends[state + 1]), 0.0
        for k in range(begin, end):
            total += weights[k] * swept[taken[k]]
        begin = end
        swept[state] = 0.0 if abs(total) < tiny else total
        change = vector[state] - total
        change = 0.0 if abs(change) < tiny else change
        out[state] = change
        product, square = product + change * shadow[state], square + change * change
    return product, square


@compiled
def solve_by_passes(ends, taken, weights, gains, values, reduction, most):  # type: ignore[no-untyped-def]
    """Improves ``values`` ``[S]`` in place until the greatest change of a pass has shrunk to the part ``reduction``.

    The first four arguments are the rows that ``reordered`` returns. Stops after ``most`` passes or at a breakdown.
    Returns the number of passes and the part of the greatest change that is left.
    """
    states = len(values)
    rest, shadow, search, image = np.empty(states), np.empty(states), np.empty(states), np.empty(states)
    swept, second = values.copy(), np.empty(states)
    start, rho = 0.0, 0.0
    begin = np.uint64(ends[0])
    for state in range(states):
        end, total = np.uint64(ends[state + 1]), gains[state]
        for k in range(begin, end):
            total += weights[k] * swept[taken[k]]
        begin = end
        swept[state] = total
        change = total - values[state]
        rest[state] = shadow[state] = change
        search[state] = image[state] = 0.0
        start, rho = max(start, abs(change)), rho + change * change
    passes, left, step, omega, last, tiny = 1, start, 1.0, 1.0, 1.0, TINY * start
    while passes < most and left > reduction * start and rho != 0.0:
        factor = rho / last * (step / omega) if passes > 1 else 0.0
        for state in range(states):
            towards = rest[state] + factor * (search[state] - omega * image[state])
            search[state] = swept[state] = 0.0 if abs(towards) < tiny else towards
        along, _ = _change(ends, taken, weights, search, swept, image, shadow, tiny)
        step = rho / along
        if not abs(step) < 1e100:
            break
        for state in range(states):
            remainder = rest[state] - step * image[state]
            rest[state] = swept[state] = 0.0 if abs(remainder) < tiny else remainder
        along, square = _change(ends, taken, weights, rest, swept, second, rest, tiny)
        omega = along / square if square > 0.0 else 0.0
        last, rho, left = rho, 0.0, 0.0
        for state in range(states):
            values[state] += step * search[state] + omega * rest[state]
            rest[state] -= omega * second[state]
            rho += rest[state] * shadow[state]
            left = max(left, abs(rest[state]))
        passes += 2
        if omega == 0.0 or not left < 1e6 * start:
            break
    return passes, left / start if start > 0.0 else 0.0


def accelerate(rows: Any, values: np.ndarray, reduction: float, most: int) -> int:
    """Improves ``values`` ``[S]`` under a policy's rows in place; leaves them unchanged if that fails.

    Args:
        rows: ``evaluation_sweeps.PolicyRows``.
        values: ``[S]`` float64.
        reduction: the target factor for the greatest change.
        most: maximum number of passes.

    Returns:
        The number of passes.
    """
    order = falling_order(values)
    found = values[order]
    reordered_rows = reordered(order, rows.ends, rows.taken, rows.weights, rows.gains, rows.share)
    passes, left = solve_by_passes(*reordered_rows, found, reduction, most)
    if left < 1.0:
        values[order] = found
    return int(passes)
