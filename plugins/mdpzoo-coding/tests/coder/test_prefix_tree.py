"""Strings with an autoregressive prior, against the posterior over all of them."""

import itertools

import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_coding import Coder, PrefixPrior

BIGRAM = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
STRINGS = list(itertools.product(range(3), repeat=4))


def bigram():
    return PrefixPrior(lambda prefix: BIGRAM[prefix[-1]] if prefix else BIGRAM[0], 3, 4)


def beliefs(coder):
    return np.array([coder.belief.probability(each) for each in STRINGS])


@pytest.mark.parametrize(
    ("noise", "close"),
    [
        (0.0, 2e-11),  # integers resolve 2^-40 = 9e-13, and a few of them add up
        (1 / 16, 1e-9),  # what noise keeps alive can grow again, and its rounding with it
    ],
)
def test_the_tree_is_the_posterior_over_all_strings(noise, close):
    for seed in range(8):
        generator, coder = np.random.default_rng(seed), Coder(bigram(), noise)
        expected = beliefs(coder)
        message = STRINGS[generator.choice(len(STRINGS), p=expected / expected.sum())]
        for _ in range(12):
            step = coder.couple(generator.dirichlet(np.ones(3)))
            prefix, _ = coder.belief.asked
            slots = np.array([each[len(prefix)] if each[: len(prefix)] == prefix else 3 for each in STRINGS])
            joint = np.zeros((3, 4))
            np.add.at(joint, (step.rows, step.columns), step.masses / 2**40)
            masses = np.bincount(slots, expected, 4)
            action = coder.sample(message, generator)
            if generator.random() < noise:
                action = int(generator.integers(3))
            likelihood = joint[action][slots] / np.where(masses > 0, masses, 1)[slots]
            expected = expected * ((1 - noise) * likelihood + noise / 3)
            expected /= expected.sum()
            coder.update(action)
            assert np.abs(beliefs(coder) - expected).max() < close


def test_the_question_is_that_of_largest_entropy():
    coder = Coder(bigram())
    coder.couple([0.5, 0.5])
    best = -1.0
    for length in range(4):
        for prefix in itertools.product(range(3), repeat=length):
            mass = coder.belief.probability(prefix)
            answers = np.array([*(coder.belief.probability((*prefix, k)) for k in range(3)), 1 - mass])
            answers = answers[answers > 1e-15]
            best = max(best, -(answers * np.log2(answers)).sum())
    masses = np.array(coder.belief.asked[1]) / 2**40
    masses = masses[masses > 0]
    assert -(masses * np.log2(masses)).sum() == pytest.approx(best, abs=1e-4)


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_strings_arrive_and_both_ends_agree(noise):
    for seed in range(5):
        generator = np.random.default_rng(seed)
        message = STRINGS[int(generator.integers(len(STRINGS)))]
        sender, receiver = Coder(bigram(), noise), Coder(bigram(), noise)
        for _ in range(400):
            row = generator.dirichlet([2.0, 2.0])
            sender.couple(row)
            receiver.couple(row)
            action = sender.sample(message, generator)
            if generator.random() < noise:
                action = int(generator.integers(2))
            sender.update(action)
            receiver.update(action)
            if receiver.doubt() < 1e-6:
                break
        assert receiver.decode() == message
        assert sender.to_bytes() == receiver.to_bytes()


def test_likely_strings_take_fewer_steps_than_uniform_blocks():
    # 27 letters, each almost determined by the last: 20 letters have about 5 + 19 * 0.5 bits instead of 95
    table = np.full((27, 27), 0.05 / 26)
    for letter in range(27):
        table[letter, (letter + 1) % 27] = 0.95
    prior = PrefixPrior(lambda prefix: table[prefix[-1]] if prefix else np.full(27, 1 / 27), 27, 20)
    generator, coder = np.random.default_rng(0), Coder(prior)
    message = tuple((3 + k) % 27 for k in range(20))
    steps = 0
    while coder.doubt() > 1e-3:
        steps += 1
        coder.couple([0.5, 0.5])
        coder.update(coder.sample(message, generator))
    assert coder.decode() == message
    assert steps < 40


def test_untouched_subtrees_are_not_even_asked_for():
    calls = []

    def next_probabilities(prefix):
        calls.append(prefix)
        return np.full(4, 0.25)

    coder = Coder(PrefixPrior(next_probabilities, 4, 50))
    coder.couple([0.5, 0.5])
    coder.update(0)
    assert len(calls) < 100
    assert 0.9 < coder.entropy() < 2.1  # of the first symbol


def test_a_copy_goes_its_own_way():
    coder = Coder(bigram())
    coder.couple([0.5, 0.5])
    twin = coder.copy()
    twin.update(0)
    before = coder.to_bytes()
    assert twin.to_bytes() != before
    coder.update(1)
    assert coder.to_bytes() != before


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: PrefixPrior(lambda prefix: [1.0], 1, 4), "strings need 2 symbols"),
        (lambda: Coder(bigram(), rate=1.0), "leave it out for strings"),
        (lambda: Coder(PrefixPrior(lambda prefix: [0.5, 0.5], 3, 2)).couple([0.5, 0.5]), "must have 3 entries"),
        (lambda: Coder(bigram()).update(0), "call couple"),
    ],
)
def test_wrong_calls_are_a_setting_error(make, sentence):
    with pytest.raises(SettingError, match=sentence):
        make()
