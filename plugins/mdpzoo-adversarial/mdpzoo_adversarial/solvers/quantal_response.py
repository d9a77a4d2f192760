"""Logit quantal response equilibria of zero-sum matrix games with a temperature for each player.

With payoffs A to the row player, temperature alpha of the row player and beta of the column player, the equilibrium is
the fixed point x = softmax(A y / alpha), y = softmax(-A' x / beta) (McKelvey and Palfrey 1995 with alpha = beta). It is
the saddle point of x'Ay + alpha H(x) - beta H(y) with entropies in nats, so it is unique for positive temperatures.

Method: damped Newton steps on the logarithms of x, which maximise the strictly concave
F(x) = alpha H(x) - beta logsumexp(-A'x / beta), while both temperatures fall from the size of the payoffs to their own.
The side with fewer actions is the one that is solved for. Batches of games of one shape are solved together.
"""

from typing import NamedTuple

import numpy as np

STEPS_PER_FOLD = 1.0  # temperatures on the way for each factor e
ON_THE_WAY = 1.0  # residual of the logarithms at which the next temperature is tried
EXACT = 1e-12  # residual of the logarithms, weighted by the square roots of the probabilities, at the end
SMALL = 1e-6  # such a residual that a Newton step does not halve any more is rounding
ROUNDING = 8 * np.finfo(float).eps
NEWTON_STEPS, HALVINGS, POLISHING = 60, 40, 2


class Responses(NamedTuple):
    """Equilibria of N games.

    Attributes:
        row: ``[N, A]`` probabilities.
        column: ``[N, B]`` probabilities.
        values: ``[N]`` regularised values x'Ay + alpha H(x) - beta H(y).
        gaps: ``[N]`` no regularised value is further than this from the true one; never negative.
    """

    row: np.ndarray
    column: np.ndarray
    values: np.ndarray
    gaps: np.ndarray


def quantal_responses(payoffs: np.ndarray, row_temperature: float, column_temperature: float) -> Responses:
    """Solves N games of one shape.

    Args:
        payoffs: ``[N, A, B]`` float64, finite, to the row player.
        row_temperature: of the row player, positive, in units of payoff.
        column_temperature: of the column player, positive.

    Source: McKelvey and Palfrey 1995. Costs O(min(A, B)^3 + A B min(A, B)) for each of some twenty to a
    hundred Newton steps.
    """
    if payoffs.shape[1] > payoffs.shape[2]:
        swapped = quantal_responses(-payoffs.swapaxes(1, 2), column_temperature, row_temperature)
        return Responses(swapped.column, swapped.row, -swapped.values, swapped.gaps)
    middle = (payoffs.max((1, 2), keepdims=True) + payoffs.min((1, 2), keepdims=True)) / 2
    centred = payoffs - middle
    alpha, beta = float(row_temperature), float(column_temperature)
    size = np.abs(centred).max((1, 2), initial=0.0)
    start = np.maximum(1.0, size / min(alpha, beta))
    logs = np.full(payoffs.shape[:2], -np.log(payoffs.shape[1]))
    folds = int(np.ceil(STEPS_PER_FOLD * np.log(start.max(initial=1.0))))
    for step in range(folds):
        factor = start ** (1 - step / folds)
        logs = _newton(centred, logs, alpha * factor, beta * factor, np.full(len(size), ON_THE_WAY), weighted=False)
    ones = np.ones(len(size))
    logs = _newton(centred, logs, alpha * ones, beta * ones, EXACT * ones, weighted=True)
    return _responses(centred, *_polished(centred, logs, alpha, beta), alpha, beta, middle[:, 0, 0])


def _responses(
    payoffs: np.ndarray, logs: np.ndarray, column_logs: np.ndarray, alpha: float, beta: float, middle: np.ndarray
) -> Responses:
    """Reads the equilibrium off the logarithms of both players' probabilities."""
    row, column = np.exp(logs), np.exp(column_logs)
    lower = _answer(payoffs, logs, alpha, beta)[2]
    upper = alpha * _logsumexp(_by_column(payoffs, column) / alpha) + beta * _plogp(column)
    gaps = np.maximum(upper - lower, 0.0) + ROUNDING * np.abs(payoffs).max((1, 2), initial=0.0)
    return Responses(row, column, (upper + lower) / 2 + middle, gaps)


def _newton(
    payoffs: np.ndarray, logs: np.ndarray, alpha: np.ndarray, beta: np.ndarray, limits: np.ndarray, *, weighted: bool
) -> np.ndarray:
    """Newton steps until each game's residual is below its limit; ``alpha`` and ``beta`` are ``[N]``."""
    logs = logs.copy()
    live = np.arange(len(logs))
    last = np.full(len(logs), np.inf)
    for _ in range(NEWTON_STEPS):
        game, own, hot, cold = payoffs[live], logs[live], alpha[live, None], beta[live, None]
        row = np.exp(own)
        _, column, height = _answer(game, own, hot[:, 0], cold[:, 0])
        residual = own - _by_column(game, column) / hot
        residual -= (residual * row).sum(1, keepdims=True)
        weights = np.sqrt(row) if weighted else np.minimum(1.0, row * row.shape[1])
        sizes = np.abs(residual * weights).max(1)
        stuck = (sizes < SMALL) & (sizes > last[live] / 2)
        going = (sizes >= limits[live]) & ~stuck
        last[live] = sizes
        if not going.any():
            break
        live, game, own, row, column = live[going], game[going], own[going], row[going], column[going]
        hot, cold, residual, height = hot[going], cold[going], residual[going], height[going]
        logs[live] = _ascend(game, own, _direction(game, row, column, hot * cold, residual), hot, cold, height)
    return logs


