"""A picture of dynamic regret, with the change points and the restarts of one seed marked."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo_nonstationary.simulation import SimulationResult


def draw_regret(results: Sequence[SimulationResult], path: str | Path, *, logarithmic: bool = False) -> None:
    """Draws the mean dynamic regret of each result with the range over seeds, and writes the picture.

    Change points are dashed lines; restarts of a result's first seed are ticks on its curve.

    Args:
        results: of ``simulate``, in the same environment.
        path: of the picture; its suffix determines the format.
        logarithmic: whether regret has a logarithmic axis; values below 1 are then left out.

    Raises:
        SettingError: if there is no result, or the change points differ.
        MissingExtraError: if matplotlib is not installed.
    """
    if not results:
        raise SettingError("results must hold at least one result, got none")
    if any(not np.array_equal(each.changes, results[0].changes) for each in results):
        raise SettingError("results must be of one environment, got different change points")
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError(
            "matplotlib is not installed; type: pip install 'mdpzoo-nonstationary[render]'"
        ) from error
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for change in results[0].changes:
        axes.axvline(change, color="0.6", linestyle="--", linewidth=0.8)
    for result in results:
        mean = result.regret.mean(0)
        (line,) = axes.plot(result.at, mean, label=result.agent)
        axes.fill_between(result.at, result.regret.min(0), result.regret.max(0), color=line.get_color(), alpha=0.15)
        restarts = result.restarts[0] if result.restarts else []
        axes.plot(restarts, np.interp(restarts, result.at, mean), "|", color=line.get_color(), markersize=12)
    axes.set_xlabel("steps")
    axes.set_ylabel("dynamic regret, mean and range over seeds")
    if logarithmic:
        axes.set_yscale("log")
        axes.set_ylim(bottom=1)
    axes.legend()
    figure.savefig(path, dpi=150)
