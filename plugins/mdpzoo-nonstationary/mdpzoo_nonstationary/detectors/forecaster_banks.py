"""R-BOCPD's forecasters, compiled: a bank of detectors, one for each stream of symbols (Alami et al. 2023).

A forecaster that starts at sample s predicts by Laplace's rule from the samples since s. The evidence of the whole
stream under "one change, at s" is W_s, under "no change" W_r; the kernel keeps the ratio W_s / W_r, which needs one
division a forecaster and no logarithm. With Lhat the negative log evidence of a stretch,

    log W_s / W_r = Lhat_{r:t} - Lhat_{r:s-1} - Lhat_{s:t},

and the detector alarms when eta W_s / W_r > 1 for some s in (r, t].

What differs from the paper: ratios below ``FLOOR`` are held there, so that a forecaster can come back; at most K
forecasters are kept: before a newborn is added, the one of lowest weight is dropped, or the one whose neighbours start
nearest to each other for their age, or either in turn (the root and the newest stay).
"""

import math
from typing import NamedTuple

import numpy as np

from mdpzoo.compiling import borrowing

FLOOR = 1e-250  # below it no forecaster overtakes the newborns, whose ratios start at 1
DELTA_N2, DELTA_N, ONE_N, THEOREM, NO_ALARM = range(5)  # the choices of eta
ONE = np.int64(np.float64(1.0).view(np.int64))
LARGEST = np.int64(2**62)
EXPONENT = 1.1  # a, of the theorem's eta
BY_WEIGHT, BY_GAP, IN_TURN = range(3)  # rules for the forecaster to drop

CURSOR = np.dtype(
    [
        ("count", np.int64),  # samples since the restart
        ("used", np.int64),  # forecasters
        ("newest", np.int64),  # place of the newest forecaster
        ("dropped", np.int64),  # the place that the next newborn takes, once all are taken
        ("thinning", np.int64),  # one of the constants above
    ]
)
SYMBOL = np.dtype([("count", np.int32), ("latest", np.int32)])


class Forecasters(NamedTuple):
    """P detectors over O symbols, each with the root and at most K other forecasters.

    Attributes:
        totals: ``[P, O]`` records: each symbol's count since the restart, and the last sample with it.
        bases: ``[P, O, K]`` int32, that count when the forecaster started, if the symbol has occurred since.
        starts: ``[P, K]`` int32, samples since the restart when the forecaster started.
        ratios: ``[P, K]`` float64, W_s / W_r.
        bits: ``[P, K]`` int64, the same memory.
        cursors: ``[P]`` records.
    """

    totals: np.ndarray
    bases: np.ndarray
    starts: np.ndarray
    ratios: np.ndarray
    bits: np.ndarray
    cursors: np.ndarray


def forecasters(streams: int, symbols: int, capacity: int, thinning: int = BY_WEIGHT) -> Forecasters:
    """Builds P = ``streams`` fresh detectors with room for K = ``capacity`` forecasters besides the root."""
    cursors = np.zeros(streams, CURSOR)
    cursors["thinning"] = thinning
    ratios = np.zeros((streams, capacity))
    return Forecasters(
        np.zeros((streams, symbols), SYMBOL),
        np.zeros((streams, symbols, capacity), np.int32),
        np.zeros((streams, capacity), np.int32),
        ratios,
        ratios.view(np.int64),
        cursors,
    )


