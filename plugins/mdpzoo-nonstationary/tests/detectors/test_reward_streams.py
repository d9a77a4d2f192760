import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_nonstationary import RewardDetector


@pytest.mark.parametrize("bins", [2, 10])
def test_a_change_of_rewards_is_found_in_any_range(bins):
    generator = np.random.default_rng(0)
    rewards = np.concatenate([generator.uniform(-4, 0, 400), generator.uniform(0, 4, 200)])
    detector = RewardDetector(-4, 4, bins=bins)
    found = [(index, each) for index, r in enumerate(rewards) if (each := detector.update(r)) is not None]
    assert len(found) == 1
    assert 400 <= found[0][0] < 450
    assert abs(found[0][1] - 400) < 10


def test_the_largest_reward_falls_into_the_last_bin():
    detector = RewardDetector(bins=4)
    detector.update(1.0)
    assert detector.detector._bank.totals["count"][0].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: RewardDetector(1.0, 1.0), "low must be below high"),
        (lambda: RewardDetector().update(1.5), r"a reward must lie in \[0, 1\], got 1.5"),
        (lambda: RewardDetector().update(float("nan")), "a reward must lie in"),
        (lambda: RewardDetector(bins=1), "symbols must be a whole number of at least 2"),
    ],
)
def test_a_wrong_argument_is_refused(make, sentence):
    with pytest.raises(SettingError, match=sentence):
        make()
