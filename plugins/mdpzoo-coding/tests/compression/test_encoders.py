"""Encoders of bounded entropy."""

import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_coding import compress
from mdpzoo_coding.compression.encoders import integer_labels
from mdpzoo_coding.couplings.integer_masses import TOTAL, integer_row


def binary_entropy(x):
    return 0.0 if x in (0, 1) else -(x * np.log2(x) + (1 - x) * np.log2(1 - x))


def entropy(masses):
    kept = masses[masses > 0]
    return -(kept * np.log2(kept)).sum()


def priors(count, most, seed=0):
    generator = np.random.default_rng(seed)
    for _ in range(count):
        p = generator.dirichlet(np.full(int(generator.integers(2, most)), generator.choice([0.3, 1.0, 5.0])))
        yield p, generator.uniform(0, entropy(p))


def published(p, rate):
    """Algorithm 1 step by step, on classes of symbols: its entropy."""
    classes = sorted(p[p > 0])
    if entropy(np.array(classes)) <= rate + 1e-12:
        return entropy(np.array(classes))
    while True:
        small = [classes[0] + classes[1], *classes[2:]]
        if entropy(np.array(small)) <= rate + 1e-12:
            return entropy(np.array(small))
        classes = sorted([*classes[:-2], classes[-1] + classes[-2]])
        if entropy(np.array(classes)) <= rate + 1e-12:
            return entropy(np.array(classes))


def test_the_closed_form_is_the_published_algorithm():
    for p, rate in priors(300, 25):
        assert compress(p, rate).entropy == pytest.approx(published(p, rate), abs=1e-9)


def test_every_reference_is_met(references):
    for each in references["ebim_deterministic"]:
        for budget in each["budgets"]:
            found = compress(each["p"], budget["R"])
            assert found.entropy == pytest.approx(budget["alg1"], abs=1e-9)
            assert found.label.tolist() == budget["alg1_labels"]
            improved = compress(each["p"], budget["R"], "improved")
            assert improved.entropy == pytest.approx(budget["improved"], abs=1e-9)


def test_improved_is_the_best_pair_at_any_node():
    # every node of the path of large merges, every pair of its classes: no other way to the best
    for p, rate in priors(60, 9, seed=2):
        order = np.sort(p)[::-1]
        best = 0.0
        for head in range(1, len(p) + 1):
            classes = [order[:head].sum(), *order[head:]]
            for i in range(len(classes)):
                for j in range(i):
                    merged = [each for k, each in enumerate(classes) if k not in (i, j)] + [classes[i] + classes[j]]
                    found = entropy(np.array(merged))
                    best = found if best < found <= rate + 1e-12 else best
            found = entropy(np.array(classes))
            best = found if best < found <= rate + 1e-12 else best
        assert compress(p, rate, "improved").entropy == pytest.approx(best, abs=1e-9)


def test_the_published_bound_holds_and_improved_is_never_worse():
    for p, rate in priors(500, 60, seed=1):
        found, improved = compress(p, rate), compress(p, rate, "improved")
        assert found.entropy <= rate + 1e-9
        assert improved.entropy <= rate + 1e-9
        assert improved.entropy >= found.entropy - 1e-12
        assert rate - found.entropy <= binary_entropy(np.sort(p)[-2]) + 1e-9


@pytest.mark.parametrize("method", ["ebim", "improved", "quantise"])
def test_entropy_and_information_are_those_of_the_labels(method):
    for p, rate in priors(50, 30, seed=4):
        found = compress(p, rate, method)
        assert found.entropy == pytest.approx(entropy(np.bincount(found.label, p)), abs=1e-12)
        assert found.information == found.entropy
        assert found.label.max() + 1 == len(np.unique(found.label))


def test_a_large_rate_keeps_every_symbol():
    assert compress([0.5, 0.3, 0.2], 2.0).label.tolist() == [0, 1, 2]


def test_no_rate_keeps_nothing():
    assert compress([0.5, 0.3, 0.2], 0.0).label.tolist() == [0, 0, 0]


def test_symbols_without_mass_do_not_count():
    assert compress([0.7, 0.0, 0.2, 0.1], 0.6).label.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("rate", "labels"),
    [
        (0.9, [0] * 6),  # one cell
        (1.0, [0, 0, 0, 1, 1, 1]),
        (2.0, [0, 0, 1, 1, 2, 2]),  # four cells of ceil(6 / 4) symbols: only three are filled
        (9.0, list(range(6))),
    ],
)
def test_quantisation_cuts_into_consecutive_cells(rate, labels):
    assert compress(np.full(6, 1 / 6), rate, "quantise").label.tolist() == labels


def test_integers_find_the_labels_of_floats():
    for p, rate in priors(200, 40, seed=5):
        masses = integer_row(p)
        labels = integer_labels(masses, int(rate * 2**56))
        assert entropy(np.bincount(labels, masses / TOTAL)) == pytest.approx(
            compress(masses / TOTAL, rate).entropy, abs=1e-3
        )


@pytest.mark.parametrize(
    ("prior", "rate", "method", "sentence"),
    [
        ([0.5, 0.6], 1.0, "ebim", "sum to 1"),
        ([0.5, 0.5], -1.0, "ebim", "at least 0, got -1.0"),
        ([0.5, 0.5], float("nan"), "ebim", "at least 0"),
        ([0.5, 0.5], 1.0, "quantize", "Did you mean 'quantise'"),
        ("ab", 1.0, "ebim", "must be probabilities"),
    ],
)
def test_wrong_arguments_are_a_setting_error(prior, rate, method, sentence):
    with pytest.raises(SettingError, match=sentence):
        compress(prior, rate, method)
