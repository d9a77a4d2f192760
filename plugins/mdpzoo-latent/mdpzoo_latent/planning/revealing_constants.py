"""Revealing constants of observations: the smallest left inverse of the emission matrix, by a linear program.

Convention (after Chen, Wang, Xiong, Mei and Bai 2023, arXiv 2302.01333; the norm is this project's choice): for the
matrix E with one column a state, ``norm`` is the minimum over G with G E = I of max_o sum_s |G[s, o]|, and ``alpha`` is
1 / norm. For m steps, E stacks P(o_1 .. o_m | s, do(a_1 .. a_{m-1})) of all action sequences with weight 1, so that
columns sum to A^(m-1) and alpha may exceed 1.
"""

from itertools import product
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from mdpzoo.errors import SettingError
from mdpzoo.models import LatentMDP, TabularPOMDP

FULL = 1e-9  # singular values below this, relative to the largest one, count as 0
MOST_ROWS = 20_000


class Revealing(NamedTuple):
    """The revealing constants of ``steps`` steps.

    Attributes:
        norm: of the smallest left inverse; infinite if there is none.
        alpha: 1 / norm; 0 if there is no left inverse.
        sigma_min: smallest singular value of the matrix.
        steps: m.
        action: the action whose emissions the first observation has; None: emissions do not depend on actions.
    """

    norm: float
    alpha: float
    sigma_min: float
    steps: int
    action: int | None = None


def revealing_constant(model: Any, steps: int = 1, action: int | None = None) -> Revealing:
    """Computes the revealing constants of a number of steps for the state before them.

    Args:
        model: a ``TabularPOMDP``, a ``LatentMDP``, or an emission matrix ``[O, S]``, for one step.
        steps: m, at least 1.
        action: the action whose emissions the first observation has, if they depend on the action that led to the
            state; None: the most revealing one. Not used if the model has first observations.

    Raises:
        SettingError: if the model is of another kind, the matrix is too large, or a number is out of its range.
    """
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1:
        raise SettingError(f"steps must be a whole number of at least 1, got {steps!r:.60}")
    if isinstance(model, LatentMDP):
        model = model.to_pomdp()
    if not isinstance(model, TabularPOMDP):
        return _of_matrix(_checked(model, steps), 1, None)
    if action is not None and not 0 <= action < model.num_actions:
        raise SettingError(f"action must lie in 0..{model.num_actions - 1}, got {action}")
    if model.first is not None or (model.emissions == model.emissions[0]).all():
        first = model.first if model.first is not None else model.emissions[0]
        return _of_matrix(_stacked(model, first, steps), steps, None)
    candidates = range(model.num_actions) if action is None else [action]
    found = [_of_matrix(_stacked(model, model.emissions[each], steps), steps, each) for each in candidates]
    return min(found, key=lambda each: each.norm)


def _checked(matrix: Any, steps: int) -> np.ndarray:
    try:
        emission = np.array(matrix, np.float64)
    except (TypeError, ValueError):
        raise SettingError(f"give a TabularPOMDP, a LatentMDP or an emission matrix, got {matrix!r:.60}") from None
    if emission.ndim != 2 or not emission.size or not np.isfinite(emission).all():
        raise SettingError(f"an emission matrix must have shape [O, S], got {list(emission.shape)}")
    if steps != 1:
        raise SettingError("an emission matrix says nothing of further steps; give a TabularPOMDP")
    return emission


def _stacked(model: TabularPOMDP, first: np.ndarray, steps: int) -> np.ndarray:
    """Returns P(o_1 .. o_m | s, do(a_1 .. a_{m-1})), ``[A^(m-1) O^m, S]`` without rows of zeros."""
    rows = (model.num_actions * model.num_observations) ** (steps - 1) * model.num_observations
    if rows > MOST_ROWS:
        raise SettingError(f"{steps} steps have {rows} action and observation sequences, more than {MOST_ROWS}")
    parts = []
    for actions in product(range(model.num_actions), repeat=steps - 1):
        ahead = np.ones((1, model.num_states))  # probability of the observations after o_1, given the state
        for action in reversed(actions):
            emitted = model.emissions[action].T  # [O, S]
            ahead = (emitted[:, None] * ahead[None]).reshape(-1, model.num_states) @ model.transitions[:, action].T
        parts.append((first.T[:, None] * ahead[None]).reshape(-1, model.num_states))
    stacked = np.concatenate(parts)
    return stacked[stacked.any(1)]


def _of_matrix(emission: np.ndarray, steps: int, action: int | None) -> Revealing:
    singular = np.linalg.svd(emission, compute_uv=False)
    rows, states = emission.shape
    if rows < states or singular[-1] <= FULL * singular[0]:
        return Revealing(np.inf, 0.0, float(singular[-1]) if rows >= states else 0.0, steps, action)
    norm = _smallest_inverse(emission)
    return Revealing(norm, 1 / norm, float(singular[-1]), steps, action)


def _smallest_inverse(emission: np.ndarray) -> float:
    """Returns min t such that G = P - N, P, N >= 0, G E = I and every column of P + N sums to at most t."""
    rows, states = emission.shape
    size = rows * states  # P[s, o] is variable s * rows + o, N[s, o] comes size later, t last
    s, t, o = (
        each.ravel() for each in np.meshgrid(np.arange(states), np.arange(states), np.arange(rows), indexing="ij")
    )
    places, values = s * states + t, emission[o, t]
    equal = coo_array(
        (np.concatenate([values, -values]), (np.tile(places, 2), np.concatenate([s * rows + o, size + s * rows + o]))),
        shape=(states * states, 2 * size + 1),
    )
    every = np.arange(2 * size)
    columns = every % size % rows
    most = coo_array(
        (
            np.concatenate([np.ones(2 * size), -np.ones(rows)]),
            (np.concatenate([columns, np.arange(rows)]), np.concatenate([every, np.full(rows, 2 * size)])),
        ),
        shape=(rows, 2 * size + 1),
    )
    cost = np.zeros(2 * size + 1)
    cost[-1] = 1.0
    found = linprog(cost, most.tocsr(), np.zeros(rows), equal.tocsr(), np.eye(states).ravel(), method="highs")
    if not found.success:
        raise SettingError(f"the linear program of the left inverse was not solved: {found.message:.80}")
    return float(found.fun)
