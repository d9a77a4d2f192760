"""Both ends of a channel, step by step."""

import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_coding.couplings.integer_masses import TOTAL, integer_row
from mdpzoo_coding.messages.channels import Channel, drawn
from mdpzoo_coding.messages.framing import groups_of

MASK = bytes(range(8))
ROW = integer_row([0.4, 0.6])


def talk(sealed, noise, seed=0):
    """Sends a frame through a policy that never changes: both ends and the steps it took."""
    generator, groups = np.random.default_rng(seed), groups_of(sealed, MASK)
    sender, receiver = Channel(MASK, noise), Channel(MASK, noise)
    steps = 0
    while not sender.complete:
        sender.couple(ROW)
        receiver.couple(ROW)
        action = sender.sample(groups, generator)
        if generator.random() < noise:
            action = int(generator.integers(2))
        sender.update(action)
        receiver.update(action)
        steps += 1
        assert sender.arrived == receiver.arrived
        assert sender.entropy() == receiver.entropy()
    return sender, receiver, steps


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_a_frame_arrives_at_both_ends(noise):
    sealed = bytes(range(40, 40 + 36))
    sender, receiver, steps = talk(sealed, noise)
    assert receiver.frame.content == sender.frame.content == sealed
    assert receiver.complete
    assert receiver.entropy() == 0
    assert steps > receiver.frame.bits


def test_groups_arrive_one_after_the_other():
    _, receiver, _ = talk(bytes(16 + 3), 0.0)
    assert receiver.arrived == 3  # length, text, tag
    assert receiver.last == (0,) * 16


def test_a_complete_channel_goes_on_as_the_policy():
    channel, _, _ = talk(bytes(16), 0.0)
    generator = np.random.default_rng(0)
    taken = []
    for _ in range(2000):
        channel.couple(ROW)
        taken.append(channel.sample([], generator))
        channel.update(taken[-1])
    assert np.mean(taken) == pytest.approx(0.6, abs=4 * np.sqrt(0.24 / 2000))


def test_draws_follow_the_masses_exactly_at_the_ends():
    class Ends:
        def __init__(self, number):
            self.number = number

        def integers(self, _):
            return self.number

    row = np.array([3, 0, TOTAL - 3])
    assert [drawn(row, Ends(k)) for k in (0, 2, 3, TOTAL - 1)] == [0, 0, 2, 2]


def test_an_impossible_action_is_an_error():
    channel = Channel(MASK, 0.0)
    channel.couple(integer_row([1.0, 0.0]))
    with pytest.raises(SettingError, match="action 1 has probability 0"):
        channel.update(1)


def test_with_noise_the_same_action_is_possible():
    channel = Channel(MASK, 0.25)
    before = channel.entropy()
    channel.couple(integer_row([1.0, 0.0]))
    channel.update(1)
    assert channel.entropy() == pytest.approx(before, abs=1e-3)  # noise alone says nothing of the message
