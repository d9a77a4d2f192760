import numpy as np
import pytest

from mdpzoo_nonstationary.detectors.forecaster_banks import (
    BY_GAP,
    DELTA_N,
    DELTA_N2,
    FLOOR,
    IN_TURN,
    NO_ALARM,
    ONE_N,
    forecasters,
    observe,
    restart,
    scale,
)


def fed(capacity, stream, symbols=3, streams=1):
    bank = forecasters(streams, symbols, capacity)
    for symbol in stream:
        observe(*bank, streams - 1, symbol, NO_ALARM, 0.05)
    return bank


def test_each_ratio_is_the_product_of_predictions_since_its_start():
    stream = np.random.default_rng(0).integers(3, size=12).tolist()
    bank = fed(20, stream)
    for k in range(11):
        start, ratio = int(bank.starts[0, k]), 1.0
        for t in range(start, 12):
            ours = (1 + stream[start:t].count(stream[t])) / (t - start + 3)
            ratio *= ours / ((1 + stream[:t].count(stream[t])) / (t + 3))
        assert bank.ratios[0, k] == pytest.approx(ratio, rel=1e-12)


def test_the_lowest_forecaster_makes_room_and_the_newest_stays():
    stream = np.random.default_rng(1).integers(3, size=60).tolist()
    full, small = fed(5, stream[:30]), None
    for symbol in stream[30:]:
        kept, newest = full.ratios[0].copy(), int(full.cursors["newest"][0])
        starts = full.starts[0].copy()
        others = np.delete(np.arange(5), newest)
        lowest = others[kept[others].argmin()]
        observe(*full, 0, symbol, NO_ALARM, 0.05)
        small = np.flatnonzero(full.starts[0] != starts)
        assert small.tolist() == [lowest]
        assert full.starts[0, lowest] == full.cursors["count"][0] - 1
    assert small is not None


def crowded(starts, newest, n):
    """The place whose neighbours among the sorted starts, the root's 0 included, are nearest relative to its age."""
    ordered = [0, *sorted(starts)]
    gaps = {}
    for k, start in enumerate(starts):
        at = ordered.index(start)
        if k != newest:
            gaps[k] = (ordered[at + 1] - ordered[at - 1]) / (n - start)
    return min(gaps, key=lambda k: gaps[k])


@pytest.mark.parametrize("thinning", [BY_GAP, IN_TURN])
def test_by_gaps_the_most_crowded_forecaster_makes_room(thinning):
    bank, stream = forecasters(1, 3, 6, thinning), np.random.default_rng(2).integers(3, size=200).tolist()
    for n, symbol in enumerate(stream, 1):
        observe(*bank, 0, symbol, NO_ALARM, 0.05)
        used, newest = int(bank.cursors["used"][0]), int(bank.cursors["newest"][0])
        if used == 6:
            ratios = bank.ratios[0].tolist()
            lowest = min((k for k in range(6) if k != newest), key=lambda k: ratios[k])
            by_weight = thinning == IN_TURN and n % 2 == 1
            expected = lowest if by_weight else crowded(bank.starts[0].tolist(), newest, n)
            assert bank.cursors["dropped"][0] == expected


def test_gaps_keep_starts_of_every_age():
    bank, stream = forecasters(1, 2, 31, BY_GAP), np.random.default_rng(3).integers(2, size=20_000)
    for symbol in stream.tolist():
        observe(*bank, 0, symbol, NO_ALARM, 0.05)
    ages = np.sort(20_000 - bank.starts[0])
    # on a logarithmic scale no two neighbours are further apart than a factor of three
    assert (ages[1:] <= 3 * ages[:-1]).all()


def test_streams_of_a_bank_do_not_touch_each_other():
    bank = fed(4, [0, 1, 2, 1, 0], streams=3)
    assert bank.cursors["count"].tolist() == [0, 0, 5]
    assert bank.totals["count"][:2].sum() == 0
    restart(bank, 2)
    assert bank.cursors["count"][2] == 0 == bank.totals["count"].sum()


def test_the_bits_are_the_ratios_memory_and_no_ratio_falls_below_the_floor():
    bank = fed(6, [0] * 3_000 + [1] * 30 + [0] * 3_000, symbols=2)
    assert np.shares_memory(bank.bits, bank.ratios)
    assert (bank.ratios >= FLOOR).all()


@pytest.mark.parametrize(("choice", "value"), [(DELTA_N2, 0.05 / 49), (DELTA_N, 0.05 / 7), (ONE_N, 1 / 7)])
def test_eta_is_its_formula(choice, value):
    assert scale(choice, 0.05, 7) == pytest.approx(value)
