import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_nonstationary import Bursts, Drift, RandomWalk, Sinus, Step


@pytest.mark.parametrize(
    ("schedule", "values"),
    [
        (Step([3, 5], [1.0, 2.0, 0.5]), {0: 1.0, 2: 1.0, 3: 2.0, 4: 2.0, 5: 0.5, 99: 0.5}),
        (Drift(1.0, 2.0, 10, 20), {0: 1.0, 10: 1.0, 15: 1.5, 20: 2.0, 99: 2.0}),
        (Sinus(0.5, 8), {0: 1.0, 2: 1.5, 4: 1.0, 6: 0.5}),
    ],
)
def test_a_schedule_has_its_values(schedule, values):
    for t, value in values.items():
        assert schedule.value(t) == pytest.approx(value)


@pytest.mark.parametrize("make", [lambda seed: RandomWalk(0.1, seed=seed), lambda seed: Bursts(2.0, 20, 5, seed)])
def test_a_random_schedule_is_its_seeds_in_any_order(make):
    forwards = [make(3).value(t) for t in range(500)]
    one = make(3)
    backwards = [one.value(t) for t in reversed(range(500))][::-1]
    assert forwards == backwards
    assert forwards != [make(4).value(t) for t in range(500)]


def test_a_walk_stays_within_its_bounds_and_moves_when_it_may():
    walk = RandomWalk(0.3, low=0.5, high=2.0, every=10, seed=1)
    values = np.array([walk.value(t) for t in range(5_000)])
    assert values.min() >= 0.5
    assert values.max() <= 2.0
    assert len(np.unique(values)) == 500


def test_bursts_last_their_length_and_come_with_their_gap():
    bursts = Bursts(3.0, gap=40, length=10, seed=0)
    inside = np.array([bursts.value(t) == 3.0 for t in range(50_000)])
    edges = np.flatnonzero(np.diff(inside.astype(int)))
    begins, ends = edges[::2][: len(edges) // 2], edges[1::2]
    assert ((ends - begins) == 10).all()
    assert inside.mean() == pytest.approx(0.2, abs=0.02)  # 10 of 10 + 40; 1000 gaps of standard deviation 40


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Step([5, 3], [1, 2, 3]), "changes must ascend from 1"),
        (lambda: Step([0], [1, 2]), "changes must ascend from 1"),
        (lambda: Step([5], [1]), "levels must be one more than changes"),
        (lambda: Drift(1, 2, 5, 5), "end must be above begin"),
        (lambda: Sinus(1, 0), "period must be positive"),
        (lambda: RandomWalk(0.1, low=2.0), "factors around 1"),
        (lambda: Bursts(2.0, 0, 5), "gap and length must be at least 1"),
    ],
)
def test_a_wrong_schedule_is_refused(make, sentence):
    with pytest.raises(SettingError, match=sentence):
        make()
