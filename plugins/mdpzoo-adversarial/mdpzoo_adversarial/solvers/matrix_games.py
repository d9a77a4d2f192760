"""Zero-sum matrix games: Nash equilibria by linear programming, quantal response equilibria, exploitability.

What differs from the textbook: a game with a saddle point in pure actions is answered without a linear program, and the
supports that the program finds are solved again as linear equations, which removes its tolerance of 1e-7.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo_adversarial.solvers.quantal_response import quantal_responses

SUPPORT = 1e-9  # probability above which an action belongs to the support


@dataclass(frozen=True, eq=False)
class MatrixSolution:
    """An equilibrium of a matrix game.

    Attributes:
        row: ``[A]`` probabilities of the row player, who maximises.
        column: ``[B]`` probabilities of the column player.
        value: the regularised value x'Ay + alpha H(x) - beta H(y), entropies in nats; at a Nash equilibrium x'Ay.
        payoff: x'Ay.
        nash_conv: sum of both players' gains by a best response to the other, at least 0.
        error_bound: ``value`` is no further than this from the true one.
    """

    row: np.ndarray
    column: np.ndarray
    value: float
    payoff: float
    nash_conv: float
    error_bound: float


def matrix_nash(payoffs: Any) -> MatrixSolution:
    """Computes a Nash equilibrium; if there are several, one of them.

    Args:
        payoffs: ``[A, B]`` finite numbers, to the row player.

    Raises:
        SettingError: if the payoffs are no finite matrix.

    Source: von Neumann and Morgenstern 1944; the linear program is that of Dantzig 1951. Some milliseconds a game.
    """
    game = check_payoffs(payoffs)
    row, column = nash_strategies(game)
    payoff = float(row @ game @ column)
    gap = matrix_nash_conv(game, row, column)
    rounding = 8 * np.finfo(float).eps * float(np.abs(game).max())
    return MatrixSolution(row, column, payoff, payoff, gap, gap + rounding)


def matrix_qre(payoffs: Any, row_temperature: float, column_temperature: float) -> MatrixSolution:
    """Computes the logit quantal response equilibrium with a temperature for each player.

    Args:
        payoffs: ``[A, B]`` finite numbers, to the row player.
        row_temperature: of the row player, positive, in units of payoff; a high one means uniform play.
        column_temperature: of the column player, positive.

    Raises:
        SettingError: if the payoffs are no finite matrix, or a temperature is not positive.

    Source: McKelvey and Palfrey 1995, with two temperatures; see ``quantal_response``.
    """
    game = check_payoffs(payoffs)
    alpha, beta = check_temperatures(row_temperature, column_temperature)
    found = quantal_responses(game[None], alpha, beta)
    row, column = found.row[0], found.column[0]
    nash_conv = matrix_nash_conv(game, row, column)
    return MatrixSolution(
        row, column, float(found.values[0]), float(row @ game @ column), nash_conv, float(found.gaps[0])
    )


def matrix_nash_conv(payoffs: np.ndarray, row: np.ndarray, column: np.ndarray) -> float:
    """Returns max_i (A y)_i - min_j (A'x)_j, at least 0."""
    return max(0.0, float((payoffs @ column).max() - (row @ payoffs).min()))


def check_payoffs(payoffs: Any) -> np.ndarray:
    """Returns payoffs as a float64 matrix.

    Raises:
        SettingError: if they are no finite matrix.
    """
    try:
        game = np.asarray(payoffs, np.float64)
    except (TypeError, ValueError):
        game = np.empty(0)
    if game.ndim != 2 or 0 in game.shape or not np.isfinite(game).all():
        raise SettingError(f"payoffs must be finite numbers of shape [A, B], got {payoffs!r:.60}")
    return game


def check_temperatures(row_temperature: float, column_temperature: float) -> tuple[float, float]:
    """Returns both temperatures as floats.

    Raises:
        SettingError: if one is not a positive finite number.
    """
    for name, value in (("row_temperature", row_temperature), ("column_temperature", column_temperature)):
        if not 0 < value < np.inf:
            raise SettingError(f"{name} must be a positive number, got {value}; for the limit 0 use matrix_nash")
    return float(row_temperature), float(column_temperature)


def nash_strategies(game: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the strategies ``[A]`` and ``[B]`` of a Nash equilibrium of ``[A, B]`` payoffs."""
    lowest, highest = game.min(1), game.max(0)
    if lowest.max() >= highest.min():  # a saddle point
        row, column = np.zeros(game.shape[0]), np.zeros(game.shape[1])
        row[lowest.argmax()] = column[highest.argmin()] = 1.0
        return row, column
    row, column = _linear_program(game)
    polished = _polished(game, row, column)
    if polished is not None and matrix_nash_conv(game, *polished) < matrix_nash_conv(game, row, column):
        return polished
    return row, column


def _linear_program(game: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Maximises v subject to A'x >= v; the column player's strategy are the multipliers."""
    from scipy.optimize import linprog

    first, second = game.shape
    scale = max(float(np.abs(game).max()), np.finfo(float).tiny)
    above = np.hstack([-game.T / scale, np.ones((second, 1))])
    found = linprog(
        np.append(np.zeros(first), -1.0),
        A_ub=above,
        b_ub=np.zeros(second),
        A_eq=np.append(np.ones(first), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, None)] * first + [(None, None)],
        method="highs",
    )
    if found.status != 0:
        raise SettingError(f"the linear program of the game was not solved: {found.message}")
    return _normalised(found.x[:first]), _normalised(-found.ineqlin.marginals)


def _normalised(weights: np.ndarray) -> np.ndarray:
    positive = np.maximum(weights, 0.0)
    return positive / positive.sum()


def _polished(game: np.ndarray, row: np.ndarray, column: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Returns the strategies that make the other's support indifferent, by linear equations; None if there are none."""
    rows, columns = np.flatnonzero(row > SUPPORT), np.flatnonzero(column > SUPPORT)
    if len(rows) != len(columns):
        return None
    part, size = game[np.ix_(rows, columns)], len(rows)
    border = np.block([[part, -np.ones((size, 1))], [np.ones((1, size)), np.zeros((1, 1))]])
    turned = np.block([[part.T, -np.ones((size, 1))], [np.ones((1, size)), np.zeros((1, 1))]])
    target = np.append(np.zeros(size), 1.0)
    try:
        second, first = np.linalg.solve(border, target)[:-1], np.linalg.solve(turned, target)[:-1]
    except np.linalg.LinAlgError:
        return None
    if min(first.min(), second.min()) < 0:
        return None
    whole_row, whole_column = np.zeros_like(row), np.zeros_like(column)
    whole_row[rows], whole_column[columns] = _normalised(first), _normalised(second)
    return whole_row, whole_column
