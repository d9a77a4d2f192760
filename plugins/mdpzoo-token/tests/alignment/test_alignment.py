import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_token.alignment import best_of_n, block_best_of_n, cumulant, frontier, kl_ceiling, rate, tilt, tilt_by

P, REWARD = [0.5, 0.3, 0.2], [0.0, 1.0, 2.2]


@pytest.fixture(scope="module")
def part(references):
    return references["alignment"]


def near(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)


def test_the_tilt_of_a_budget_is_that_of_the_file(part):
    found = tilt(part["p"], part["r"], part["delta"])
    near(found.multiplier, part["lam"])
    near(found.distribution, part["phi"])
    near(
        [found.mean_reward, found.log_partition, found.kl], [part["mean_reward"], part["log_Z"], part["kl_by_identity"]]
    )
    near(kl_ceiling(part["p"], part["r"]), part["kl_ceiling"])


def test_the_frontier_is_that_of_the_file(part):
    rows = part["frontier"]
    found = frontier(part["p"], part["r"], [each["lam"] for each in rows])
    for name, column in (("kl", found.kl), ("mean_reward", found.mean_reward), ("var_reward", found.reward_variance)):
        near(column, [each[name] for each in rows])


def test_cumulant_and_rate_are_those_of_the_file(part):
    near(cumulant(part["p"], part["r"], part["lam"], part["cumulant"]["rho"]), part["cumulant"]["value"])
    value, multiplier = rate(part["p"], part["r"], part["lam"], part["rate"]["reward"])
    near([value, multiplier], [part["rate"]["J"], part["rate"]["lam_t"]])


def test_best_of_n_is_that_of_the_file(part):
    for each in part["best_of_n"]:
        found = best_of_n(part["p"], part["r"], each["N"])
        near(found.distribution, each["pmf"])
        near([found.mean_reward, found.kl, found.bound], [each["mean_reward"], each["kl"], each["bound"]])
        same = tilt(part["p"], part["r"], each["kl"])
        near([same.multiplier, same.mean_reward], [each["lam_same_kl"], each["tilt_reward_same_kl"]])


def test_blocks_are_those_of_the_file_and_approach_the_tilt(part):
    distances = []
    for each in part["block"]:
        found = block_best_of_n(part["p"], part["r"], part["delta"], each["m"])
        near(
            [found.n, found.mean_reward, found.kl_to_reference, found.bound, found.kl_to_tilt],
            [each[name] for name in list(each)[1:]],
        )
        distances.append(found.kl_to_tilt)
    assert distances == sorted(distances, reverse=True)


def test_the_divergence_from_a_tilt_is_that_of_the_identity():
    phi = tilt(P, REWARD, 0.15)
    for w in np.random.default_rng(0).dirichlet(np.ones(3), size=50):
        direct = (w * np.log(w / phi.distribution)).sum()
        kl = (w * np.log(w / np.array(P))).sum()
        identity = kl - phi.kl + phi.multiplier * (phi.mean_reward - w @ np.array(REWARD))
        assert direct == pytest.approx(identity, abs=1e-12)
        if kl <= phi.kl:
            assert w @ np.array(REWARD) <= phi.mean_reward + 1e-12  # nothing lies above the frontier


def test_tied_outcomes_share_a_level_in_proportion_to_the_reference():
    found = best_of_n([0.1, 0.3, 0.6], [1.0, 1.0, 0.0], 2)
    assert found.distribution == pytest.approx([0.16, 0.48, 0.36])  # 1 - .6^2 = .64, shared 1 : 3
    assert best_of_n([0.5, 0.5], [1.0, 1.0], 9).kl == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tilt(P, REWARD, 1.7), r"kl must lie in \[0, 1.60944\]"),
        (lambda: best_of_n(P, REWARD, 0.5), "n must be at least 1"),
        (lambda: tilt_by([0.5, 0.6], [0, 1], 1.0), "sum to 1"),
        (lambda: tilt_by(P, [0, 1], 1.0), "reward must be finite and of shape"),
        (lambda: rate(P, REWARD, 0.5, 2.3), "must lie between 0 and 2.2"),
    ],
)
def test_arguments_out_of_range_are_named(call, words):
    with pytest.raises(SettingError, match=words):
        call()
