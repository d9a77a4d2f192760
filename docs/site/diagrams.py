"""Pictures of finite models as SVG: who leads where, and what it pays.

A model is a row of panels, one an action: the darker a cell, the likelier the row's state leads to the column's state;
the strip at the right is the expected reward. Contexts of a latent MDP and segments of a piecewise-stationary one stand
below each other.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import random_play

from mdpzoo.models import TabularMDP, TabularPOMDP

SIDE, GAP, STRIP, HEAD = 132, 26, 12, 22  # pixels
MOST = 4  # tables, and actions, that are drawn
DARK, GOOD, BAD = (37, 110, 170), (42, 138, 90), (190, 68, 58)
TABLES = (
    "Each square is an action: the darker a cell, the likelier the state of its row leads to that of its column. The "
    "strip at the right is the expected reward, green above and red below 0."
)
EPISODE = "The numbers that the first player observes during an episode of random actions, each scaled to its range."
COLOURS = ("#2570aa", "#d08a1d", "#2a8a5a", "#a0489a", "#be443a", "#777788")

Table = tuple[np.ndarray, np.ndarray]  # transitions [S, A, S] and expected rewards [S, A]


def diagram(rules: Any) -> str | None:
    """Returns the picture of finite rules as SVG; None if they hold no tables.

    Args:
        rules: a ``TabularMDP`` or ``TabularPOMDP``, or rules that hold several tables in ``models``.
    """
    tables = tables_of(rules)[:MOST]
    if not tables:
        return None
    actions = min(MOST, tables[0][1].shape[1])
    scale = max(max(float(np.abs(rewards).max()) for _, rewards in tables), 1e-12)
    width = actions * (SIDE + STRIP + GAP) + GAP
    height = len(tables) * (SIDE + HEAD + GAP)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">']
    parts.append("<style>text{font:12px system-ui,sans-serif;fill:#778}</style>")
    for row, (transitions, rewards) in enumerate(tables):
        for action in range(actions):
            x, y = GAP + action * (SIDE + STRIP + GAP), row * (SIDE + HEAD + GAP) + 4
            title = f"action {action}" if len(tables) == 1 else f"table {row}, action {action}"
            parts.append(f'<text x="{x}" y="{y + 13}">{title}</text>')
            parts += _panel(transitions[:, action], rewards[:, action] / scale, x, y + HEAD)
    return "\n".join([*parts, "</svg>"])


def tables_of(rules: Any) -> list[Table]:
    """The tables that rules hold: their own, or those of their contexts, segments or phases."""
    if isinstance(rules, TabularPOMDP):
        return [(rules.transitions, rules.rewards)]
    if isinstance(rules, TabularMDP):
        return [(rules.to_arrays()[0], rules.expected_rewards.reshape(rules.num_states, -1))]
    held = [*getattr(rules, "models", ()), *vars(rules).values()] if hasattr(rules, "__dict__") else ()
    return [table for each in held if isinstance(each, TabularMDP) for table in tables_of(each)]


def _panel(transitions: np.ndarray, rewards: np.ndarray, x: int, y: int) -> Iterator[str]:
    """One action: transitions ``[S, S]`` as a square, and rewards ``[S]`` in [-1, 1] as a strip."""
    cell = SIDE / len(rewards)
    yield f'<rect x="{x}" y="{y}" width="{SIDE}" height="{SIDE}" fill="#8882"/>'
    for state, after in zip(*np.nonzero(transitions > 1e-3), strict=True):
        place = f'x="{x + after * cell:.1f}" y="{y + state * cell:.1f}" width="{cell:.1f}" height="{cell:.1f}"'
        yield f'<rect {place} fill="rgb{DARK}" fill-opacity="{transitions[state, after]:.2f}"/>'
    for state in np.flatnonzero(rewards):
        place = f'x="{x + SIDE + 3}" y="{y + state * cell:.1f}" width="{STRIP - 3}" height="{cell:.1f}"'
        colour = GOOD if rewards[state] > 0 else BAD
        yield f'<rect {place} fill="rgb{colour}" fill-opacity="{abs(rewards[state]):.2f}"/>'


def episode_chart(id: str, seed: int = 0, steps: int = 60) -> str:
    """Returns the observation's numbers during one random episode as SVG, for what draws no picture itself.

    Args:
        id: an environment's id.
        seed: of the environment and of the actions.
        steps: at most this many.
    """
    numbers = np.stack([_flat(observation) for _, observation in random_play.episode(id, steps, seed)])[:, :6]
    low, high = numbers.min(0), numbers.max(0)
    scaled = (numbers - low) / np.where(high > low, high - low, 1.0)
    width, height = 560, 200
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">']
    for column, colour in zip(scaled.T, COLOURS, strict=False):
        x = np.linspace(10, width - 10, len(column)) if len(column) > 1 else np.array([width / 2])
        points = " ".join(f"{at:.1f},{height - 12 - y * (height - 24):.1f}" for at, y in zip(x, column, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    return "\n".join([*parts, "</svg>"])


def _flat(observation: Any) -> np.ndarray:
    values = observation.values() if isinstance(observation, dict) else [observation]
    return np.concatenate([np.ravel(np.asarray(each, float)) for each in values])
