"""Queries of an environment with finitely many states and actions, for agents: its model, limit and spaces."""

import copy
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP


def model_behind(env: Any, *kinds: type) -> Any:
    """Returns the model that an environment plays, of one of these kinds; None if it plays none.

    Args:
        env: Gymnasium's, SB3's or None.
        kinds: such as ``TabularMDP``.
    """
    rules = getattr(getattr(env, "unwrapped", env), "rules", None)
    if rules is None:
        try:
            rules = env.get_attr("rules")[0]
        except (AttributeError, IndexError):
            return None
    model = getattr(rules, "model", rules)
    return model if isinstance(model, kinds) else None


def table_behind(env: Any) -> TabularMDP | None:
    """Returns the finite model that an environment plays, or Gymnasium's own table ``P``; None if there is neither.

    Args:
        env: Gymnasium's, SB3's or None.

    Raises:
        SettingError: if the table disagrees with the environment's behaviour.
    """
    model = model_behind(env, TabularMDP)
    if model is not None:
        return model
    inner = getattr(env, "unwrapped", env)
    if isinstance(getattr(inner, "envs", None), list):  # SB3's container of single environments
        inner = inner.envs[0].unwrapped
    if getattr(inner, "P", None) is None or getattr(inner, "initial_state_distrib", None) is None:
        return None
    return TabularMDP.from_gymnasium(copy.deepcopy(inner))  # it is played for a comparison


def time_limit(env: Any) -> int | None:
    """Returns the steps after which an environment truncates an episode; None: it never does.

    Args:
        env: Gymnasium's, SB3's or None.
    """
    inner = getattr(env, "envs", env)
    inner = inner[0] if isinstance(inner, list) else inner
    for holder in (inner, getattr(inner, "spec", None)):
        limit = getattr(holder, "max_episode_steps", None)
        if isinstance(limit, int) and limit > 0:
            return limit
    return None


def check_finite_spaces(who: str, observations: Any, actions: Any) -> None:
    """Raises SettingError unless both spaces are Discrete and count from 0; ``who`` begins the sentence."""
    for name, space in (("observations", observations), ("actions", actions)):
        if not isinstance(space, Discrete) or space.start != 0:
            raise SettingError(f"{who} needs Discrete {name} from 0, got {space}")


def float32_rounding(low: float, high: float) -> float:
    """Returns by how much a reward in ``low .. high`` may leave it, because SB3 hands rewards over as float32."""
    return float(np.spacing(np.float32(max(abs(low), abs(high)))))


def episodes_begun(state: Any, episode_start: Any, rows: int) -> np.ndarray:
    """Returns ``[rows]`` bool, which episodes have just begun, from the arguments of a recurrent policy's ``predict``.

    Args:
        state: the recurrent state; None: all episodes have just begun.
        episode_start: ``[rows]`` bool; None: none has, if there is a state.
        rows: number of observations.
    """
    if state is None:
        return np.ones(rows, bool)
    return np.zeros(rows, bool) if episode_start is None else np.asarray(episode_start, bool)
