import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_nonstationary import BOCPD, CUSUM, GLR


def alarms_of(detector, stream):
    found = []
    for index, symbol in enumerate(stream):
        estimate = detector.update(int(symbol))
        if estimate is not None:
            found.append((index, estimate))
    return found


@pytest.mark.parametrize("make", [GLR, CUSUM, BOCPD])
@pytest.mark.parametrize("symbols", [2, 4])
def test_a_clear_change_is_found_soon_and_placed_near_where_it_is(make, symbols):
    generator = np.random.default_rng(symbols)
    before = np.full(symbols, 0.1 / (symbols - 1))
    before[0] = 0.9
    stream = np.concatenate([generator.choice(symbols, 200, p=before), generator.choice(symbols, 100, p=before[::-1])])
    found = alarms_of(make(symbols), stream)
    assert len(found) == 1
    assert 200 <= found[0][0] < 240
    if make is not CUSUM:  # whose estimate is where its sum last left 0, by chance long before
        assert abs(found[0][1] - 200) <= 5


@pytest.mark.parametrize("make", [GLR, lambda symbols: CUSUM(symbols, learned=300, threshold=12.0), BOCPD])
def test_a_stationary_stream_gives_no_alarm(make):
    stream = np.random.default_rng(0).choice(3, 800, p=[0.5, 0.3, 0.2])
    assert alarms_of(make(3), stream) == []


def test_the_glr_statistic_is_the_definitions():
    stream, delta = np.random.default_rng(1).integers(2, size=30).tolist() + [1] * 30, 0.05

    def divergence(p, q):
        return sum(a * np.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)

    expected = None
    for n in range(2, len(stream) + 1):
        whole = np.bincount(stream[:n], minlength=2) / n
        ratios = []
        for s in range(1, n):
            parts = [np.bincount(each, minlength=2) / len(each) for each in (stream[:s], stream[s:n])]
            ratios.append(s * divergence(parts[0], whole) + (n - s) * divergence(parts[1], whole))
        if max(ratios) > np.log(3 * n * np.sqrt(n) / delta):
            expected = n - 1, 1 + int(np.argmax(ratios))
            break
    assert expected is not None
    assert alarms_of(GLR(2, delta), stream)[0] == expected


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: GLR(1), "symbols must be a whole number of at least 2"),
        (lambda: GLR(2, delta=1.0), r"delta must lie in \(0, 1\)"),
        (lambda: GLR(2).update(5), r"a symbol must lie in 0\.\.1, got 5"),
        (lambda: CUSUM(2, learned=0), "learned must be at least 1"),
        (lambda: CUSUM(2, threshold=-1.0), "threshold must be positive"),
        (lambda: CUSUM(2, shift=0.0), r"shift must lie in \(0, 1\)"),
        (lambda: BOCPD(2, hazard=0.0), r"hazard must lie in \(0, 1\)"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_sentence(make, sentence):
    with pytest.raises(SettingError, match=sentence) as caught:
        make()
    assert "\n" not in str(caught.value)