@borrowing
def observe(totals, bases, starts, ratios, bits, cursors, stream, symbol, choice, delta):  # type: ignore[no-untyped-def]
    """Feeds one symbol to a stream; returns the estimated first sample after a change, counted from the restart, or -1.

    The first six arguments are the fields of ``Forecasters``: unpacking a tuple of arrays is slow.
    ``choice`` is one of the constants above, ``delta`` its scale. Costs O(K), by gaps O(K^2).
    """
    cursor, entry = cursors[stream], totals[stream, symbol]
    count, symbols = cursor.count, totals.shape[1]
    used, newest = cursor.used, cursor.newest
    if count > 0:  # a new forecaster; if all places are taken, it replaces another
        if used < ratios.shape[1]:
            newest = used
            used += 1
        else:
            newest = cursor.dropped
        starts[stream, newest] = count
        ratios[stream, newest] = 1.0
        cursor.used, cursor.newest = used, newest
    seen, latest = entry.count, entry.latest if entry.count > 0 else np.int32(-1)
    root = np.float64(count + symbols) / np.float64(1 + seen)  # 1 / the root's prediction
    for k in range(used):
        # a forecaster that started after the symbol's last occurrence gets its base here, not when it starts
        base = bases[stream, symbol, k] if starts[stream, k] <= latest else seen
        bases[stream, symbol, k] = base
        prediction = np.float64(1 + seen - base) / np.float64(count - starts[stream, k] + symbols)
        ratio = ratios[stream, k] * root * prediction
        ratios[stream, k] = ratio if ratio > FLOOR else FLOOR
    entry.count, entry.latest = seen + 1, count
    cursor.count = count + 1
    if used == ratios.shape[1]:
        if cursor.thinning == BY_WEIGHT or (cursor.thinning == IN_TURN and count % 2 == 0):
            cursor.dropped = _lowest(bits, stream, used, newest)
        else:
            cursor.dropped = _crowded(starts, stream, used, newest, count + 1)
    if choice == NO_ALARM or used == 0:
        return -1
    if choice == THEOREM:
        return _by_theorem(starts, ratios, stream, used, count + 1, delta)
    high = np.int64(0)
    for k in range(used):  # positive numbers are ordered like their bits, and integers are compared four at a time
        high = max(high, bits[stream, k])
    if high <= ONE:  # and eta is at most 1
        return -1
    highest = 0
    while bits[stream, highest] != high:
        highest += 1
    if scale(choice, delta, count + 1) * ratios[stream, highest] > 1.0:
        return np.int64(starts[stream, highest])
    return -1


@borrowing
def _lowest(bits, stream, used, newest):  # type: ignore[no-untyped-def]
    """Returns the place of the least ratio, except the newest's."""
    kept, low, place = bits[stream, newest], LARGEST, 0
    bits[stream, newest] = LARGEST
    for k in range(used):
        low = min(low, bits[stream, k])
    while bits[stream, place] != low:
        place += 1
    bits[stream, newest] = kept
    return place


@borrowing
def _crowded(starts, stream, used, newest, n):  # type: ignore[no-untyped-def]
    """Returns the place, except the newest's, whose neighbours start nearest to each other, relative to its age."""
    least, place = np.inf, 0
    for k in range(used):
        if k == newest:
            continue
        begin, before, after = starts[stream, k], np.int32(0), starts[stream, newest]
        for j in range(used):
            other = starts[stream, j]
            if other < begin:
                before = max(before, other)
            elif other > begin:
                after = min(after, other)
        gap = np.float64(after - before) / np.float64(n - begin)
        if gap < least:
            least, place = gap, k
    return place


@borrowing
def scale(choice, delta, n):  # type: ignore[no-untyped-def]
    """Returns eta after n samples, for the choices that depend on n alone."""
    if choice == DELTA_N2:
        return delta / (np.float64(n) * n)
    if choice == DELTA_N:
        return delta / n
    return 1.0 / n


@borrowing
def _by_theorem(starts, ratios, stream, used, n, delta):  # type: ignore[no-untyped-def]
    common = math.log(4 * EXPONENT + 2) * delta * delta / (4 * n * math.log((EXPONENT + 3) * n))
    common = common**EXPONENT / (10.0 * n)
    best, place = 1.0, -1
    for k in range(used):
        before = np.float64(starts[stream, k])
        value = common * math.sqrt(before * (n - before)) * ratios[stream, k]
        if value > best:
            best, place = value, k
    return np.int64(starts[stream, place]) if place >= 0 else -1


@borrowing
def restart(bank, stream):  # type: ignore[no-untyped-def]
    """Restarts a stream."""
    cursor = bank.cursors[stream]
    cursor.count = cursor.used = cursor.newest = cursor.dropped = 0
    for symbol in range(bank.totals.shape[1]):
        bank.totals[stream, symbol].count = 0


@borrowing
def observe_until_alarm(bank, symbols, first, choice, delta):  # type: ignore[no-untyped-def]
    """Feeds ``symbols[first:]`` to stream 0; returns the place of the alarm and the estimate, or the end and -1."""
    totals, bases, starts, ratios, bits, cursors = bank
    for place in range(first, len(symbols)):
        start = observe(totals, bases, starts, ratios, bits, cursors, 0, symbols[place], choice, delta)
        if start >= 0:
            return place, start
    return len(symbols), -1
