"""Draws greedy returns and gaps by lookahead. Needs matplotlib."""

import math
from pathlib import Path

from mdpzoo.files import check_figure
from mdpzoo_horizon.analysis.horizon_report import HorizonReport

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#666666"  # distinguishable with colour blindness


def save_picture(path: str | Path, report: HorizonReport, title: str) -> None:
    """Draws the greedy returns and the gaps by lookahead and saves the figure.

    Raises:
        SettingError: if the suffix is not supported.
        MissingExtraError: if matplotlib is not installed.
        OSError: if the folder cannot be written to.
    """
    check_figure(Path(path), "mdpzoo-horizon")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    figure.suptitle(f"{title}, T = {report.horizon}")
    ks = range(1, len(report.greedy_returns) + 1)
    above.plot(ks, report.greedy_returns, "o-", color=BLUE, label="worst greedy policy")
    above.axhline(report.optimal_return, color=ORANGE, label="optimal")
    above.axhline(report.random_return, color=GREY, linestyle="--", label="random")
    above.set_ylabel("return")
    above.legend()
    gaps = [(k, gap) for k, gap in zip(ks, report.gaps, strict=True) if 0 < gap < math.inf]
    if gaps:
        below.semilogy(*zip(*gaps, strict=True), "o-", color=BLUE)
    if report.min_k is not None:
        below.axvline(report.min_k, color=ORANGE, label=f"min k = {report.min_k}")
        below.legend()
    below.set_ylabel("gap")
    below.set_xlabel("lookahead k")
    below.xaxis.get_major_locator().set_params(integer=True)
    figure.savefig(path, dpi=150)
