"""The frame sent through the actions: a length, the ciphertext and its tag, in groups of blocks known to both ends.

The first group is one block of 16 symbols: 0 to 14 is the length of the text in bytes, 15 says that four bytes with the
length follow. Then comes the ciphertext, at most 32 bytes in a group, then the tag. Every symbol is a byte but the
first. Length and ciphertext look uniform to anyone without the key.
"""

from mdpzoo.errors import SettingError
from mdpzoo_coding.messages.encryption import TAG

SHORT = 15  # lengths below this take one block of 16 symbols
GROUP = 32  # bytes of ciphertext in a group
LONGEST = 1 << 24  # bytes of a text

Symbols = tuple[int, ...]


class Frame:
    """A message that grows group by group, as both ends see it.

    Attributes:
        length: bytes of the text; None: not known yet.
        content: ciphertext and tag so far.
    """

    def __init__(self, mask: bytes) -> None:
        """Starts a frame whose length is hidden by a mask of 8 bytes."""
        self.length: int | None = None
        self.content = b""
        self._mask, self._is_long = mask, False

    def sizes(self) -> tuple[int, ...]:
        """Returns the number of symbols of each block of the next group; empty: the frame is complete."""
        if self.length is None:
            return (256,) * 4 if self._is_long else (16,)
        text_left = self.length - len(self.content)
        return (256,) * (min(text_left, GROUP) if text_left > 0 else TAG + text_left)

    def accept(self, symbols: Symbols) -> None:
        """Takes the next group.

        Raises:
            SettingError: if the length is impossible.
        """
        if self.length is not None:
            self.content += bytes(symbols)
        elif self._is_long:
            self.length = int.from_bytes(_masked(bytes(symbols), self._mask[1:]), "big")
            if not SHORT <= self.length <= LONGEST:
                raise SettingError(f"a message of {self.length} bytes cannot be")
        elif (first := symbols[0] ^ self._mask[0] & 15) == SHORT:
            self._is_long = True
        else:
            self.length = first

    @property
    def has_text(self) -> bool:
        """Whether the whole ciphertext is there."""
        return self.length is not None and len(self.content) >= self.length

    @property
    def bits(self) -> int:
        """Bits that have arrived."""
        return 8 * len(self.content) + (4 if self.length is not None or self._is_long else 0)


def groups_of(sealed: bytes, mask: bytes) -> list[Symbols]:
    """Returns the symbols of every group of a frame.

    Args:
        sealed: ciphertext and tag.
        mask: 8 bytes, which hide the length.

    Raises:
        SettingError: if the text is too long.
    """
    length = len(sealed) - TAG
    if length > LONGEST:
        raise SettingError(f"a message may have {LONGEST:,} bytes, got {length:,}")
    frame, groups, at = Frame(mask), [], 0
    while sizes := frame.sizes():
        if frame.length is not None:
            group = tuple(sealed[at : at + len(sizes)])
            at += len(group)
        elif len(sizes) == 1:
            group = (min(length, SHORT) ^ mask[0] & 15,)
        else:
            group = tuple(_masked(length.to_bytes(4, "big"), mask[1:]))
        frame.accept(group)
        groups.append(group)
    return groups


def frame_bits(length: int) -> int:
    """Returns the bits of a whole frame with a text of ``length`` bytes."""
    return 4 + (32 if length >= SHORT else 0) + 8 * (length + TAG)


def _masked(content: bytes, mask: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(content, mask, strict=False))
