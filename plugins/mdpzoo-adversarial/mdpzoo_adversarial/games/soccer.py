"""Littman's soccer: two players, one ball, moves in random order (after Littman 1994, "Markov games as a framework").

Four rows, five columns, two players on distinct cells, and possession of the ball: 760 states, and one more for the
end. Both choose north, south, east, west or stand; the two moves are executed one after the other, in random order.
Leaving the board, or entering the other player's cell, is no move; the latter gives the ball to the other player. The
ball's holder scores from row 1 or 2 by stepping off its target edge: the protagonist off the left one, for +1, the
adversary off the right one, for -1. A goal ends the game.

The start is the protagonist at (2, 3), the adversary at (1, 1), and the ball at either, with probability 1/2 each.
"""

import numpy as np

from mdpzoo_adversarial.games.grid_moves import draw_grid, moved
from mdpzoo_adversarial.games.tabular_games import Outcomes, TabularGame, game_of

ROWS, COLUMNS, GOAL_ROWS = 4, 5, (1, 2)
WEST, EAST = 3, 2
CELLS = ROWS * COLUMNS
END = CELLS * (CELLS - 1) * 2  # the state after a goal
START = ((2, 3), (1, 1))
RED, BLUE, BALL = (200, 60, 50), (50, 90, 190), (250, 210, 60)
GOALS = [((row, column), (215, 230, 210)) for row in GOAL_ROWS for column in (0, COLUMNS - 1)]

Position = tuple[tuple[int, int], tuple[int, int], int]  # protagonist, adversary, whose ball it is (0 or 1)


def markov_soccer() -> TabularGame:
    """Builds the game; the discount of the reference values is 0.9.

    Rewards: 1 to the player who scores and -1 to the other, else 0.

    Ends: After a goal.
    """
    start = np.zeros(END + 1)
    start[[index_of((*START, 0)), index_of((*START, 1))]] = 0.5
    terminal = np.arange(END + 1) == END
    return TabularGame(game_of(END + 1, (5, 5), _outcomes, start, terminal), draw)


def index_of(position: Position) -> int:
    """Returns the number of a position in 0 .. 759."""
    own, other = (row * COLUMNS + column for row, column in position[:2])
    return (own * (CELLS - 1) + other - (other > own)) * 2 + position[2]


def position_of(state: int) -> Position:
    """Returns the position of a state in 0 .. 759."""
    pair, ball = divmod(state, 2)
    own, other = divmod(pair, CELLS - 1)
    other += other >= own
    return divmod(own, COLUMNS), divmod(other, COLUMNS), ball


def draw(state: int) -> np.ndarray:
    """Draws a state: the protagonist red, the adversary blue, the ball yellow; after a goal the empty board."""
    if state == END:
        return draw_grid(ROWS, COLUMNS, GOALS)
    own, other, ball = position_of(state)
    discs = [(other, BLUE), (own, RED)] if ball == 0 else [(own, RED), (other, BLUE)]
    return draw_grid(ROWS, COLUMNS, GOALS, [*discs, ((own, other)[ball], BALL)])


def _outcomes(state: int, first: int, second: int) -> Outcomes:
    position, found = position_of(state), []
    for order in (((0, first), (1, second)), ((1, second), (0, first))):
        after: Position | int = position
        for player, action in order:
            if not isinstance(after, int):
                after = _move(after, player, action)
        goal = isinstance(after, int)
        found.append((0.5, END if goal else index_of(after), float(after) if goal else 0.0))  # type: ignore[arg-type]
    return found


def _move(position: Position, player: int, action: int) -> Position | int:
    """Makes one player's move; returns the new position, or the reward of a goal."""
    players, ball = [position[0], position[1]], position[2]
    row, column = players[player]
    edge, way = ((0, WEST), (COLUMNS - 1, EAST))[player]
    if ball == player and row in GOAL_ROWS and column == edge and action == way:
        return 1 - 2 * player
    target = moved(players[player], action, ROWS, COLUMNS)
    if target == players[1 - player]:
        return players[0], players[1], 1 - player
    players[player] = target
    return players[0], players[1], ball
