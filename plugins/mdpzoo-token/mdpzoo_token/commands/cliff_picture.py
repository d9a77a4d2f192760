"""Draws the number of states in which the optimal policy changes with the rewards. Needs matplotlib."""

from pathlib import Path

import numpy as np

from mdpzoo.planning import PolicyMargin

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#666666"  # distinguishable with colour blindness


def save_picture(path: Path, sizes: np.ndarray, flips: np.ndarray, found: PolicyMargin, title: str) -> None:
    """Draws the number of changed states ``[K]`` over the size of the worst change ``[K]`` and saves the figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.step(sizes, flips, where="post", color=BLUE, label="states whose best action changes")
    if found.exact_radius > 0:
        axes.axvline(found.exact_radius, color=ORANGE, label="exact radius")
        axes.axvline(found.certified_radius, color=GREY, linestyle="--", label="certified radius")
    axes.set_xscale("log")
    axes.set_xlabel("largest change of a reward, in the worst direction")
    axes.set_ylabel("states")
    axes.set_title(title)
    axes.legend()
    figure.savefig(path)
