"""Gymnasium's MuJoCo tasks for two: the protagonist moves the robot, the adversary pulls at some of its bodies.

Forces act in the world frame at the bodies' centres of mass during the frames of one step (Pinto et al. 2017); they are
cleared after every step, so they show in the motion only. The protagonist earns the task's reward, the adversary its
negative. What differs from Pinto et al.: axes in which a force has no effect are rejected.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from gymnasium.spaces import Box
from pettingzoo import ParallelEnv

from mdpzoo.errors import IllegalActionError, ResetNeededError, SettingError, did_you_mean
from mdpzoo.interop.shells.shell import check_limit, check_options
from mdpzoo.models.markov_game import PLAYERS
from mdpzoo.settings import Range, ranged
from mdpzoo_adversarial.control.robots import Parameters, Robot, find_robot, robot_env

TESTED_OPTION = "options"  # PettingZoo's own tests pass it to every environment, without a meaning
Bodies = list[str]
Factors = dict[str, float]


class MujocoGame(ParallelEnv[str, Any, Any]):
    """One robot, its controller and an adversary.

    Attributes:
        env: Gymnasium's environment of the robot.
        bodies: the bodies that the adversary pulls.
        axes: of the world frame, as in ``"xz"``.
        force: the largest, N, along each axis; the adversary's action in [-1, 1] is scaled by it.
        parameters: factors of the physical parameters that are not nominal.
    """

    def __init__(
        self,
        robot: Robot,
        bodies: Bodies | None = None,
        axes: str | None = None,
        force: float | None = None,
        parameters: Factors | None = None,
        max_cycles: int | None = None,
        render_mode: str | None = None,
    ) -> None:
        """Builds the simulator.

        Args:
            robot: the robot.
            bodies: names of the robot's bodies; None: the robot's own choice.
            axes: some of the axes in which a force moves the robot; None: all of them.
            force: N, at least 0; None: the robot's own.
            parameters: factors of physical parameters: ``gravity``, ``friction``, ``damping``, ``masses``,
                ``mass:<body>``, ``actuators``.
            max_cycles: steps after which an episode is truncated; None: never.
            render_mode: one of Gymnasium's for MuJoCo, or None.

        Raises:
            SettingError: if a body, an axis or a parameter is unknown, or a number is out of its range.
            MissingExtraError: if MuJoCo is not installed.
        """
        self.env, self.render_mode, self._robot = robot_env(robot, render_mode), render_mode, robot
        self.bodies, self.axes = _bodies(self.env, bodies or list(robot.bodies)), _axes(axes, robot)
        self.force = robot.force if force is None else float(force)
        if not 0 <= self.force < 1e6:
            raise SettingError(f"force must be a number of newtons, at least 0, got {force}")
        self._physics = Parameters(self.env)
        self.set_parameters(parameters or {})
        self.max_cycles = check_limit(max_cycles, "max_cycles")
        self.metadata = {**self.env.metadata, "name": f"Adversarial{robot.id}", "is_parallelizable": True}
        self.possible_agents = list(PLAYERS)
        self.agents: list[str] = []
        seen, size = self.env.observation_space, len(self.bodies) * len(self.axes)
        self.observation_spaces = {name: Box(seen.low, seen.high, seen.shape, seen.dtype) for name in PLAYERS}
        acts = self.env.action_space
        self.action_spaces = {
            PLAYERS[0]: Box(acts.low, acts.high, acts.shape, acts.dtype),
            PLAYERS[1]: Box(-1, 1, (size,), np.float32),
        }
        self.state_space = Box(-np.inf, np.inf, self.state().shape, np.float64)
        numbers = [self.env.model.body(name).id for name in self.bodies]
        self._where = np.ix_(numbers, ["xyz".index(axis) for axis in self.axes])
        self._cycles = 0

    def __deepcopy__(self, memory: dict[int, Any]) -> "MujocoGame":
        """Returns another simulator with the same settings and parameters, before its first episode."""
        return MujocoGame(
            self._robot, self.bodies, self.axes, self.force, dict(self.parameters), self.max_cycles, self.render_mode
        )

    def observation_space(self, agent: str) -> Box:
        """Returns a player's observation space, that of the robot's controller."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Box:
        """Returns an action space: the robot's controls, or ``[bodies * axes]`` forces in units of the largest."""
        return self.action_spaces[agent]

    def set_parameters(self, parameters: Mapping[str, float]) -> None:
        """Sets physical parameters to factors of their nominal values, and all others to these.

        They survive ``reset``.

        Raises:
            SettingError: if there is no such parameter, or a factor is out of its range.
        """
        self._physics.set(parameters)
        self.parameters = dict(parameters)

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Starts an episode without forces.

        Raises:
            SettingError: if an option is unknown.
        """
        check_options({name: each for name, each in (options or {}).items() if name != TESTED_OPTION}, ())
        self.env.data.xfrc_applied[:] = 0.0
        seen, info = self.env.reset(seed=seed)
        self.agents, self._cycles = list(PLAYERS), 0
        return self._both(seen), {name: dict(info) for name in PLAYERS}

    def step(
        self, actions: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Acts once, both players together.

        Raises:
            SettingError: if a player's action is missing.
            IllegalActionError: if an action has another shape or is not finite; says whose.
            ResetNeededError: if the episode has ended, or none has begun.
        """
        if not self.agents:
            if actions:
                raise ResetNeededError("the episode has ended, or none has begun; call reset() before step()")
            return {}, {}, {}, {}, {}
        control, pull = (self._checked(actions, name) for name in PLAYERS)
        forces = self.env.data.xfrc_applied
        forces[self._where] = self.force * pull.reshape(len(self.bodies), len(self.axes))
        seen, reward, terminated, _, info = self.env.step(control)
        forces[:] = 0.0
        self._cycles += 1
        truncated = self._cycles == self.max_cycles
        if terminated or truncated:
            self.agents = []
        rewards = {PLAYERS[0]: float(reward), PLAYERS[1]: -float(reward)}
        ended, cut = dict.fromkeys(PLAYERS, bool(terminated)), dict.fromkeys(PLAYERS, truncated)
        return self._both(seen), rewards, ended, cut, {name: dict(info) for name in PLAYERS}

    def state(self) -> np.ndarray:
        """Returns positions and velocities of the simulation, float64."""
        return np.concatenate([self.env.data.qpos, self.env.data.qvel])

    def render(self) -> Any:
        """Returns Gymnasium's picture of the robot."""
        return self.env.render()

    def close(self) -> None:
        """Closes the simulator."""
        self.env.close()

    def _both(self, seen: np.ndarray) -> dict[str, np.ndarray]:
        return {PLAYERS[0]: seen, PLAYERS[1]: seen.copy()}

    def _checked(self, actions: Mapping[str, Any], name: str) -> np.ndarray:
        """Returns a player's action, clipped to its limits."""
        if name not in actions:
            raise SettingError(f"the action of player {name!r} is missing")
        space = self.action_spaces[name]
        action = np.asarray(actions[name])
        if action.shape != space.shape or action.dtype.kind not in "iuf" or not np.isfinite(action).all():
            raise IllegalActionError(f"action of {name} must be {space.shape[0]} finite numbers, got {action!s:.60}")
        return np.clip(action, space.low, space.high)


