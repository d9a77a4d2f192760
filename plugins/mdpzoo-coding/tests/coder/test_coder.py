"""The coder of blocks: both ends alike, the action distribution, noise, rates."""

import subprocess
import sys

import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_coding import Coder
from mdpzoo_coding.coder.posteriors import NO_LABELS, after_action
from mdpzoo_coding.couplings.integer_masses import TOTAL, apportioned_exactly, integer_row


def converse(prior, message, *, seed=0, actions=2, limit=2000, **settings):
    """Sender and receiver until both are sure: steps, the receiver, and whether their beliefs were always equal."""
    generator = np.random.default_rng(seed)
    sender, receiver = Coder(prior, **settings), Coder(prior, **settings)
    for step in range(limit):
        row = generator.dirichlet(np.full(actions, 3.0))
        sender.couple(row)
        receiver.couple(row)
        action = sender.sample(message, generator)
        if generator.random() < settings.get("noise", 0):
            action = int(generator.integers(actions))
        sender.update(action)
        receiver.update(action)
        assert sender.to_bytes() == receiver.to_bytes()
        if receiver.doubt() < 1e-6:
            return step + 1, receiver
    raise AssertionError("the message did not arrive")


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"actions": 5},
        {"noise": 0.05},
        {"noise": 0.05, "actions": 40},  # weights are scaled down
        {"rate": 3.0},
        {"rate": 3.0, "noise": 0.02},
        {"coupling": "greedy"},
    ],
)
def test_messages_arrive(settings):
    for seed in range(4):
        message = tuple(np.random.default_rng(seed).integers(256, size=3).tolist())
        _, receiver = converse([256] * 3, message, seed=seed, **settings)
        assert receiver.decode() == message


def test_a_single_block_is_one_symbol_and_probabilities_are_a_prior():
    assert converse(64, 17)[1].decode() == 17
    assert converse(np.array([0.1, 0.2, 0.7]), 1)[1].decode() == 1
    assert converse([0.5, 0.25, 0.25], 2)[1].decode() == 2


def test_over_random_messages_actions_follow_the_policy_exactly():
    # P(a) = sum over m of b(m) nu(a, m) / b(m) is the row of the coupling, an integer identity
    coder = Coder([16, 16])
    for action, row in ((0, [0.3, 0.7]), (1, [0.9, 0.1]), (1, [0.25, 0.75])):
        step = coder.couple(row)
        assert np.bincount(step.rows, step.masses, 2).tolist() == integer_row(row).tolist()
        assert np.bincount(step.columns, step.masses, 16).tolist() == coder.belief.blocks[step.block].tolist()
        coder.update(action)


def test_a_sender_draws_in_proportion_to_the_coupling():
    coder, generator = Coder(3), np.random.default_rng(0)
    step = coder.couple([0.5, 0.5])
    chosen = np.bincount([coder.sample(2, generator) for _ in range(4000)], minlength=2)
    expected = np.bincount(step.rows[step.columns == 2], step.masses[step.columns == 2], 2)
    expected = expected / expected.sum()
    assert np.abs(chosen / 4000 - expected).max() < 4 * np.sqrt(0.25 / 4000)


def test_a_step_takes_the_block_of_largest_entropy_the_first_on_ties():
    coder = Coder([4, 8, 8])
    assert coder.couple([0.5, 0.5]).block == 1
    coder.update(0)
    assert coder.couple([0.5, 0.5]).block == 2


def test_no_live_message_is_lost_without_noise():
    generator, coder = np.random.default_rng(0), Coder(256)
    alive = np.ones(256, bool)
    for _ in range(12):
        step = coder.couple(generator.dirichlet([1.0, 1.0]))
        action = int(step.rows[generator.integers(len(step.rows))])
        possible = np.zeros(256, bool)
        possible[step.columns[step.rows == action]] = True
        alive &= possible
        coder.update(action)
        assert ((coder.belief.blocks[0] > 0) == alive).all()


def test_noise_enters_the_belief_as_bayes_says():
    # one step, K = 2^40, e / 2^16 = 1 / 8: (1 - e) nu(o, m) + e / A b(m), divided by its sum
    belief, row = integer_row([0.6, 0.3, 0.1]), integer_row([0.5, 0.5])
    coder = Coder(np.array([0.6, 0.3, 0.1]), noise=0.125)
    step = coder.couple(row)
    joint = np.bincount(step.columns[step.rows == 0], step.masses[step.rows == 0], 3).astype(object)
    expected = apportioned_exactly([int(14 * each + b) for each, b in zip(joint, belief.tolist(), strict=True)])
    coder.update(0)
    assert np.abs(coder.belief.blocks[0] - np.array(expected)).max() <= 1


