import numpy as np
import pytest
import torch

from mdpzoo.errors import SettingError
from mdpzoo_token.denoising import MarkovSource, exact_validity, sampled_validity, step_advantages
from mdpzoo_token.denoising.mdpo import Denoiser, MDPOSettings, fit_base, sample_source, train

RING = [[0.1, 0.9, 0.0], [0.0, 0.2, 0.8], [0.7, 0.0, 0.3]]
START = [0.5, 0.3, 0.2]


@pytest.mark.parametrize("chain", ["chain_a", "chain_b"])
def test_validity_and_likelihood_are_those_of_the_file(references, chain):
    part = references["denoising"][chain]
    arguments = part["transition"], part["start"], part["length"]
    assert MarkovSource.of(*arguments).entropy_bits() == pytest.approx(part["source_entropy_bits"], abs=1e-8)
    for each in part["results"]:
        found = exact_validity(*arguments, each["steps"], each["order"])
        assert found == pytest.approx((each["p_valid"], each["nll_valid_bits"]), abs=1e-8)


def test_marginals_are_those_of_the_file(references):
    part = references["denoising"]["chain_a"]
    source = MarkovSource.of(part["transition"], part["start"], part["length"])
    for each in references["denoising"]["marginals_a"]:
        found = source.marginals(np.array([each["sequence"]]))[0]
        np.testing.assert_allclose(found, each["marginals"], rtol=0, atol=1e-8)


def test_mdpo_advantages_are_those_of_the_file(references):
    part = references["mdpo"]
    found = step_advantages(part["rewards"])
    np.testing.assert_allclose(found.raw, part["raw"], rtol=0, atol=1e-8)
    np.testing.assert_allclose(found.advantages, part["advantages"], rtol=0, atol=1e-8)
    np.testing.assert_allclose(found.step_score, part["step_score"], rtol=0, atol=1e-8)
    assert found.steps_by_score.tolist() == part["steps_by_score"]


@pytest.mark.parametrize("order", ["random", "low-confidence", "running-confidence"])
def test_sampling_agrees_with_enumeration(order):
    exact = exact_validity(RING, START, 4, 2, order)
    found = sampled_validity(RING, START, 4, 2, order, rows=20_000)
    assert abs(found.valid - exact.valid) < 4 * 0.5 / np.sqrt(20_000)


def test_a_step_for_each_token_in_random_order_samples_the_source_exactly():
    found = exact_validity(RING, START, 4, 4, "random")
    assert found.valid == pytest.approx(1, abs=1e-12)
    assert found.nll_bits == pytest.approx(MarkovSource.of(RING, START, 4).entropy_bits(), abs=1e-10)


def test_masking_again_is_the_confident_order_for_at_most_two_steps():
    for steps in (1, 2):
        found = exact_validity(RING, START, 4, steps, "rcr")
        assert found == pytest.approx(exact_validity(RING, START, 4, steps, "lowconf"), abs=1e-12)


def test_mdpo_teaches_a_denoiser_to_write_more_valid_sequences():
    source = MarkovSource.of(RING, START, 8)
    torch.manual_seed(0)
    network = Denoiser(3, 8, hidden=16)
    fit_base(source, network, updates=30)
    shares = train(source, network, MDPOSettings(steps=4, updates=30, learning_rate=5e-3, rows=96))
    assert np.mean(shares[-8:]) > np.mean(shares[:4]) + 0.05


def test_samples_of_the_source_hold_no_forbidden_transition():
    source = MarkovSource.of(RING, START, 8)
    sequences = sample_source(source, 500, np.random.default_rng(0))
    assert np.isfinite(source.log2_probability(sequences)).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((RING, START, 3, 2, "rc"), "unknown order 'rc'"),
        ((RING, START, 3, 0, "rcr"), "steps must be a whole number"),
        ((RING, [0.5, 0.5], 3, 2, "rcr"), r"transition must be \[2, 2\]"),
        ((RING, [0.5, 0.3, 0.1], 3, 2, "rcr"), "every row of start"),
        ((RING, START, 40, 2, "rcr"), "too many to enumerate"),
    ],
)
def test_arguments_out_of_range_are_named(arguments, words):
    with pytest.raises(SettingError, match=words):
        exact_validity(*arguments)
