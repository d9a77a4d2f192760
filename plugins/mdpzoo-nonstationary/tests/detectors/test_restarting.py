import math

import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_nonstationary import RBOCPD

CHOICES = {"one_over_n": "1/n", "delta_over_n": "delta/n", "delta_over_n2": "delta/n2", "thm1": "theorem"}
PRUNED = (None, 64, 32)


def evidence(stream, symbols):
    """The negative log evidence of a stretch under Laplace's rule, in closed form."""
    counts = np.bincount(stream, minlength=symbols)
    return -(math.lgamma(symbols) - math.lgamma(len(stream) + symbols) + sum(math.lgamma(c + 1) for c in counts))


def first_alarm(stream, symbols, eta):
    """The first alarm and its estimate, from the definition: every s in (r, t] for every t."""
    for t in range(1, len(stream)):
        whole = evidence(stream[: t + 1], symbols)
        weights = [
            math.log(eta(s, t)) - evidence(stream[:s], symbols) - evidence(stream[s : t + 1], symbols) + whole
            for s in range(1, t + 1)
        ]
        if max(weights) > 0:
            return t, 1 + int(np.argmax(weights))
    return None


def theorem(s, t, delta=0.05, a=1.1):
    n, before, after = t + 1, s, t - s + 1
    inner = math.log(4 * a + 2) * delta**2 / (4 * n * math.log((a + 3) * n))
    return math.sqrt(before * after) / (10 * n) * inner**a


DEFINITIONS = {
    "delta/n2": lambda s, t: 0.05 / (t + 1) ** 2,
    "delta/n": lambda s, t: 0.05 / (t + 1),
    "1/n": lambda s, t: 1 / (t + 1),
    "theorem": theorem,
}


@pytest.mark.parametrize("eta", DEFINITIONS)
@pytest.mark.parametrize("symbols", [2, 3, 5])
def test_the_recursion_alarms_where_the_closed_form_does(eta, symbols):
    generator = np.random.default_rng(symbols)
    for _ in range(5):
        before, after = generator.dirichlet(np.full(symbols, 0.3), 2)
        stream = np.concatenate([generator.choice(symbols, 40, p=before), generator.choice(symbols, 40, p=after)])
        found = RBOCPD(symbols, eta).update_many(stream)
        assert (found[0] if found else None) == first_alarm(stream, symbols, DEFINITIONS[eta])


@pytest.mark.parametrize("hypotheses", PRUNED)
@pytest.mark.parametrize(
    ("zeros", "delays"),
    [  # ones until the alarm, for 1/n, delta/n, delta/n2 and theorem; from the closed form
        (10, (2, 5, 8, 23)),
        (50, (2, 3, 4, 7)),
        (100, (2, 3, 4, 6)),
        (1000, (2, 2, 3, 4)),
    ],
)
def test_zeros_then_ones_alarm_after_the_known_delay_with_the_exact_estimate(zeros, delays, hypotheses):
    stream = [0] * zeros + [1] * 30
    for eta, delay in zip(CHOICES.values(), delays, strict=True):
        detector = RBOCPD(2, eta, max_hypotheses=hypotheses)
        assert detector.update_many(stream)[0] == (zeros + delay - 1, zeros)


@pytest.mark.parametrize("thinning", ["gap", "mixed"])
def test_other_thinnings_find_the_same_simple_changes(thinning):
    for zeros, delay in ((10, 8), (50, 4), (100, 4), (1000, 3)):  # of delta/n2, as above
        detector = RBOCPD(2, max_hypotheses=32, thinning=thinning)
        assert detector.update_many([0] * zeros + [1] * 30)[0] == (zeros + delay - 1, zeros)


def test_an_unknown_thinning_is_an_error():
    with pytest.raises(SettingError, match="unknown thinning 'gaps'. Did you mean 'gap'"):
        RBOCPD(2, thinning="gaps")


def test_one_symbol_at_a_time_and_all_at_once_agree():
    stream = np.random.default_rng(0).permutation([0] * 300 + [1] * 20).tolist() + [1] * 60 + [0] * 80
    single, many = RBOCPD(2), RBOCPD(2)
    found = [(index, each) for index, symbol in enumerate(stream) if (each := single.update(symbol)) is not None]
    assert found == many.update_many(stream)
    assert len(found) == 2
    assert single.count == many.count == len(stream)


@pytest.mark.parametrize(
    "eta",
    [
        lambda n: 0.05 / n**2,
        lambda r, s, t: 0.05 / (t - r + 1.0) ** 2 + 0 * s,
    ],
)
def test_a_function_stands_for_eta(eta):
    stream = [0] * 100 + [1] * 30 + [0] * 100
    assert RBOCPD(2, eta).update_many(stream) == RBOCPD(2, "delta/n2").update_many(stream)