def test_noise_never_rules_a_message_out():
    belief = integer_row([1 - 2.0**-39, 2.0**-39])
    nothing = np.zeros(0, np.int64)
    after, *_ = after_action(np.zeros(1, np.int64), np.zeros(1, np.int64), belief[:1], NO_LABELS, belief, 0, 1, 2)
    assert after.sum() == TOTAL
    assert (after > 0).all()
    assert after_action(nothing, nothing, nothing, NO_LABELS, belief, 0, 0, 2)[0].sum() == 0


def test_what_a_coder_knows_of_a_belief_is_that_beliefs():
    belief = integer_row([0.5, 0.25, 0.125, 0.125])
    rows, columns = np.array([0, 1, 1, 1]), np.arange(4)
    # action 1 leaves 1/2, 1/4 and 1/4: 1.5 bits, and half of the belief off the best symbol, 1
    after, entropy, best, doubt = after_action(rows, columns, belief, NO_LABELS, belief, 1, 0, 2)
    assert (after * 4 // TOTAL).tolist() == [0, 2, 1, 1]
    assert (entropy / 2**56, best, doubt) == (1.5, 1, TOTAL // 2)


def test_with_a_rate_the_sender_knows_only_the_label():
    coder, generator = Coder(64, rate=2.0), np.random.default_rng(1)
    step = coder.couple([0.4, 0.6])
    assert step.labels is not None
    shares = np.bincount(step.labels, np.full(64, 1 / 64))
    assert -(shares * np.log2(shares)).sum() <= 2.0
    same = np.flatnonzero(step.labels == step.labels[5])
    assert {coder.sample(int(m), generator) for m in same for _ in range(20)} <= set(
        step.rows[step.columns == step.labels[5]].tolist()
    )
    coder.update(0)
    inside = coder.belief.blocks[0][same]
    assert inside.max() - inside.min() <= 2**21  # symbols of a label stay alike, up to 2^-20 of themselves


def test_below_the_rate_the_encoder_is_the_identity():
    assert np.unique(Coder(4, rate=2.1).couple([0.5, 0.5]).labels).tolist() == [0, 1, 2, 3]


def test_another_process_comes_to_the_same_bytes():
    code = (
        "from mdpzoo_coding import Coder; c = Coder([256, 3], noise=0.01)\n"
        "for k in range(30):\n    c.couple([0.3, 0.5, 0.2]); c.update(k % 3)\n"
        "print(c.to_bytes().hex())"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    coder = Coder([256, 3], noise=0.01)
    for k in range(30):
        coder.couple([0.3, 0.5, 0.2])
        coder.update(k % 3)
    assert found.stdout.strip() == coder.to_bytes().hex()


def test_a_copy_goes_its_own_way():
    coder = Coder(16)
    coder.couple([0.5, 0.5])
    twin = coder.copy()
    twin.update(0)
    coder.update(1)
    assert twin.to_bytes() != coder.to_bytes()
    assert coder.entropy() == pytest.approx(3.0, abs=1e-6)


def test_entropy_falls_by_what_an_action_says():
    coder = Coder(256)
    assert coder.entropy() == 8.0
    coder.couple([0.5, 0.5])
    coder.update(1)
    assert coder.entropy() == pytest.approx(7.0, abs=1e-6)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Coder([]), "at least one block"),
        (lambda: Coder(0), "at least one symbol"),
        (lambda: Coder([0.5, 0.6]), "sum to 1"),
        (lambda: Coder(4, noise=1.0), "noise must be a probability"),
        (lambda: Coder(4, rate=-1.0), "rate must be a number of bits"),
        (lambda: Coder(4, rate=1.0, encoder="zip"), "encoder must be one of"),
        (lambda: Coder(4, coupling="worst"), "coupling must be one of"),
        (lambda: Coder(4).update(0), "call couple"),
        (lambda: Coder(4).couple([0.5, 0.6]), "sum to 1"),
    ],
)
def test_wrong_calls_are_a_setting_error(make, sentence):
    with pytest.raises(SettingError, match=sentence):
        make()


def test_an_action_of_probability_0_raises():
    coder = Coder(4)
    coder.couple([1.0, 0.0])
    with pytest.raises(SettingError, match="action 1 has probability 0"):
        coder.update(1)


def test_a_message_that_is_ruled_out_raises():
    coder = Coder(2)
    step = coder.couple([0.5, 0.5])
    coder.update(int(step.rows[step.columns == 0][0]))  # the action of symbol 0
    coder.couple([0.5, 0.5])
    with pytest.raises(SettingError, match="ruled out"):
        coder.sample(1, np.random.default_rng(0))
