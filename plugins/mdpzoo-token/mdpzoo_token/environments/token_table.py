"""Draws a prompt and its tokens as a table of cells; needs NumPy only.

Digits and signs have a 3 x 5 font of their own; longer names are shortened to three signs.
"""

from collections.abc import Sequence

import numpy as np

CELL, SCALE = 32, 2  # pixels of a cell and of a dot
FONT = {  # five rows of three dots, a row an octal digit
    "0": "75557", "1": "26227", "2": "71747", "3": "71717", "4": "55711", "5": "74717", "6": "74757", "7": "71222",
    "8": "75757", "9": "75717", "-": "00700", "+": "02720", "*": "05250", "/": "11244", "x": "00525", "_": "00007",
    "a": "75755", "b": "65656", "c": "74447", "d": "65556", "#": "57575",
}  # fmt: skip
PROMPT, WRITTEN, BLANK, INK = (221, 232, 247), (253, 240, 213), (245, 245, 245), (40, 40, 40)


def draw_table(prompt: Sequence[str], written: Sequence[str], length: int, turn_length: int) -> np.ndarray:
    """Draws the prompt above the tokens, a wider line after each turn.

    Args:
        prompt: the content of the first row.
        written: tokens so far, at most ``length``.
        length: cells of the second row.
        turn_length: cells of a turn.

    Returns:
        ``[height, width, 3]`` uint8.
    """
    columns = max(len(prompt), length)
    picture = np.full((2 * CELL + 1, columns * CELL + 1, 3), 255, np.uint8)
    for column in range(columns):
        if column < len(prompt):
            _cell(picture, 0, column, PROMPT, prompt[column])
        if column < length:
            text = written[column] if column < len(written) else ""
            _cell(picture, 1, column, WRITTEN if text else BLANK, text)
    for column in range(turn_length, length, turn_length):
        picture[CELL:, column * CELL - 1 : column * CELL + 2] = INK
    return picture


def _cell(picture: np.ndarray, row: int, column: int, colour: tuple[int, int, int], text: str) -> None:
    """Fills one cell and writes up to three signs into it."""
    top, left = row * CELL, column * CELL
    picture[top : top + CELL + 1, left : left + CELL + 1] = (200, 200, 200)
    picture[top + 1 : top + CELL, left + 1 : left + CELL] = colour
    for place, sign in enumerate(text[:3]):
        dots = [[bits >> 2 & 1, bits >> 1 & 1, bits & 1] for bits in map(int, FONT.get(sign, FONT["#"]))]
        mark = np.kron(np.array(dots, bool), np.ones((SCALE, SCALE), bool))
        y, x = top + 11, left + 4 + place * 4 * SCALE
        picture[y : y + mark.shape[0], x : x + mark.shape[1]][mark] = INK
