"""The equations of a pole on a cart with a second force at the pole's centre, for numbers, arrays and tensors alike.

The cart of mass M carries a pole of mass m whose centre is at the distance l from the joint. The protagonist pushes the
cart; the adversary pulls at the pole's centre, to the right with fx and upwards with fz. The equations extend those of
Barto, Sutton and Anderson 1983 by that force (derived in pages/adversarial.md).
"""

from typing import Any, NamedTuple

from mdpzoo.errors import SettingError

START = 0.05  # a start state's numbers lie between minus this and this
STEP = 0.02  # seconds
FARTHEST, STEEPEST = 2.4, 0.209  # metres, radians: beyond these an episode ends


class CartPhysics(NamedTuple):
    """The constants of one cart and pole.

    Attributes:
        cart_mass: M, kg.
        pole_mass: m, kg.
        pole_length: l, m, from the joint to the pole's centre.
        gravity: g, m/s^2.
        force: the protagonist's largest, N.
        adversary_force: the adversary's largest, N, along each of its two axes.
    """

    cart_mass: float = 1.0
    pole_mass: float = 0.1
    pole_length: float = 0.5
    gravity: float = 9.8
    force: float = 10.0
    adversary_force: float = 2.0


def sine_and_cosine(angle: Any) -> Any:
    """Returns sine and cosine of angles in [-0.25, 0.25] rad; steps start within this range only.

    Taylor's series, to 1e-17: libraries differ in the last bit of their own functions, and these sums do not.
    """
    square = angle * angle
    sine = 1.0 / 6227020800.0
    sine = -1.0 / 39916800.0 + square * sine
    sine = 1.0 / 362880.0 + square * sine
    sine = -1.0 / 5040.0 + square * sine
    sine = 1.0 / 120.0 + square * sine
    sine = -1.0 / 6.0 + square * sine
    cosine = 1.0 / 479001600.0
    cosine = -1.0 / 3628800.0 + square * cosine
    cosine = 1.0 / 40320.0 + square * cosine
    cosine = -1.0 / 720.0 + square * cosine
    cosine = 1.0 / 24.0 + square * cosine
    cosine = -1.0 / 2.0 + square * cosine
    return angle + angle * (square * sine), 1.0 + square * cosine


def accelerations(sin: Any, cos: Any, turning: Any, push: Any, fx: Any, fz: Any, physics: Any) -> Any:
    """Returns the accelerations of cart and pole, m/s^2 and rad/s^2.

    Numbers, arrays or tensors; the order of the operations is fixed, so all of them agree to the last bit.

    Args:
        sin: of the pole's angle, 0 upright.
        cos: of it.
        turning: the pole's angular velocity, rad/s.
        push: the protagonist's force on the cart, N.
        fx: the adversary's force on the pole's centre to the right, N.
        fz: upwards, N.
        physics: a ``CartPhysics``.
    """
    total = physics.cart_mass + physics.pole_mass
    moment = physics.pole_mass * physics.pole_length
    own = (push + fx + moment * (turning * turning) * sin) / total
    pull = (fx * cos - fz * sin) / physics.pole_mass
    inertia = physics.pole_length * (4.0 / 3.0 - physics.pole_mass * (cos * cos) / total)
    angular = (physics.gravity * sin - own * cos + pull) / inertia
    return own - moment * angular * cos / total, angular


def check_physics(physics: CartPhysics) -> CartPhysics:
    """Returns the constants as floats.

    Raises:
        SettingError: if a mass, the length or the protagonist's force is not positive, or a number not finite.
    """
    for name, value in physics._asdict().items():
        least = 0.0 if name in ("gravity", "adversary_force") else 1e-9
        if not least <= value <= 1e9:
            raise SettingError(f"{name} must lie in [{least:g}, 1e9], got {value}")
    return CartPhysics(*map(float, physics))
