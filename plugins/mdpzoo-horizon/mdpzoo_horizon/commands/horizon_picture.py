"""The analysis as a picture: what each lookahead is worth, and how small the gaps are. Needs matplotlib."""

import math
from pathlib import Path

from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo.files import check_folder
from mdpzoo_horizon.analysis.horizon_report import HorizonReport

FORMATS = (".png", ".svg", ".pdf")
BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#666666"  # told apart by whoever sees colours otherwise


def check_picture(path: Path) -> None:
    """Refuses, before anything is computed, what could not be drawn after it.

    Raises:
        SettingError: the file's ending is none of a picture, or there is no such folder.
        MissingExtraError: matplotlib is not installed.
    """
    if path.suffix.lower() not in FORMATS:
        raise SettingError(f"a picture's name must end in {', '.join(FORMATS)}, got {str(path)!r}")
    check_folder(path)
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError("matplotlib is not installed; type: pip install 'mdpzoo-horizon[render]'") from None


def save_picture(path: str | Path, found: HorizonReport, title: str) -> None:
    """Draws the greedy returns and the gaps over the lookahead.

    Raises:
        SettingError: the file's ending is none of a picture.
        MissingExtraError: matplotlib is not installed.
        OSError: the folder cannot be written.
    """
    check_picture(Path(path))
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    figure.suptitle(f"{title}, T = {found.horizon}")
    ks = range(1, len(found.greedy_returns) + 1)
    above.plot(ks, found.greedy_returns, "o-", color=BLUE, label="worst greedy policy")
    above.axhline(found.optimal_return, color=ORANGE, label="optimal")
    above.axhline(found.random_return, color=GREY, linestyle="--", label="random")
    above.set_ylabel("return")
    above.legend()
    gaps = [(k, gap) for k, gap in zip(ks, found.gaps, strict=True) if 0 < gap < math.inf]
    if gaps:
        below.semilogy(*zip(*gaps, strict=True), "o-", color=BLUE)
    if found.min_k is not None:
        below.axvline(found.min_k, color=ORANGE, label=f"min k = {found.min_k}")
        below.legend()
    below.set_ylabel("gap")
    below.set_xlabel("lookahead k")
    below.xaxis.get_major_locator().set_params(integer=True)
    figure.savefig(path, dpi=150)
