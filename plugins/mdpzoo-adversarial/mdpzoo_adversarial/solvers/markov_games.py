"""Equilibria of finite zero-sum Markov games: Shapley's operator, plain (Nash) or soft (quantal response).

(T V)(s) is the value of the matrix game R(s) + discount P V in state s, regularised by entropies where temperatures are
positive (Shapley 1953; the soft operator is derived in pages/adversarial.md). T contracts by the discount in the
supremum norm, so |V - V*| <= |T V - V| / (1 - discount); the certificate adds the error bounds of the matrix games.

Acceleration (Pollatschek and Avi-Itzhak 1969): the pair of policies that solves the games of one round is evaluated
exactly, and the next round starts from its values. That need not converge, so a round that does not lower the residual
is followed by a plain application of T.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import MarkovGame
from mdpzoo.planning.discounted import check_discount, check_tolerance
from mdpzoo_adversarial.solvers.matrix_games import matrix_nash_conv, nash_strategies
from mdpzoo_adversarial.solvers.quantal_response import quantal_responses

MOST_ROUNDS = 100_000
STALLED = 20  # rounds without a better residual after which rounding is the reason


@dataclass(frozen=True, eq=False)
class MarkovSolution:
    """An equilibrium of a Markov game.

    Attributes:
        values: ``[S]`` (regularised) values to the first player; 0 in terminal states.
        row: ``[S, A]`` probabilities of the first player; uniform in terminal states.
        column: ``[S, B]`` probabilities of the second.
        error_bound: no value is further than this from the true one.
        rounds: number of times that the stage games were solved.
    """

    values: np.ndarray
    row: np.ndarray
    column: np.ndarray
    error_bound: float
    rounds: int


@dataclass(frozen=True, eq=False)
class _Stage:
    """The solved stage games of one round: values, strategies and the largest error of a stage's value."""

    values: np.ndarray
    row: np.ndarray
    column: np.ndarray
    gap: float


def solve_markov_game(
    game: MarkovGame,
    discount: float,
    temperature: float | tuple[float, float] = 0.0,
    tolerance: float = 1e-9,
) -> MarkovSolution:
    """Solves a game for a discount; a pure function of its arguments.

    Args:
        game: the model.
        discount: in [0, 1).
        temperature: of both players, at least 0, in units of reward; or the first player's and the second's. 0: a Nash
            equilibrium. Both must be positive, or both 0.
        tolerance: target of the error bound, in units of reward.

    Raises:
        SettingError: if an argument is out of its range, or rounding keeps the bound above the tolerance.

    Source: Shapley 1953; Pollatschek and Avi-Itzhak 1969. A round solves one matrix game a state.
    """
    check_discount(discount)
    check_tolerance(tolerance)
    alpha, beta = _pair(temperature)
    solve = _quantal_stages(alpha, beta) if alpha > 0 else _nash_stages
    best: _Stage | None
    values, best, best_bound, stalled = np.zeros(game.num_states), None, np.inf, 0
    for count in range(1, MOST_ROUNDS):
        stage = solve(game, game.stage_payoffs(values, discount))
        residual = float(np.abs(stage.values - values).max(initial=0.0))
        bound = (discount * residual + stage.gap) / (1 - discount)  # T V is one step nearer than V
        improved = bound < best_bound
        stalled = 0 if improved else stalled + 1
        if improved:
            best, best_bound = stage, bound
        if best is not None and best_bound <= tolerance:
            return MarkovSolution(best.values, best.row, best.column, best_bound, count)
        if stalled > STALLED and residual < 1e3 * stage.gap:
            break
        values = _pair_values(game, stage, discount, alpha, beta) if improved else stage.values
    raise SettingError(f"tolerance {tolerance:.3g} cannot be certified, the bound stays at {best_bound:.3g}; raise it")


def episode_value(game: MarkovGame, steps: int) -> tuple[float, float]:
    """Returns the value of an undiscounted episode of at most ``steps`` steps, from the start, and its error bound.

    Source: Shapley 1953, the finite game by backward induction. A step solves one matrix game a state.
    """
    values, bound = np.zeros(game.num_states), 0.0
    for _ in range(steps):
        stage = _nash_stages(game, game.stage_payoffs(values, 1.0))
        values, bound = stage.values, bound + stage.gap
    return float(game.joint.start @ values), bound


