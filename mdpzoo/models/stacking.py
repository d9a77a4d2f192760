"""Several finite MDPs of one shape as one table: state s of model m is state ``m * S + s``."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models.tabular import TabularMDP


def stack(models: Sequence[TabularMDP], start: np.ndarray) -> TabularMDP:
    """Returns L models as one table of ``L S`` states.

    Args:
        models: L models with the same numbers of states S and of actions A.
        start: ``[L S]`` float64, the distribution of the first state.
    """
    lengths = np.cumsum([0, *(len(each.successors) for each in models)])
    parts = [each.offsets[:-1] + lengths[m] for m, each in enumerate(models)]
    return TabularMDP(
        np.concatenate([*parts, lengths[-1:]]),
        np.concatenate([each.successors + m * each.num_states for m, each in enumerate(models)]),
        np.concatenate([each.probabilities for each in models]),
        np.concatenate([each.rewards for each in models]),
        start,
        np.concatenate([each.terminal for each in models]),
    )


def check_same_shape(models: Sequence[Any]) -> None:
    """Checks that there is a model, and that all are ``TabularMDP`` s with the same states and actions.

    Raises:
        SettingError: if not; names the first that differs.
    """
    if not models:
        raise SettingError("models must hold at least one TabularMDP, got none")
    for place, model in enumerate(models):
        if not isinstance(model, TabularMDP):
            raise SettingError(f"models must be TabularMDPs, got {type(model).__name__} at place {place}")
        shape, first = ((each.num_states, each.num_actions) for each in (model, models[0]))
        if shape != first:
            raise SettingError(
                f"models must have the same states and actions, got {list(first)} at place 0 "
                f"and {list(shape)} at place {place}"
            )
