"""A step of many carts, compiled."""

import math

import numpy as np

from mdpzoo.compiling import compiled, inlined
from mdpzoo_adversarial.control.cart_physics import FARTHEST, STEEPEST, STEP, accelerations, sine_and_cosine

_accelerations, _sine_and_cosine = inlined(accelerations), inlined(sine_and_cosine)


@compiled
def advance(physics, values, pushes, forces, asleep):  # type: ignore[no-untyped-def]
    """Moves every cart that is not asleep by one Euler step.

    Args:
        physics: a ``CartPhysics``.
        values: ``[B, 4]`` float64: position, speed, angle, angular velocity; not changed.
        pushes: ``[B, 1]`` float32 in [-1, 1]; clipped.
        forces: ``[B, 2]`` float32 in [-1, 1]; clipped.
        asleep: ``[B]`` bool.

    Returns:
        New values ``[B, 4]``, rewards ``[B, 2]`` float64, ends ``[B, 2]`` bool, illegal (not finite) ``[B, 2]`` bool.
    """
    size = len(values)
    after, rewards = np.empty((size, 4)), np.zeros((size, 2))
    ended, illegal = np.zeros((size, 2), np.bool_), np.zeros((size, 2), np.bool_)
    for k in range(size):
        push, fx, fz = np.float64(pushes[k, 0]), np.float64(forces[k, 0]), np.float64(forces[k, 1])
        wrong_own, wrong_other = not math.isfinite(push), not (math.isfinite(fx) and math.isfinite(fz))
        x, speed, angle, turning = values[k, 0], values[k, 1], values[k, 2], values[k, 3]
        if asleep[k] or wrong_own or wrong_other:
            after[k, 0], after[k, 1], after[k, 2], after[k, 3] = x, speed, angle, turning
            if not asleep[k]:
                illegal[k, 0], illegal[k, 1] = wrong_own, wrong_other
                ended[k, 0] = ended[k, 1] = True
            continue
        push = physics.force * min(max(push, -1.0), 1.0)
        fx = physics.adversary_force * min(max(fx, -1.0), 1.0)
        fz = physics.adversary_force * min(max(fz, -1.0), 1.0)
        sin, cos = _sine_and_cosine(angle)
        own, angular = _accelerations(sin, cos, turning, push, fx, fz, physics)
        x, speed = x + STEP * speed, speed + STEP * own
        angle, turning = angle + STEP * turning, turning + STEP * angular
        after[k, 0], after[k, 1], after[k, 2], after[k, 3] = x, speed, angle, turning
        rewards[k, 0], rewards[k, 1] = 1.0, -1.0
        ended[k, 0] = ended[k, 1] = not (abs(x) <= FARTHEST and abs(angle) <= STEEPEST)
    return after, rewards, ended, illegal
