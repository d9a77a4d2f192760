"""Tables that make piecewise environments: any tabular Gymnasium environment, and variants of a table.

``permuted``, ``noisy`` and custom rewards turn a stationary table into further segments.
"""

from collections.abc import Sequence
from typing import Any

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.models.piecewise import PiecewiseMDP


def piecewise(
    models: Sequence[Any], changes: Any, *, order: Any = None, period: int = 0, clock: str = "run"
) -> PiecewiseMDP:
    """Builds an environment whose model is replaced at change points.

    Args:
        models: L tables: ``TabularMDP`` s, or Gymnasium environments (or ids) that have one; same states and actions.
        changes: ``[K]`` ascending steps, at least 1, each the first of a new segment.
        order: ``[K + 1]`` places in ``models``, one a segment; None: they take turns.
        period: steps after which the schedule starts again; 0: never.
        clock: ``"run"``: the clock runs on through resets; ``"episode"``: it starts with each episode.

    Returns:
        The rules, for ``mdpzoo.make``, ``mdpzoo.make_vec``, ``mdpzoo.make_sb3`` and ``simulate``.

    Raises:
        SettingError: if a model has no table, models differ in shape, or the schedule is not ascending.
    """
    tables = tuple(each if isinstance(each, TabularMDP) else TabularMDP.from_gymnasium(each) for each in models)
    return PiecewiseMDP(tables, changes, order, period, clock)


def continuing(model: TabularMDP) -> TabularMDP:
    """Returns the model without ends: a transition to a terminal state leads to the start distribution instead.

    States keep their numbers; terminal states are never entered again and lead to the start, so that gains and
    diameters are those of one endless trajectory. A model without terminal states is returned unchanged.
    """
    if not model.terminal.any():
        return model
    transitions, rewards = model.to_arrays()
    expected = model.expected_rewards.copy()
    ends = transitions[:, :, model.terminal].sum(2, keepdims=True)
    transitions[:, :, model.terminal] = 0.0
    transitions += ends * model.start
    transitions[model.terminal] = model.start
    expected[model.terminal] = 0.0
    return TabularMDP.from_arrays(transitions, expected, model.start)


def permuted(model: TabularMDP, actions: Sequence[int]) -> TabularMDP:
    """Returns the model with its actions in another order: action a becomes the former ``actions[a]``.

    Raises:
        SettingError: if the list is no permutation of the actions.
    """
    if sorted(actions) != list(range(model.num_actions)):
        raise SettingError(f"actions must be a permutation of 0..{model.num_actions - 1}, got {list(actions)!s:.60}")
    transitions, rewards = model.to_arrays()
    chosen = list(actions)
    return TabularMDP.from_arrays(transitions[:, chosen], rewards[:, chosen], model.start, model.terminal)


def noisy(model: TabularMDP, share: float) -> TabularMDP:
    """Returns the model whose steps lead, with probability ``share``, to a uniformly drawn state for no reward.

    Raises:
        SettingError: if the share does not lie in [0, 1).
    """
    if not 0 <= share < 1:
        raise SettingError(f"share must lie in [0, 1), got {share}")
    transitions, rewards = model.to_arrays()
    mixed = (1 - share) * transitions + share / model.num_states
    paid = (1 - share) * transitions * rewards / mixed if share else rewards
    return TabularMDP.from_arrays(mixed, paid, model.start, model.terminal)
