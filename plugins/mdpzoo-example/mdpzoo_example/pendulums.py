"""Gymnasium's InvertedPendulum on a rail that is not level: a simulator with a state of its own, as MuJoCo's are.

Such an environment cannot be pure rules. It is built unchanged, and only its id is MDPZoo's.
"""

import math
from typing import Annotated, Any

import gymnasium

from mdpzoo.errors import MissingExtraError
from mdpzoo.settings import Range, ranged


@ranged
def tilted_pendulum(
    tilt: Annotated[float, Range(-45, 45, unit="degrees")] = 2.0, render_mode: str | None = None
) -> gymnasium.Env[Any, Any]:
    """Builds the environment.

    Rewards: 1 in each step, as in Gymnasium's InvertedPendulum.

    Ends: When the pole leans by more than 0.2 rad.

    Args:
        tilt: of gravity against the vertical, in degrees, in [-45, 45]; positive pulls the cart to the right.
        render_mode: one of Gymnasium's for MuJoCo, or None.

    Raises:
        MissingExtraError: if MuJoCo is not installed.
        SettingError: if the tilt is out of its range.
    """
    try:
        env = gymnasium.make("InvertedPendulum-v5", render_mode=render_mode, max_episode_steps=-1).unwrapped
    except (ImportError, gymnasium.error.DependencyNotInstalled) as error:
        sentence = "mujoco is not installed; type: pip install 'mdpzoo-example[mujoco]'"
        raise MissingExtraError(sentence) from error
    pull, angle = 9.81, math.radians(tilt)  # m/s^2
    env.model.opt.gravity[:] = pull * math.sin(angle), 0.0, -pull * math.cos(angle)  # type: ignore[attr-defined]
    return env
