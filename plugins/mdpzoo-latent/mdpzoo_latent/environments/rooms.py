"""Four rooms with a hidden goal: the context is the room whose far corner pays (after Sutton, Precup and Singh 1999).

The picture shows the four corners that may pay, never which one does.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import LatentMDP, TabularMDP
from mdpzoo.models.latent import LatentState
from mdpzoo.settings import Range, ranged

MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))  # up, right, down, left
WALL, FLOOR, CORNER, WALKER = (60, 60, 70), (240, 240, 235), (245, 200, 90), (40, 90, 200)  # red, green, blue
PIXELS = 24  # of a cell's side


@dataclass(frozen=True, eq=False, repr=False)
class LatentRoomsMDP(LatentMDP):
    """A latent MDP on a grid, with a picture.

    Attributes:
        cells: ``[S, 2]`` int64, row and column of each state.
        size: rows of the grid.
    """

    cells: np.ndarray | None = None
    size: int = 0

    def render(self, state: LatentState) -> np.ndarray:
        """Returns a picture of the grid, ``[size * 24, size * 24, 3]`` uint8; it does not show the context."""
        assert self.cells is not None
        grid = np.full((self.size, self.size, 3), WALL, np.uint8)
        grid[tuple(self.cells.T)] = FLOOR
        grid[tuple(np.array(_corners(self.size)).T)] = CORNER
        grid[tuple(self.cells[self.observe(state)])] = WALKER
        return grid.repeat(PIXELS, 0).repeat(PIXELS, 1)


@ranged
def latent_rooms(
    size: Annotated[int, Range(5)] = 7,
    slip: Annotated[float, Range(0, 1, below=True)] = 0.1,
    horizon: Annotated[int, Range(0)] = 40,
) -> LatentRoomsMDP:
    """Builds the rooms; starts in the middle, where the doors' ways cross.

    Actions move up, right, down and left, and with probability ``slip`` in a random direction; walls hold. From the
    corner that pays, every action earns 1 and leads back to the start. Other corners are ordinary cells.

    Rewards: 1 for any action in the corner that pays, else 0.

    Ends: After ``horizon`` steps; if that is 0, never by the rules.

    Args:
        size: rows and columns, odd, at least 5.
        slip: in [0, 1).
        horizon: steps of an episode; 0: no end.

    Raises:
        SettingError: if a number is out of its range.
    """
    if size < 5 or size % 2 == 0:
        raise SettingError(f"size must be odd and at least 5, got {size}")
    cells = [(row, column) for row in range(size) for column in range(size) if _open(row, column, size)]
    place = {cell: state for state, cell in enumerate(cells)}
    middle = place[size // 2, size // 2]
    kernel = np.zeros((len(cells), 4, len(cells)))
    for (row, column), state in place.items():
        reached = [place.get((row + down, column + right), state) for down, right in MOVES]
        for action in range(4):
            kernel[state, action, reached[action]] += 1 - slip
            for other in reached:
                kernel[state, action, other] += slip / 4
    start, models = np.eye(len(cells))[middle], []
    for corner in _corners(size):
        own, rewards = kernel.copy(), np.zeros((len(cells), 4))
        own[place[corner]], rewards[place[corner]] = start, 1.0
        models.append(TabularMDP.from_arrays(own, rewards, start))
    return LatentRoomsMDP(tuple(models), None, horizon, np.array(cells), size)


def _corners(size: int) -> list[tuple[int, int]]:
    last = size - 1
    return [(0, 0), (0, last), (last, 0), (last, last)]


def _open(row: int, column: int, size: int) -> bool:
    """Whether a cell is floor: walls fill the middle row and column, with a door in each room's side."""
    middle, door = size // 2, size // 4
    if row == middle and column == middle:
        return True
    if row != middle and column != middle:
        return True
    along = column if row == middle else row
    return along in (door, size - 1 - door) or abs(along - middle) == 1
