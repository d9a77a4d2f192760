"""Frames: what travels, group by group."""

import pytest

from mdpzoo.errors import SettingError
from mdpzoo_coding.messages.framing import LONGEST, Frame, frame_bits, groups_of

MASK = bytes([0xA7, 1, 2, 3, 4, 5, 6, 7])


@pytest.mark.parametrize("length", [0, 1, 14, 15, 31, 32, 33, 64, 1000])
def test_a_frame_comes_back_whatever_its_length(length):
    sealed = bytes(k % 251 for k in range(length + 16))
    frame = Frame(MASK)
    for group in groups_of(sealed, MASK):
        assert len(frame.sizes()) == len(group)
        assert all(0 <= symbol < size for symbol, size in zip(group, frame.sizes(), strict=True))
        frame.accept(group)
    assert frame.sizes() == ()
    assert frame.content == sealed
    assert frame.length == length
    assert frame.has_text
    assert frame_bits(length) == frame.bits + (32 if length >= 15 else 0)


def test_the_length_is_masked():
    # 5 ^ 7: the mask's low nibble
    assert groups_of(bytes(21), MASK)[0] == (5 ^ 7,)
    assert groups_of(bytes(116), MASK)[:2] == [(15 ^ 7,), (1, 2, 3, 100 ^ 4)]


def test_the_text_is_there_before_its_tag():
    frame = Frame(MASK)
    first, text, tag = groups_of(bytes(21), MASK)
    frame.accept(first)
    frame.accept(text)
    assert frame.has_text
    assert frame.sizes() == (256,) * 16
    frame.accept(tag)
    assert frame.sizes() == ()


def test_groups_have_at_most_32_blocks():
    assert [len(each) for each in groups_of(bytes(16 + 70), MASK)] == [1, 4, 32, 32, 6, 16]


@pytest.mark.parametrize("length", [3, LONGEST + 1])
def test_an_impossible_length_is_an_error(length):
    frame = Frame(bytes(8))
    frame.accept((15,))
    with pytest.raises(SettingError, match=f"a message of {length} bytes cannot be"):
        frame.accept(tuple(length.to_bytes(4, "big")))


def test_a_text_can_be_too_long():
    class Long(bytes):
        def __len__(self):
            return LONGEST + 17

    with pytest.raises(SettingError, match="a message may have"):
        groups_of(Long(), MASK)
