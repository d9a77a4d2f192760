"""Moves on a grid that the games of this room share, and how a grid is drawn."""

from collections.abc import Iterable

import numpy as np

MOVES = ((-1, 0), (1, 0), (0, 1), (0, -1), (0, 0))  # north, south, east, west, stand: rows count downwards
CELL = 32  # pixels
FLOOR, LINE = (240, 240, 235), (200, 200, 195)


def moved(cell: tuple[int, int], action: int, rows: int, columns: int) -> tuple[int, int]:
    """Returns the cell that a move leads to; a move off the board has no effect."""
    row, column = cell[0] + MOVES[action][0], cell[1] + MOVES[action][1]
    return (row, column) if 0 <= row < rows and 0 <= column < columns else cell


def draw_grid(
    rows: int,
    columns: int,
    cells: Iterable[tuple[tuple[int, int], tuple[int, int, int]]] = (),
    discs: Iterable[tuple[tuple[int, int], tuple[int, int, int]]] = (),
) -> np.ndarray:
    """Draws a board, ``[32 rows, 32 columns, 3]`` uint8.

    Args:
        rows: of the board.
        columns: of the board.
        cells: cells and their colours.
        discs: cells with a disc in them, and its colours; later ones are smaller and lie on top.
    """
    picture = np.empty((rows * CELL, columns * CELL, 3), np.uint8)
    picture[:] = FLOOR
    for (row, column), colour in cells:
        picture[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL] = colour
    picture[::CELL] = picture[:, ::CELL] = LINE
    across = np.arange(CELL) - (CELL - 1) / 2
    distance = np.hypot(across[:, None], across)
    for depth, ((row, column), colour) in enumerate(discs):
        part = picture[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL]
        part[distance < CELL * (0.42 - 0.1 * depth)] = colour
    return picture
