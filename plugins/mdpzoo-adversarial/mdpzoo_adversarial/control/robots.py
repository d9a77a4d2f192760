"""Gymnasium's MuJoCo robots: the bodies and axes that an adversary can pull, and their physical parameters.

A force on a planar robot across its plane has no effect, so such an axis is rejected. Parameters are factors of the
nominal values; ``mdpzoo.interop.physical_parameters`` sets them and computes anew what MuJoCo derives from them.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import gymnasium

from mdpzoo.errors import MissingExtraError, SettingError, did_you_mean
from mdpzoo.interop.physical_parameters import Parameter, named, parameters_of


class Robot(NamedTuple):
    """One robot.

    Attributes:
        id: of Gymnasium's environment.
        bodies: the bodies that the adversary pulls by default.
        axes: of the world frame along which a force moves the robot, in the order of the adversary's action.
        force: the adversary's largest by default, N, along each axis.
        settings: of Gymnasium's environment, so that the force affects neither the observation nor the reward.
    """

    id: str
    bodies: tuple[str, ...]
    axes: str
    force: float
    settings: Mapping[str, Any] = {}


ANT = {"include_cfrc_ext_in_observation": False, "contact_cost_weight": 0.0}
ROBOTS: Mapping[str, Robot] = {
    "InvertedPendulum": Robot("InvertedPendulum-v5", ("pole",), "xz", 5.0),
    "Hopper": Robot("Hopper-v5", ("foot",), "xz", 3.0),
    "HalfCheetah": Robot("HalfCheetah-v5", ("torso", "bfoot", "ffoot"), "xz", 3.0),
    "Walker2d": Robot("Walker2d-v5", ("foot", "foot_left"), "xz", 3.0),
    "Ant": Robot("Ant-v5", ("torso",), "xyz", 3.0, ANT),
    "Swimmer": Robot("Swimmer-v5", ("torso",), "xy", 1.0),
}


def robot_env(robot: Robot, render_mode: str | None = None) -> Any:
    """Makes a robot's environment without a time limit.

    Raises:
        MissingExtraError: if MuJoCo is not installed.
    """
    try:
        env = gymnasium.make(robot.id, render_mode=render_mode, max_episode_steps=-1, **robot.settings)
    except (ImportError, gymnasium.error.DependencyNotInstalled) as error:
        sentence = "mujoco is not installed; type: pip install 'mdpzoo-adversarial[mujoco]'"
        raise MissingExtraError(sentence) from error
    return env.unwrapped


def find_robot(name: str) -> Robot:
    """Returns a robot by its name.

    Raises:
        SettingError: if there is none of this name; names the nearest.
    """
    if name not in ROBOTS:
        raise SettingError(f"unknown robot {name!r}.{did_you_mean(name, ROBOTS) or f' Known: {[*ROBOTS]}'}")
    return ROBOTS[name]


class Parameters:
    """The physical parameters of one simulator: factors of the values that it had when this was built."""

    def __init__(self, env: Any) -> None:
        """Stores the nominal values: gravity, friction, damping, masses, each body's mass, and actuators."""
        gear = env.model.actuator_gear
        nominal = gear.copy()

        def scale(factor: float) -> None:
            gear[:] = factor * nominal

        self.known: dict[str, Parameter] = {**parameters_of(env), "actuators": Parameter(nominal, scale)}

    def set(self, factors: Mapping[str, float]) -> None:
        """Sets the named parameters to factors of their nominal values, and all others to these.

        ``masses`` is set before the masses of single bodies, so that the latter take precedence.

        Raises:
            SettingError: if there is no such parameter, or a factor is not positive; gravity may be 0 or below.
        """
        for name, factor in factors.items():
            named(self.known, name)
            if not isinstance(factor, int | float) or not -1e6 < factor < 1e6 or (factor <= 0 and name != "gravity"):
                raise SettingError(f"the factor of {name!r} must be a positive number, got {factor!r:.60}")
        every = "masses" in factors or any(name.startswith("mass:") for name in factors) or self._heavy
        for name, parameter in self.known.items():
            if not name.startswith("mass:") and (name != "masses" or every):
                parameter.set(float(factors.get(name, 1.0)))
        for name in factors:
            if name.startswith("mass:"):
                self.known[name].set(float(factors[name]))
        self._heavy = any(name.startswith("mass") for name in factors)

    _heavy = False  # whether a mass is not nominal
