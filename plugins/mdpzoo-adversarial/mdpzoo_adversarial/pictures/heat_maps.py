"""Heat maps of robustness grids: one panel a controller, one colour scale for all."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo_adversarial.robustness.grids import RobustnessGrid

SUFFIXES = (".png", ".svg", ".pdf")


def draw_grids(grids: Mapping[str, RobustnessGrid], path: str | Path) -> None:
    """Draws grids of the same parameters beside each other: heat maps of two parameters, or curves over one.

    Args:
        grids: by the name of the controller.
        path: of the picture; its suffix, .png, .svg or .pdf, determines the format.

    Raises:
        SettingError: if there is no grid, they differ in their parameters, or the suffix is another.
        MissingExtraError: if matplotlib is not installed.
    """
    if not grids:
        raise SettingError("grids must hold at least one grid, got none")
    first = next(iter(grids.values()))
    for grid in grids.values():
        same = all(np.array_equal(mine, other) for mine, other in zip(grid.values, first.values, strict=False))
        if grid.names != first.names or not same:
            raise SettingError(f"grids must be over the same parameters, got {grid.names} beside {first.names}")
    if Path(path).suffix not in SUFFIXES:
        raise SettingError(f"a picture must end in {', '.join(SUFFIXES)}, got {str(path)!r:.80}")
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError(
            "matplotlib is not installed; type: pip install 'mdpzoo-adversarial[render]'"
        ) from error
    if len(first.names) == 1:
        figure = Figure(figsize=(6, 4), layout="constrained")
        axes = figure.subplots()
        for name, grid in grids.items():
            (line,) = axes.plot(grid.values[0], grid.means, marker="o", label=name)
            axes.fill_between(
                grid.values[0], grid.returns.min(1), grid.returns.max(1), color=line.get_color(), alpha=0.15
            )
        axes.set_xlabel(first.names[0])
        axes.set_ylabel("return, mean and range over episodes")
        axes.legend()
    else:
        figure = Figure(figsize=(1 + 3.2 * len(grids), 3.4), layout="constrained")
        panels = np.atleast_1d(figure.subplots(1, len(grids), sharey=True))
        low, high = (pick([pick(grid.means) for grid in grids.values()]) for pick in (np.min, np.max))
        for axes, (name, grid) in zip(panels, grids.items(), strict=True):
            image = axes.imshow(grid.means, origin="lower", aspect="auto", vmin=low, vmax=high)
            axes.set_title(name)
            axes.set_xlabel(grid.names[1])
            axes.set_xticks(range(len(grid.values[1])), [f"{value:g}" for value in grid.values[1]])
            axes.set_yticks(range(len(grid.values[0])), [f"{value:g}" for value in grid.values[0]])
        panels[0].set_ylabel(first.names[0])
        figure.colorbar(image, ax=list(panels), label="mean return")
    figure.savefig(path, dpi=150)
