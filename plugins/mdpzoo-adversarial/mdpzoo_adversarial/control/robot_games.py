"""The MuJoCo games by robot, as specs name them; arguments and errors are those of ``MujocoGame``."""

from mdpzoo_adversarial.control.mujoco_games import Bodies, Factors, MujocoGame
from mdpzoo_adversarial.control.robots import ROBOTS


def adversarial_inverted_pendulum(
    bodies: Bodies | None = None,
    axes: str | None = None,
    force: float | None = None,
    parameters: Factors | None = None,
    max_cycles: int | None = None,
    render_mode: str | None = None,
) -> MujocoGame:
    """Builds the game of Gymnasium's InvertedPendulum."""
    return MujocoGame(ROBOTS["InvertedPendulum"], bodies, axes, force, parameters, max_cycles, render_mode)


def adversarial_hopper(
    bodies: Bodies | None = None,
    axes: str | None = None,
    force: float | None = None,
    parameters: Factors | None = None,
    max_cycles: int | None = None,
    render_mode: str | None = None,
) -> MujocoGame:
    """Builds the game of Gymnasium's Hopper."""
    return MujocoGame(ROBOTS["Hopper"], bodies, axes, force, parameters, max_cycles, render_mode)


def adversarial_half_cheetah(
    bodies: Bodies | None = None,
    axes: str | None = None,
    force: float | None = None,
    parameters: Factors | None = None,
    max_cycles: int | None = None,
    render_mode: str | None = None,
) -> MujocoGame:
    """Builds the game of Gymnasium's HalfCheetah."""
    return MujocoGame(ROBOTS["HalfCheetah"], bodies, axes, force, parameters, max_cycles, render_mode)


def adversarial_walker2d(
    bodies: Bodies | None = None,
    axes: str | None = None,
    force: float | None = None,
    parameters: Factors | None = None,
    max_cycles: int | None = None,
    render_mode: str | None = None,
) -> MujocoGame:
    """Builds the game of Gymnasium's Walker2d."""
    return MujocoGame(ROBOTS["Walker2d"], bodies, axes, force, parameters, max_cycles, render_mode)


def adversarial_ant(
    bodies: Bodies | None = None,
    axes: str | None = None,
    force: float | None = None,
    parameters: Factors | None = None,
    max_cycles: int | None = None,
    render_mode: str | None = None,
) -> MujocoGame:
    """Builds the game of Gymnasium's Ant."""
    return MujocoGame(ROBOTS["Ant"], bodies, axes, force, parameters, max_cycles, render_mode)


def adversarial_swimmer(
    bodies: Bodies | None = None,
    axes: str | None = None,
    force: float | None = None,
    parameters: Factors | None = None,
    max_cycles: int | None = None,
    render_mode: str | None = None,
) -> MujocoGame:
    """Builds the game of Gymnasium's Swimmer."""
    return MujocoGame(ROBOTS["Swimmer"], bodies, axes, force, parameters, max_cycles, render_mode)
