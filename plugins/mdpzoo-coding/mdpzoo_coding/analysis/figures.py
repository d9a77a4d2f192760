"""Figures of capacity against return, and of rates as in Ebrahimi, Chen and Khisti 2024."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo_coding.analysis.capacity import CapacityCurve
from mdpzoo_coding.analysis.rates import RatePoint


def draw_capacity(path: str | Path, curves: Mapping[str, CapacityCurve]) -> None:
    """Saves a figure of capacity-return curves: the return of an episode against its capacity in bits.

    Args:
        path: a .png, .svg or .pdf.
        curves: by name in the legend; points are labelled with their temperatures.

    Raises:
        SettingError: if there is no curve.
        MissingExtraError: if Matplotlib is not installed.
    """
    if not curves:
        raise SettingError("curves must have at least one entry, got none")
    figure, axes = labelled_axes("capacity (bits an episode)", "expected return")
    for name, curve in curves.items():
        axes.plot(curve.capacity_bits, curve.returns, marker="o", label=name)
        for bits, earned, temperature in zip(curve.capacity_bits, curve.returns, curve.temperatures, strict=True):
            axes.annotate(f"{temperature:.3g}", (bits, earned), textcoords="offset points", xytext=(4, 4), fontsize=7)
    axes.legend(frameon=False)
    figure.savefig(path, bbox_inches="tight")


def draw_rates(path: str | Path, points: Sequence[RatePoint]) -> None:
    """Saves a figure of ``rate_curve``: mean return against accuracy with its 95 % interval, a line for each rate.

    Args:
        path: a .png, .svg or .pdf.
        points: of any number of rates and encoders.

    Raises:
        SettingError: if there is no point.
        MissingExtraError: if Matplotlib is not installed.
    """
    if not points:
        raise SettingError("points must have at least one entry, got none")
    figure, axes = labelled_axes("accuracy", "mean return")
    for encoder, rate in dict.fromkeys((each.encoder, each.rate) for each in points):
        line = [each for each in points if (each.encoder, each.rate) == (encoder, rate)]
        accuracies = [each.accuracy for each in line]
        below = [each.accuracy - each.low for each in line]
        above = [each.high - each.accuracy for each in line]
        earned = [each.mean_return for each in line]
        name = "no limit" if rate == 1 else f"{encoder}, {rate:g}"
        axes.errorbar(accuracies, earned, xerr=(below, above), marker="o", capsize=2, label=name)
    axes.legend(frameon=False)
    figure.savefig(path, bbox_inches="tight")


def labelled_axes(below: str, left: str) -> tuple[Any, Any]:
    """Returns a figure and its axes with these labels.

    Raises:
        MissingExtraError: if Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("matplotlib is not installed; type: pip install 'mdpzoo-coding[render]'") from None
    figure = Figure(figsize=(6, 3.5))
    axes: Any = figure.add_subplot()
    axes.set_xlabel(below)
    axes.set_ylabel(left)
    return figure, axes