def _bodies(env: Any, names: Bodies) -> Bodies:
    known = [env.model.body(body).name for body in range(1, env.model.nbody)]
    known = [name for name in known if name]
    for name in names:
        if name not in known:
            raise SettingError(f"unknown body {name!r}.{did_you_mean(name, known) or f' Known: {known}'}")
    if len(set(names)) < len(names):
        raise SettingError(f"a body may be named once, got {names}")
    return list(names)


def _axes(axes: str | None, robot: Robot) -> str:
    """Returns the axes to pull along; a force along any other would have no effect."""
    chosen = robot.axes if axes is None else axes
    if not chosen or len(set(chosen)) < len(chosen) or set(chosen) - set("xyz"):
        raise SettingError(f"axes must be some of x, y and z, got {axes!r:.20}")
    if dead := sorted(set(chosen) - set(robot.axes)):
        raise SettingError(
            f"a force along {dead[0]} does not move {robot.id}, which lives in the {robot.axes} plane; "
            f"use axes={robot.axes!r}"
        )
    return chosen


@ranged
def adversarial_robot(
    robot: str = "Hopper",
    bodies: Bodies | None = None,
    axes: str | None = None,
    force: Annotated[float | None, Range(0, 1e6, below=True)] = None,
    parameters: Factors | None = None,
    max_cycles: Annotated[int | None, Range(1)] = None,
    render_mode: str | None = None,
) -> MujocoGame:
    """Builds the game of a robot by its name.

    Rewards: The task's own to the protagonist, see Gymnasium's documentation; its negative to the adversary.

    Ends: As Gymnasium's task of the same name.

    Args:
        robot: its name, as in ``"Hopper"``.
        bodies: names of the robot's bodies that are pulled; None: the robot's own choice.
        axes: some of the axes in which a force moves the robot, as in ``"xz"``; None: all of them.
        force: the adversary's largest, N, along each axis; None: the robot's own.
        parameters: factors of physical parameters; see ``RobustMuJoCo``.
        max_cycles: steps after which an episode is truncated; None: never.
        render_mode: one of Gymnasium's for MuJoCo, or None.

    Raises:
        SettingError: if a name is unknown, or a number is out of its range.
        MissingExtraError: if MuJoCo is not installed.
    """
    return MujocoGame(find_robot(robot), bodies, axes, force, parameters, max_cycles, render_mode)
