"""Draws in how many states the optimal policy changes as the rewards do. Needs matplotlib."""

from pathlib import Path

import numpy as np

from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo.files import check_folder
from mdpzoo.planning import PolicyMargin

FORMATS = (".png", ".svg", ".pdf")
BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#666666"  # distinguishable with colour blindness


def check_picture(path: Path) -> None:
    """Checks before the analysis that its figure can be saved.

    Raises:
        SettingError: if the suffix is not supported, or the folder does not exist.
        MissingExtraError: if matplotlib is not installed.
    """
    if path.suffix.lower() not in FORMATS:
        raise SettingError(f"the name of a figure must end in {', '.join(FORMATS)}, got {str(path)!r}")
    check_folder(path)
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError("matplotlib is not installed; type: pip install 'mdpzoo-token[render]'") from None


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
