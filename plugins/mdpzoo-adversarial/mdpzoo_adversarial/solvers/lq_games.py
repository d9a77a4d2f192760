"""Zero-sum linear-quadratic games: Nash equilibrium and quantal response equilibrium at any temperatures, exactly.

x+ = A x + B u + D w; the protagonist chooses u and earns r = -(x'Qx + u'Ru - w'Sw), the adversary chooses w and earns
-r. With P the solution of the game's Riccati equation, u = -K x and w = -L x are the Nash equilibrium. At temperatures
alpha and beta the equilibrium is Gaussian around the same gains, with covariances (alpha / 2) (R + g B'PB)^-1 and
(beta / 2) (S - g D'PD)^-1, g the discount: a curriculum of temperatures moves the covariances only (derived in
pages/adversarial.md; the deterministic game is in Basar and Bernhard 1995).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.planning.discounted import check_discount

MOST_ITERATIONS = 1_000_000
PRECISION = 1e-15


@dataclass(frozen=True, eq=False)
class LQSolution:
    """The equilibrium of a linear-quadratic game; the regularised value is V(x) = -x'Px + constant.

    Attributes:
        P: ``[n, n]``, symmetric.
        K: ``[m, n]``, gains of the protagonist, whose mean is -K x.
        L: ``[k, n]``, gains of the adversary, whose mean is -L x.
        row_covariance: ``[m, m]`` of the protagonist's actions.
        column_covariance: ``[k, k]`` of the adversary's actions.
        constant: contribution of both policies' noise and differential entropies to every state's value.
    """

    P: np.ndarray
    K: np.ndarray
    L: np.ndarray
    row_covariance: np.ndarray
    column_covariance: np.ndarray
    constant: float


def solve_lq_game(
    A: Any,
    B: Any,
    D: Any,
    Q: Any,
    R: Any,
    S: Any,
    discount: float,
    row_temperature: float = 0.0,
    column_temperature: float = 0.0,
) -> LQSolution:
    """Solves a game; numbers stand for matrices of one entry.

    Args:
        A: ``[n, n]``, the state's own motion.
        B: ``[n, m]``, the protagonist's influence.
        D: ``[n, k]``, the adversary's.
        Q: ``[n, n]``, cost of the state, positive semidefinite.
        R: ``[m, m]``, cost of the protagonist's action, positive definite.
        S: ``[k, k]``, cost of the adversary's action, positive definite.
        discount: in [0, 1).
        row_temperature: of the protagonist, at least 0; 0: no noise, and no entropy.
        column_temperature: of the adversary, at least 0.

    Raises:
        SettingError: if the game is infeasible (the adversary is too strong: S - g D'PD is not positive definite at
            some iterate, and no finite value exists), or a matrix breaks its rule; says which.
    """
    check_discount(discount)
    matrices = check_matrices(A, B, D, Q, R, S)
    for name, value in (("row_temperature", row_temperature), ("column_temperature", column_temperature)):
        if not 0 <= value < np.inf:
            raise SettingError(f"{name} must be a number of at least 0, got {value}")
    P = _riccati(matrices, float(discount))
    block, gains = _block(P, matrices, float(discount))
    m, k = len(matrices["R"]), len(matrices["S"])
    K, L = gains[:m], gains[m:]
    own, other = block[:m, :m], -block[m:, m:]  # R + g B'PB and S - g D'PD
    noise_u, noise_w = row_temperature / 2 * np.linalg.inv(own), column_temperature / 2 * np.linalg.inv(other)
    bonus = row_temperature * _entropy(noise_u) - row_temperature * m / 2
    bonus -= column_temperature * _entropy(noise_w) - column_temperature * k / 2
    return LQSolution(P, K, L, noise_u, noise_w, float(bonus / (1 - discount)))


def solve_lq_episode(matrices: Mapping[str, np.ndarray], steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Solves an undiscounted game of ``steps`` steps, without temperatures.

    Args:
        matrices: as ``check_matrices`` returns them.
        steps: T, at least 1.

    Returns:
        P ``[n, n]``, the value of the whole game being -x'Px, and the gains [K; L] of each step, ``[T, m + k, n]``.

    Raises:
        SettingError: if the game is infeasible.
    """
    P, gains = np.zeros_like(matrices["A"]), []
    for _ in range(steps):
        P, latest = _one_step_more(P, matrices, 1.0)
        gains.append(latest)
    return P, np.array(gains[::-1])


