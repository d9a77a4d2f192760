"""Sources and orders by hand, denoising in steps, and MDPO's loss."""

from itertools import product

import numpy as np
import pytest
import torch

from mdpzoo.errors import SettingError
from mdpzoo_token.denoising.mdpo import Denoiser, MDPOSettings, sample_source, step_advantages, step_loss
from mdpzoo_token.denoising.orders import kept_positions, order_named, standing_after
from mdpzoo_token.denoising.sampling import denoise
from mdpzoo_token.denoising.sources import MASKED, MarkovSource

RING = [[0.1, 0.9, 0.0], [0.0, 0.2, 0.8], [0.7, 0.0, 0.3]]
START = [0.5, 0.3, 0.2]
ORDERS = ["random", "low-confidence", "running-confidence"]


@pytest.fixture(scope="module")
def source():
    return MarkovSource.of(RING, START, 4)


@pytest.fixture(scope="module")
def every():
    return np.array(list(product(range(3), repeat=4)))


def test_the_probabilities_of_all_sequences_sum_to_1(source, every):
    chances = 2 ** source.log2_probability(every)
    assert chances.sum() == pytest.approx(1)
    positive = chances > 0
    entropy = -(chances[positive] * np.log2(chances[positive])).sum()
    assert source.entropy_bits() == pytest.approx(entropy)


@pytest.mark.parametrize(
    "standing",
    [
        [MASKED, MASKED, MASKED, MASKED],
        [MASKED, 1, MASKED, MASKED],
        [0, MASKED, MASKED, 2],
        [MASKED, 2, 0, MASKED],
        [0, 1, 2, 0],
    ],
)
def test_marginals_are_those_of_enumerating_every_completion(source, every, standing):
    standing = np.array(standing)
    fits = ((every == standing) | (standing == MASKED)).all(1)
    chances = np.where(fits, 2 ** source.log2_probability(every), 0)
    expected = np.array([[chances[every[:, place] == token].sum() for token in range(3)] for place in range(4)])
    np.testing.assert_allclose(source.marginals(standing[None])[0], expected / chances.sum(), rtol=0, atol=1e-12)


def test_masked_positions_are_uniform_where_no_completion_exists(source):
    found = source.marginals(np.array([[0, 2, MASKED, MASKED]]))[0]  # 0 -> 2 is forbidden
    assert found[2].tolist() == pytest.approx([1 / 3] * 3)
    assert found[1].tolist() == [0, 0, 1]


def test_marginals_of_long_sequences_do_not_underflow():
    source = MarkovSource.of(RING, START, 400)
    found = source.marginals(np.full((2, 400), MASKED))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(2), 1)


def test_samples_have_the_distribution_of_the_source(source, every):
    sequences = sample_source(source, 30_000, np.random.default_rng(0))
    codes = sequences @ 3 ** np.arange(3, -1, -1)
    found = np.bincount(codes, minlength=81) / 30_000
    assert np.abs(found - 2 ** source.log2_probability(every)).max() < 4 * 0.5 / np.sqrt(30_000)


@pytest.mark.parametrize(
    ("length", "steps", "standing"),
    [
        (4, 1, [4]),
        (4, 4, [1, 2, 3, 4]),
        (5, 3, [1, 3, 5]),  # floor(5/3), floor(10/3), 5
        (2, 4, [0, 1, 1, 2]),  # more steps than tokens
    ],
)
def test_the_schedule_reveals_evenly(length, steps, standing):
    assert standing_after(length, steps) == standing


@pytest.mark.parametrize(
    ("confidence", "old", "count", "order", "kept"),
    [
        ([0.2, 0.9, 0.5], [True, False, False], 2, "low-confidence", [True, True, False]),  # old ones stay
        ([0.2, 0.9, 0.5], [True, False, False], 2, "running-confidence", [False, True, True]),  # and here they go
        ([0.5, 0.5, 0.5], [False] * 3, 1, "low-confidence", [True, False, False]),  # ties: the lower index
        ([0.5, 0.5 + 1e-14, 0.5], [False] * 3, 1, "running-confidence", [True, False, False]),  # rounded first
        ([0.1, 0.2, 0.3], [False] * 3, 0, "random", [False] * 3),
    ],
)
def test_which_tokens_stand(confidence, old, count, order, kept):
    assert kept_positions(np.array([confidence]), np.array([old]), count, order)[0].tolist() == kept


@pytest.mark.parametrize(("short", "long"), [("rcr", "running-confidence"), ("lowconf", "low-confidence")])
def test_orders_have_short_names(short, long):
    assert order_named(short) == order_named(long) == long


@pytest.mark.parametrize("order", ORDERS)
def test_a_trace_follows_its_schedule(source, order):
    trace = denoise(lambda shown, step: source.marginals(shown), 4, 3, order, 50, np.random.default_rng(0))
    standing = (trace.sequences != MASKED).sum(2)
    assert standing.tolist() == [[count] * 50 for count in (0, 1, 2, 4)]
    for step in range(3):
        stood = trace.sequences[step] != MASKED
        assert (trace.filled[step][stood] == trace.sequences[step][stood]).all()
        assert ((trace.confidence[step] > 0) & (trace.confidence[step] <= 1)).all()
    assert (trace.sequences[-1] == trace.filled[-1]).all()


@pytest.mark.parametrize("order", ["random", "low-confidence"])
def test_without_masking_again_a_token_that_stands_stays(source, order):
    trace = denoise(lambda shown, step: source.marginals(shown), 4, 4, order, 50, np.random.default_rng(1))
    for before, after in zip(trace.sequences, trace.sequences[1:], strict=False):
        stood = before != MASKED
        assert (after[stood] == before[stood]).all()


def test_advantages_of_steps_are_centred_and_the_constant_cancels():
    found = step_advantages(np.random.default_rng(0).integers(0, 2, (6, 5)))
    np.testing.assert_allclose(found.advantages.sum(0), 0, atol=1e-9)
    raw = found.raw - 1
    centred = (raw - raw.mean(0)) / (raw.std(0, ddof=1) + 1e-4)
    np.testing.assert_allclose(found.advantages, centred, atol=1e-9)


def test_the_loss_of_a_step_leaves_standing_tokens_alone_and_starts_at_the_reference():
    torch.manual_seed(0)
    network, source = Denoiser(3, 4, hidden=8), MarkovSource.of(RING, START, 4)
    settings = MDPOSettings(steps=2, beta=1.0)
    trace = denoise(network.marginals, 4, 2, settings.order, 6, np.random.default_rng(0))
    nothing = step_loss(network, network, trace, 1, np.zeros(6), settings)
    assert float(nothing.detach()) == 0  # no advantage, and no distance from the reference
    advantages = np.array([1.0, -1.0, 0.5, -0.5, 0.0, 0.0])
    gradient = torch.autograd.grad(step_loss(network, network, trace, 1, advantages, settings), network.head.weight)[0]
    assert bool((gradient != 0).any())
    assert source.vocabulary == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([[0.5, 0.4], [0.5, 0.5]], [0.5, 0.5], 3), "every row of transition"),
        ((RING, START, 0), "length must be a whole number"),
        ((RING, START, 2.0), "length must be a whole number"),
    ],
)
def test_sources_name_what_is_wrong(arguments, words):
    with pytest.raises(SettingError, match=words):
        MarkovSource.of(*arguments)