def _polished(payoffs: np.ndarray, logs: np.ndarray, alpha: float, beta: float) -> tuple[np.ndarray, np.ndarray]:
    """Newton steps on the logarithms of both players together; returns both, ``[N, A]`` and ``[N, B]``.

    If y is computed from x, the rounding of x is divided by both temperatures before it comes back to x. With y as an
    unknown of its own, each equation sees one division only.
    """
    row, column, _ = _answer(payoffs, logs, alpha, beta)
    column_logs = _column_scores(payoffs, row, beta)
    column_logs -= _logsumexp(column_logs)[:, None]
    for _ in range(POLISHING):
        row, column = np.exp(logs), np.exp(column_logs)
        first = logs - _by_column(payoffs, column) / alpha
        second = column_logs - _column_scores(payoffs, row, beta)
        first -= (first * row).sum(1, keepdims=True)
        second -= (second * column).sum(1, keepdims=True)
        combined = first + _by_column(payoffs, column * second) / alpha
        combined -= (combined * row).sum(1, keepdims=True)
        step = _direction(payoffs, row, column, np.full((len(row), 1), alpha * beta), combined)
        moved = row * (step - (row * step).sum(1, keepdims=True))
        logs, column_logs = logs + step, column_logs - second + _column_scores(payoffs, moved, beta)
        logs = logs - _logsumexp(logs)[:, None]
        column_logs = column_logs - _logsumexp(column_logs)[:, None]
    return logs, column_logs


def _direction(
    payoffs: np.ndarray, row: np.ndarray, column: np.ndarray, product: np.ndarray, residual: np.ndarray
) -> np.ndarray:
    """Returns the Newton direction ``[N, A]``: solves (I + A J_y A' J_x / (alpha beta)) d = -residual."""
    mean = _by_column(payoffs, column)[:, :, None]
    spread = (payoffs - mean) * column[:, None, :]
    curvature = spread @ (payoffs - mean).swapaxes(1, 2)  # A J_y A', positive semidefinite
    curvature = curvature * row[:, None, :] - (curvature @ row[:, :, None]) * row[:, None, :]
    curvature /= product[:, :, None]
    diagonal = np.arange(row.shape[1])
    curvature[:, diagonal, diagonal] += 1.0
    return np.linalg.solve(curvature, -residual[:, :, None])[:, :, 0]


def _ascend(
    payoffs: np.ndarray,
    logs: np.ndarray,
    direction: np.ndarray,
    alpha: np.ndarray,
    beta: np.ndarray,
    height: np.ndarray,
) -> np.ndarray:
    """Takes the longest halved step along the direction that does not lower F, up to rounding."""
    length = np.ones((len(logs), 1))
    slack = 64 * np.finfo(float).eps * (1 + np.abs(height))
    found = logs
    for _ in range(HALVINGS):
        found = logs + length * direction
        found -= _logsumexp(found)[:, None]
        risen = _answer(payoffs, found, alpha[:, 0], beta[:, 0])[2] >= height - slack
        if risen.all():
            break
        length[~risen] /= 2
    return found


def _answer(
    payoffs: np.ndarray, logs: np.ndarray, alpha: np.ndarray | float, beta: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns the row player's probabilities, the column player's response to them, and F."""
    row = np.exp(logs)
    cold = np.reshape(beta, (-1, 1))
    scores = _column_scores(payoffs, row, cold)
    total = _logsumexp(scores)
    entropy = -(row * logs).sum(1)
    return row, np.exp(scores - total[:, None]), alpha * entropy - beta * total


def _column_scores(payoffs: np.ndarray, row: np.ndarray, beta: np.ndarray | float) -> np.ndarray:
    """Returns minus the cost of each action of the column player over its temperature, ``[N, B]``."""
    return -(row[:, None, :] @ payoffs)[:, 0] / beta


def _by_column(payoffs: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Returns the payoff of each action of the row player, ``[N, A]``."""
    return (payoffs @ column[:, :, None])[:, :, 0]


def _logsumexp(scores: np.ndarray) -> np.ndarray:
    largest = scores.max(1)
    return largest + np.log(np.exp(scores - largest[:, None]).sum(1))


def _plogp(probabilities: np.ndarray) -> np.ndarray:
    """Returns minus the entropy in nats, ``[N]``."""
    return (probabilities * np.log(np.where(probabilities > 0, probabilities, 1.0))).sum(1)
