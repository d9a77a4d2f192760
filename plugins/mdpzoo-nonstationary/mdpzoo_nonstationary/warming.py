"""Compiles the loop of environment and learner that simulations and agents share."""

from mdpzoo_nonstationary.simulation import simulate


def warm_up() -> None:
    """Runs the learner for a few steps."""
    simulate("mdpzoo/RiverSwimSwitch-v0", "r-bocpd-ucrl2", 100, seeds=1)