def check_matrices(A: Any, B: Any, D: Any, Q: Any, R: Any, S: Any) -> dict[str, np.ndarray]:
    """Returns the six matrices by name, float64.

    Raises:
        SettingError: if shapes do not fit, a cost is not symmetric, or R, S or Q is not (semi)definite.
    """
    given = {"A": A, "B": B, "D": D, "Q": Q, "R": R, "S": S}
    found = {name: np.atleast_2d(np.asarray(each, np.float64)) for name, each in given.items()}
    n, m, k = len(found["A"]), found["B"].shape[-1], found["D"].shape[-1]
    for name, shape in {"A": (n, n), "B": (n, m), "D": (n, k), "Q": (n, n), "R": (m, m), "S": (k, k)}.items():
        if found[name].shape != shape or not np.isfinite(found[name]).all():
            raise SettingError(f"{name} must be finite numbers of shape {list(shape)}, got {given[name]!r:.60}")
    for name, least in (("Q", -1e-12), ("R", 1e-300), ("S", 1e-300)):
        matrix = found[name]
        if not np.allclose(matrix, matrix.T) or np.linalg.eigvalsh(matrix).min() < least:
            kind = "semidefinite" if name == "Q" else "definite"
            raise SettingError(f"{name} must be symmetric and positive {kind}, got {given[name]!r:.60}")
    return found


def _parts(matrices: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Returns A, [B D], R and S."""
    return matrices["A"], np.hstack([matrices["B"], matrices["D"]]), matrices["R"], matrices["S"]


def _block(P: np.ndarray, matrices: Mapping[str, np.ndarray], discount: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns the stage game's curvature ``[m + k, m + k]``, and the gains [K; L]."""
    A, inputs, R, S = _parts(matrices)
    block = discount * inputs.T @ P @ inputs
    m = len(R)
    block[:m, :m] += R
    block[m:, m:] -= S
    return block, discount * np.linalg.solve(block, inputs.T @ P @ A)


def _riccati(matrices: dict[str, np.ndarray], discount: float) -> np.ndarray:
    """Iterates the Riccati equation from 0, which is the game with one step more each time."""
    P = np.zeros_like(matrices["A"])
    for _ in range(MOST_ITERATIONS):
        after, _ = _one_step_more(P, matrices, discount)
        if not np.isfinite(after).all() or np.abs(after).max() > 1e12:
            break
        change = np.abs(after - P).max()
        P = after
        if change <= PRECISION * max(1.0, np.abs(P).max()):
            return P
    raise SettingError("the game is infeasible: its Riccati equation has no finite solution; raise S or lower D")


def _one_step_more(P: np.ndarray, matrices: Mapping[str, np.ndarray], discount: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns the P of the game with one more step, and the gains [K; L] of that step."""
    A, inputs, _, S = _parts(matrices)
    D, Q = matrices["D"], matrices["Q"]
    strength = np.linalg.eigvalsh(S - discount * D.T @ P @ D).min()
    if strength <= 0:
        raise SettingError(
            f"the game is infeasible: the adversary is too strong, S - discount D'PD has the eigenvalue "
            f"{strength:.3g}; raise S or lower D"
        )
    _, gains = _block(P, matrices, discount)
    after = Q + discount * A.T @ P @ A - discount * (A.T @ P @ inputs) @ gains
    return (after + after.T) / 2, gains


def _entropy(covariance: np.ndarray) -> float:
    """Returns the differential entropy of a Gaussian in nats; 0 without noise."""
    if not covariance.any():
        return 0.0
    return 0.5 * float(np.linalg.slogdet(2 * np.pi * np.e * covariance)[1])
