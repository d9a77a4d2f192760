"""A learner by name: its settings completed from the model behind an environment."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import LatentMDP
from mdpzoo_latent.learners.designs import IGNORED, design_of, read_settings
from mdpzoo_latent.learners.records import Learner, blank
from mdpzoo_latent.learners.replanning import start_from

MOST_HISTORIES = 20_000_000  # rough bound of the tree's size, above which a learner raises an error


def learner_for(
    name: str, settings: Mapping[str, Any], states: int, actions: int, model: LatentMDP | None, seed: int | None
) -> Learner:
    """Returns an untrained learner.

    Args:
        name: of ``designs.DESIGNS``.
        settings: its settings.
        states: S.
        actions: A.
        model: of the environment, for the settings that are None; None: they must be given.
        seed: of sampled models; None: fresh randomness.

    Raises:
        SettingError: if a setting is unknown, out of its range or missing, or the histories are too many.
    """
    read = read_settings(name, settings)
    design = design_of(name, read)
    if model is not None:
        read = replace(
            read,
            contexts=read.contexts or model.num_contexts,
            horizon=read.horizon or model.horizon or None,
            starts=read.starts or np.flatnonzero(model.start.any(0)).tolist(),
            reward_range=read.reward_range if "reward_range" in settings else _range(model, read.reward_range),
        )
    contexts = 1 if design.label == IGNORED else read.contexts
    if contexts is None or read.horizon is None:
        raise SettingError(f"agent {name!r} must know contexts and horizon; give them, this environment does not")
    starts = list(range(states)) if read.starts is None else sorted({int(each) for each in read.starts})
    if not starts or not 0 <= starts[0] <= starts[-1] < states:
        raise SettingError(f"starts must be states in 0..{states - 1}, got {read.starts!s:.60}")
    read = replace(read, contexts=contexts, starts=starts)
    _check_size(name, states, actions, read.horizon or 1, len(starts), contexts > 1)
    learner = blank(design, read, states, actions, seed)
    start_from(learner, read.initial, model)
    return learner


def _range(model: LatentMDP, least: tuple[float, float]) -> tuple[float, float]:
    """Returns the range of a model's rewards, at least [0, 1]."""
    every = np.concatenate([each.rewards for each in model.models])
    return min(float(every.min()), least[0]), max(float(every.max()), least[1])


def _check_size(name: str, states: int, actions: int, horizon: int, starts: int, ordered: bool) -> None:
    """Raises if there are too many histories to store: multisets of moves that form a path are fewer than paths."""
    fan, total, level = actions * states, float(starts), float(starts)
    for _ in range(max(horizon - 2, 0)):
        level *= fan if ordered else 1
        total += level
    # counts of moves: at most the multisets of h of the S A S moves
    moves, multisets = states * actions * states, 1.0
    for step in range(1, max(horizon - 1, 1)):
        multisets *= (moves + step - 1) / step
    if ordered and min(total, multisets * states) > 50 * MOST_HISTORIES:
        raise SettingError(
            f"agent {name!r} plans over all histories, too many with {states} states, {actions} actions and "
            f"{horizon} steps; take a smaller environment"
        )
