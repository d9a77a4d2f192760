"""A pole on a cart for two: the protagonist pushes the cart, the adversary pulls at the pole.

The protagonist earns 1 a step, the adversary -1, until the cart is more than 2.4 m off or the pole leans by more than
0.209 rad. What differs from Gymnasium's CartPole: forces are continuous, the second player, and the joint has no
friction in either.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from gymnasium.spaces import Box

from mdpzoo.errors import IllegalActionError
from mdpzoo.models.markov_game import PLAYERS
from mdpzoo.protocols import Draw
from mdpzoo.settings import Range, ranged
from mdpzoo_adversarial.control.cart_physics import (
    FARTHEST,
    START,
    STEEPEST,
    STEP,
    CartPhysics,
    accelerations,
    check_physics,
    sine_and_cosine,
)

if TYPE_CHECKING:
    from mdpzoo_adversarial.control.cart_batches import CartGames

Values = tuple[float, float, float, float]  # position, speed, angle, angular velocity
WIDTH, HEIGHT, SCALE = 240, 120, 48  # pixels, pixels, pixels a metre


@ranged
def adversarial_cart_pole(
    cart_mass: Annotated[float, Range(1e-9, 1e9)] = 1.0,
    pole_mass: Annotated[float, Range(1e-9, 1e9)] = 0.1,
    pole_length: Annotated[float, Range(1e-9, 1e9)] = 0.5,
    gravity: Annotated[float, Range(0, 1e9)] = 9.8,
    force: Annotated[float, Range(1e-9, 1e9)] = 10.0,
    adversary_force: Annotated[float, Range(0, 1e9)] = 2.0,
) -> "CartGame":
    """Builds the game.

    Rewards: 1 in each step to the protagonist, -1 to the adversary.

    Ends: When the cart is more than 2.4 m off, or the pole leans by more than 0.209 rad.

    Args:
        cart_mass: kg, positive.
        pole_mass: kg, positive.
        pole_length: m, from the joint to the pole's centre, positive.
        gravity: m/s^2, at least 0.
        force: the protagonist's largest, N, positive.
        adversary_force: the adversary's largest, N, along each of its two axes, at least 0.

    Raises:
        SettingError: if a number is out of its range.
    """
    return CartGame(
        check_physics(CartPhysics(cart_mass, pole_mass, pole_length, gravity, force, adversary_force))
    )  # fmt: skip


class CartGame:
    """The rules of one cart; a state is position, speed, angle and angular velocity."""

    players = PLAYERS
    render_fps = 50

    def __init__(self, physics: CartPhysics) -> None:
        """Takes the constants."""
        self.physics = physics
        limit = np.array([2 * FARTHEST, np.inf, 2 * STEEPEST, np.inf], np.float32)
        self.observation_spaces = {name: Box(-limit, limit) for name in PLAYERS}
        self.action_spaces = {PLAYERS[0]: Box(-1, 1, (1,)), PLAYERS[1]: Box(-1, 1, (2,))}
        self.state_space = Box(-np.inf, np.inf, (4,), np.float64)

    def batched(self) -> "CartGames":
        """Returns the same rules for many carts at once."""
        from mdpzoo_adversarial.control.cart_batches import CartGames

        return CartGames(self)

    def initial(self, draw: Draw, before: Any = None) -> Values:
        """Draws a start state."""
        return (
            START * (2 * draw() - 1),
            START * (2 * draw() - 1),
            START * (2 * draw() - 1),
            START * (2 * draw() - 1),
        )  # fmt: skip

    def step(self, state: Values, actions: Mapping[str, Any], draw: Draw) -> tuple[Values, dict[str, float], bool]:
        """Moves the cart by one Euler step.

        Raises:
            IllegalActionError: if an action has another shape or is not finite; says whose.
        """
        physics, (x, speed, angle, turning) = self.physics, state
        (push,) = _clipped(actions, PLAYERS[0], 1)
        fx, fz = _clipped(actions, PLAYERS[1], 2)
        push, fx, fz = physics.force * push, physics.adversary_force * fx, physics.adversary_force * fz
        sin, cos = sine_and_cosine(angle)
        own, angular = accelerations(sin, cos, turning, push, fx, fz, physics)
        x, speed = x + STEP * speed, speed + STEP * own
        angle, turning = angle + STEP * turning, turning + STEP * angular
        ended = not (abs(x) <= FARTHEST and abs(angle) <= STEEPEST)
        return (x, speed, angle, turning), {PLAYERS[0]: 1.0, PLAYERS[1]: -1.0}, ended

    def observe(self, state: Values) -> dict[str, np.ndarray]:
        """Returns the state, ``[4]`` float32, which both players observe."""
        seen = np.array(state, np.float32)
        return {PLAYERS[0]: seen, PLAYERS[1]: seen.copy()}

    def global_state(self, state: Values) -> np.ndarray:
        """Returns the state for PettingZoo's ``state()``, ``[4]`` float64."""
        return np.array(state)

    def render(self, state: Values) -> np.ndarray:
        """Draws the cart, ``[120, 240, 3]`` uint8."""
        rows, columns = np.mgrid[:HEIGHT, :WIDTH]
        across, up = (columns - WIDTH / 2) / SCALE - state[0], (HEIGHT * 0.7 - rows) / SCALE
        sin, cos = math.sin(state[2]), math.cos(state[2])
        along, beside = across * sin + up * cos, across * cos - up * sin
        picture = np.full((HEIGHT, WIDTH, 3), 240, np.uint8)
        picture[np.abs(up) < 0.02] = 120
        picture[(np.abs(across) < 0.25) & (np.abs(up) < 0.12)] = 50, 90, 190
        picture[(along > 0) & (along < 2 * self.physics.pole_length) & (np.abs(beside) < 0.05)] = 200, 60, 50
        return picture


def _clipped(actions: Mapping[str, Any], player: str, size: int) -> list[float]:
    """Returns one player's action as numbers in [-1, 1]."""
    given = actions[player]
    numbers = given.tolist() if isinstance(given, np.ndarray) else list(given)
    if len(numbers) == size:
        for each in numbers:
            if not -1.0 <= each <= 1.0:
                break
        else:
            return numbers
    if len(numbers) != size or not all(map(math.isfinite, numbers)):
        raise IllegalActionError(f"action of {player} must be {size} finite numbers, got {given!s:.60}")
    return [min(max(each, -1.0), 1.0) for each in numbers]
