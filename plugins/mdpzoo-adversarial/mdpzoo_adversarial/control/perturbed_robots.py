"""Gymnasium's MuJoCo tasks with other physical parameters: one decision maker, no adversary."""

from typing import Any

import gymnasium

from mdpzoo_adversarial.control.robots import Parameters, find_robot, robot_env


def robust_mujoco(
    robot: str = "InvertedPendulum", parameters: dict[str, float] | None = None, render_mode: str | None = None
) -> gymnasium.Env[Any, Any]:
    """Builds the environment of a robot whose parameters are factors of Gymnasium's.

    Rewards: Those of Gymnasium's task of the same name.

    Ends: As Gymnasium's task of the same name.

    Args:
        robot: ``"InvertedPendulum"``, ``"Hopper"``, ``"HalfCheetah"``, ``"Walker2d"``, ``"Ant"`` or ``"Swimmer"``.
        parameters: factors of ``gravity``, ``friction``, ``damping``, ``masses``, ``mass:<body>`` or ``actuators``;
            quantities that MuJoCo derives from masses are recomputed.
        render_mode: one of Gymnasium's for MuJoCo, or None.

    Raises:
        SettingError: if there is no such robot or parameter, or a factor is out of its range.
        MissingExtraError: if MuJoCo is not installed.
    """
    env = robot_env(find_robot(robot), render_mode)
    Parameters(env).set(parameters or {})
    return env