def _pair(temperature: Any) -> tuple[float, float]:
    pair = (temperature, temperature) if np.ndim(temperature) == 0 else tuple(temperature)
    if len(pair) != 2 or not all(0 <= each < np.inf for each in pair) or (pair[0] > 0) != (pair[1] > 0):
        raise SettingError(f"temperature must be 0, a positive number or two of them, got {temperature!r:.60}")
    return float(pair[0]), float(pair[1])


def _quantal_stages(alpha: float, beta: float) -> Callable[[MarkovGame, np.ndarray], _Stage]:
    """Solves all stage games for positive temperatures, ``[S, A, B]`` payoffs."""

    def solve(game: MarkovGame, payoffs: np.ndarray) -> _Stage:
        live, stage = ~game.joint.terminal, _uniform(game)
        found = quantal_responses(payoffs[live], alpha, beta)
        stage.values[live], stage.row[live], stage.column[live] = found.values, found.row, found.column
        return _Stage(stage.values, stage.row, stage.column, float(found.gaps.max(initial=0.0)))

    return solve


def _nash_stages(game: MarkovGame, payoffs: np.ndarray) -> _Stage:
    """Solves all stage games, ``[S, A, B]`` payoffs; those with a saddle point in pure actions take no program."""
    stage, gap = _uniform(game), 0.0
    lowest, highest = payoffs.min(2), payoffs.max(1)
    saddle = lowest.max(1) >= highest.min(1)
    live = ~game.joint.terminal
    pure = np.flatnonzero(saddle & live)
    stage.row[pure], stage.column[pure] = 0.0, 0.0
    stage.row[pure, lowest[pure].argmax(1)] = stage.column[pure, highest[pure].argmin(1)] = 1.0
    stage.values[pure] = lowest[pure].max(1)
    for state in np.flatnonzero(~saddle & live):
        row, column = nash_strategies(payoffs[state])
        stage.row[state], stage.column[state] = row, column
        stage.values[state] = row @ payoffs[state] @ column
        gap = max(gap, matrix_nash_conv(payoffs[state], row, column))
    rounding = 8 * np.finfo(float).eps * float(np.abs(payoffs).max(initial=0.0))
    return _Stage(stage.values, stage.row, stage.column, gap + rounding)


def _uniform(game: MarkovGame) -> _Stage:
    first, second = game.num_actions
    states = game.num_states
    return _Stage(
        np.zeros(states), np.full((states, first), 1 / first), np.full((states, second), 1 / second), 0.0
    )  # fmt: skip


def _pair_values(game: MarkovGame, stage: _Stage, discount: float, alpha: float, beta: float) -> np.ndarray:
    """Computes the regularised values of a pair of policies, ``[S]``, by a sparse linear solve."""
    from scipy.sparse import csr_matrix, identity
    from scipy.sparse.linalg import spsolve

    table, states = game.joint, game.num_states
    weights = (stage.row[:, :, None] * stage.column[:, None, :]).reshape(-1)
    row = np.repeat(np.arange(len(weights)), np.diff(table.offsets))
    chances = table.probabilities * weights[row]
    state = row // (game.num_actions[0] * game.num_actions[1])
    rewards = np.bincount(state, chances * table.rewards, states).astype(np.float64)
    rewards = rewards + alpha * _entropy(stage.row) - beta * _entropy(stage.column)
    rewards[table.terminal] = 0.0
    goes_on = ~table.terminal[state] & ~table.terminal[table.successors] & (chances > 0)
    moves = csr_matrix((chances[goes_on], (state[goes_on], table.successors[goes_on])), (states, states))
    return spsolve((identity(states, format="csr") - discount * moves).tocsc(), rewards)


def _entropy(policy: np.ndarray) -> np.ndarray:
    """Returns entropies in nats, ``[S]``."""
    return -(policy * np.log(np.where(policy > 0, policy, 1.0))).sum(1)
