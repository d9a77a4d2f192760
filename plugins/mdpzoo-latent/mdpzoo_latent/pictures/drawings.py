"""Pictures of plans, episodes and learning curves, as files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo_latent.planning.planner import Plan
from mdpzoo_latent.simulation import LatentStudy

POINTS = 201  # beliefs along a side of the simplex


def draw_value(found: Plan, state: int, path: str | Path, left: int | None = None) -> None:
    """Draws the value over the beliefs in two or three contexts, and the regions of the best first actions.

    Args:
        found: of ``plan`` with ``method="alpha"``, finished within its budget.
        state: the visible state; 0 for a POMDP.
        path: of the picture; its suffix determines the format.
        left: steps to go; None: the plan's horizon.

    Raises:
        SettingError: if the plan has no alpha vectors, another number of contexts, or no such state or step.
        MissingExtraError: if matplotlib is not installed.
    """
    if not found.stages:
        raise SettingError("values over beliefs come from alpha vectors; plan with method='alpha'")
    left = found.horizon if left is None else left
    if not 0 <= left <= found.horizon or not 0 <= state < len(found.stages[left]):
        raise SettingError(f"there is no state {state} with {left} steps to go in this plan")
    vectors = found.stages[left][state]
    hidden = vectors.vectors.shape[1]
    if hidden not in (2, 3):
        raise SettingError(f"a picture shows beliefs in 2 or 3 contexts, this model has {hidden}")
    figure = _figure()
    if hidden == 2:
        _draw_segment(figure, vectors)
    else:
        _draw_triangle(figure, vectors)
    figure.savefig(path, dpi=150)


def draw_beliefs(
    beliefs: np.ndarray, path: str | Path, actions: Sequence[int] = (), context: int | None = None
) -> None:
    """Draws the probability of each context along an episode.

    Args:
        beliefs: ``[steps + 1, M]``, as ``BeliefFilter`` returns them one after the other.
        path: of the picture; its suffix determines the format.
        actions: ``[steps]``, written between the beliefs.
        context: the true one, drawn thicker; None: not known.

    Raises:
        SettingError: if the beliefs are not probabilities.
        MissingExtraError: if matplotlib is not installed.
    """
    traces = np.asarray(beliefs, np.float64)
    if traces.ndim != 2 or not np.allclose(traces.sum(1), 1):
        raise SettingError(f"beliefs must be probabilities of shape [steps, M], got shape {list(traces.shape)}")
    figure = _figure()
    axes = figure.subplots()
    for m, trace in enumerate(traces.T):
        axes.plot(trace, marker=".", linewidth=3 if m == context else 1.2, label=f"context {m}")
    for step, action in enumerate(actions):
        axes.annotate(str(action), (step + 0.5, 1.02), ha="center", annotation_clip=False)
    axes.set(xlabel="step, actions above", ylabel="probability", ylim=(0, 1))
    axes.legend()
    figure.savefig(path, dpi=150)


def draw_regret(results: Sequence[LatentStudy], path: str | Path, logarithmic: bool = True) -> None:
    """Draws the regret against the exact optimum, mean and range over seeds.

    Args:
        results: of ``simulate``, in the same environment.
        path: of the picture; its suffix determines the format.
        logarithmic: whether both axes are; values below 1 are then left out.

    Raises:
        SettingError: if there is no result, or the optima differ.
        MissingExtraError: if matplotlib is not installed.
    """
    if not results or any(abs(each.optimum - results[0].optimum) > 1e-9 for each in results):
        raise SettingError("results must be of one environment, at least one")
    figure = _figure()
    axes = figure.subplots()
    for each in results:
        (line,) = axes.plot(each.at, each.regret.mean(0), label=each.agent)
        low, high = each.regret.min(0), each.regret.max(0)
        axes.fill_between(each.at, low, high, color=line.get_color(), alpha=0.15)
    axes.set(xlabel="episodes", ylabel=f"regret against the optimum {results[0].optimum:.4g}")
    if logarithmic:
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_ylim(bottom=1)
    axes.legend()
    figure.savefig(path, dpi=150)


def _figure() -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("matplotlib is not installed; type: pip install 'mdpzoo-latent[render]'") from error
    return Figure(figsize=(8, 4.5), layout="constrained")


def _draw_segment(figure: Any, vectors: Any) -> None:
    second = np.linspace(0, 1, POINTS)
    beliefs = np.stack([1 - second, second], 1)
    axes = figure.subplots()
    for vector, action in zip(vectors.vectors, vectors.actions, strict=True):
        axes.plot(second, beliefs @ vector, color=f"C{action}", linewidth=0.8, linestyle="--")
    best = (beliefs @ vectors.vectors.T).argmax(1)
    value = vectors.value(beliefs)
    for action in np.unique(vectors.actions):
        chosen = vectors.actions[best] == action
        axes.plot(second, np.where(chosen, value, np.nan), color=f"C{action}", linewidth=3, label=f"action {action}")
    axes.set(xlabel="probability of context 1", ylabel="value")
    axes.legend()


def _draw_triangle(figure: Any, vectors: Any) -> None:
    steps = np.linspace(0, 1, 61)
    first, second = (each.ravel() for each in np.meshgrid(steps, steps))
    inside = first + second <= 1 + 1e-12
    beliefs = np.stack([first, second, 1 - first - second], 1)[inside].clip(0)
    corners = np.array([[0, 0], [1, 0], [0.5, np.sqrt(3) / 2]])
    places = beliefs @ corners
    actions = vectors.actions[(beliefs @ vectors.vectors.T).argmax(1)]
    shown, drawn = figure.subplots(1, 2)
    picture = shown.tricontourf(*places.T, vectors.value(beliefs), levels=20)
    figure.colorbar(picture, ax=shown, label="value")
    for action in np.unique(actions):
        drawn.scatter(*places[actions == action].T, s=9, color=f"C{action}", label=f"action {action}")
    drawn.legend()
    for axes in (shown, drawn):
        axes.set_aspect("equal")
        axes.axis("off")
        for m, corner in enumerate(corners):
            axes.annotate(f"context {m}", corner, ha="center")