@pytest.mark.parametrize("hypotheses", PRUNED)
def test_the_false_alarm_rates_are_those_of_the_references(references, hypotheses):
    for row in references["detector_false_alarm_dirichlet_kernels"]["rows"]:
        generator, symbols = np.random.default_rng(1), row["O"]
        streams = []
        for _ in range(200):
            p = generator.dirichlet(np.ones(symbols))
            drawn = np.searchsorted(np.cumsum(p), generator.random(3000), side="right")
            streams.append(np.minimum(drawn, symbols - 1))
        for name, eta in (
            CHOICES.items() if hypotheses else [("delta_over_n", "delta/n")]
        ):  # an exact one takes a second
            alarms = [bool(RBOCPD(symbols, eta, max_hypotheses=hypotheses).update_many(each)) for each in streams]
            assert np.mean(alarms) == row["rates"][name]  # the streams are the reference's own


def test_on_fixed_kernels_a_pruned_detector_is_the_exact_one_and_has_the_references_rates(references):
    for row in references["detector_false_alarm_fixed_kernels"]["rows"]:
        generator, limits = np.random.default_rng(5), np.cumsum(row["p"])
        streams = [np.searchsorted(limits, generator.random(3000), side="right") for _ in range(300)]
        streams = [np.minimum(each, row["O"] - 1) for each in streams]
        for name in ("one_over_n", "delta_over_n", "delta_over_n2"):
            eta = CHOICES[name]
            alarms = [RBOCPD(row["O"], eta, max_hypotheses=64).update_many(each) for each in streams]
            assert np.mean([bool(each) for each in alarms]) == pytest.approx(row[name], abs=6e-4)
            for stream, found in zip(streams[:15], alarms, strict=False):
                assert RBOCPD(row["O"], eta).update_many(stream) == found


def first_of(detector, stream):
    """The index of the first alarm, or None; the rest of the stream is not read."""
    for begin in range(0, len(stream), 100):
        if alarms := detector.update_many(stream[begin : begin + 100]):
            return alarms[0][0]
    return None


@pytest.mark.parametrize("hypotheses", [None, 64])
def test_the_delays_on_random_streams_are_those_of_the_references(references, hypotheses):
    for row in references["detector_delay_random_streams"]["rows"]:
        for known in row["rows"]:
            if known["eta"] not in CHOICES or (hypotheses is None and row["n0"] > 100):  # exact ones take minutes
                continue
            generator, delays, early = np.random.default_rng(3), [], 0
            for _ in range(200):
                parts = [
                    np.minimum(np.searchsorted(np.cumsum(p), generator.random(n), side="right"), row["O"] - 1)
                    for p, n in ((row["before"], row["n0"]), (row["after"], 2000))
                ]
                detector = RBOCPD(row["O"], CHOICES[known["eta"]], max_hypotheses=hypotheses)
                alarm = first_of(detector, np.concatenate(parts))
                if alarm is not None and alarm < row["n0"]:
                    early += 1
                elif alarm is not None:
                    delays.append(alarm - row["n0"] + 1)
            assert early == known["false_before"]
            assert 200 - early - len(delays) == known["missed"]
            if delays:  # the reference rounds to a tenth
                assert np.mean(delays) == pytest.approx(known["mean"], abs=0.06)


@pytest.mark.parametrize("symbols", [2, 6, 20])
def test_fewer_than_delta_of_the_streams_from_the_prior_alarm_at_the_default(symbols):
    generator, alarms = np.random.default_rng(symbols), 0
    for _ in range(200):
        stream = generator.choice(symbols, 3000, p=generator.dirichlet(np.ones(symbols)))
        alarms += bool(RBOCPD(symbols, max_hypotheses=64).update_many(stream))
    assert alarms <= 0.05 * 200  # the bound is 0.032


def test_the_memory_of_a_pruned_detector_does_not_grow():
    detector = RBOCPD(6, max_hypotheses=32)
    before = sum(each.nbytes for each in detector._bank)
    detector.update_many(np.random.default_rng(0).integers(6, size=200_000))
    assert sum(each.nbytes for each in detector._bank) == before < 10_000


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: RBOCPD(1), "symbols must be a whole number of at least 2, got 1"),
        (lambda: RBOCPD(2, "delta/n3"), "unknown eta 'delta/n3'. Did you mean 'delta/n'"),
        (lambda: RBOCPD(2, delta=0.0), r"delta must lie in \(0, 1\), got 0"),
        (lambda: RBOCPD(2, max_hypotheses=2), "max_hypotheses must be a whole number of at least 3"),
        (lambda: RBOCPD(2).update(2), r"a symbol must lie in 0\.\.1, got 2"),
        (lambda: RBOCPD(2).update(-1), r"a symbol must lie in 0\.\.1, got -1"),
        (lambda: RBOCPD(2).update(0.5), r"a symbol must lie in 0\.\.1, got 0.5"),
        (lambda: RBOCPD(3).update_many([0, 1, 3]), r"a symbol must lie in 0\.\.2, got 3"),
        (lambda: RBOCPD(3).update_many([0.5]), "symbols must be a list of whole numbers"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_sentence(make, sentence):
    with pytest.raises(SettingError, match=sentence) as caught:
        make()
    assert "\n" not in str(caught.value)
