"""The checkers of Gymnasium and SB3 for one decision maker; pickling, copies and unknown options."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.utils import EzPickle
from gymnasium.utils.env_checker import check_env

from mdpzoo.checks.subject import NotApplicable, Subject, legal_action, require_equal
from mdpzoo.errors import SettingError

OF_SB3 = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)


def passes_gymnasium(subject: Subject) -> None:
    """Runs Gymnasium's own checker."""
    env = subject.make()
    check_env(env.unwrapped, skip_render_check=subject.kind == "environment")  # a simulator's window is its own
    env.close()


def passes_sb3(subject: Subject) -> None:
    """Runs Stable-Baselines3's own checker."""
    from stable_baselines3.common.env_checker import check_env as check_for_sb3

    env = subject.make()
    if kind := foreign_to_sb3(env):
        raise NotApplicable(f"Stable-Baselines3 has no {kind} spaces")
    check_for_sb3(env.unwrapped, warn=False)
    env.close()


def survives_copying(subject: Subject) -> None:
    """Pickles and copies the environment in mid-episode; the copy must continue as the original does."""
    env = subject.make().unwrapped
    if isinstance(env, EzPickle):
        raise NotApplicable("its copies are made anew from the constructor's arguments, without an episode")
    env.reset(seed=4)
    if env.step(legal_action(env, np.random.default_rng(0)))[2]:
        env.reset(seed=4)
    try:
        pickle.dumps(env)
        twin = copy.deepcopy(env)
    except Exception as error:
        if subject.kind == "environment":
            raise NotApplicable(f"this simulator holds what cannot be copied: {error!s:.100}") from error
        raise
    action = legal_action(env, np.random.default_rng(1))
    seen, reward, *_ = env.step(action)
    again = twin.step(action)
    require_equal("the copied environment's observation", again[0], seen)
    require_equal("the copied environment's reward", again[1], reward)


def refuses_unknown_options(subject: Subject) -> None:
    """Passes an unknown option to ``reset``, which must raise."""
    if subject.kind == "environment":
        raise NotApplicable("a simulator has its own options")
    for face in (subject.make().unwrapped, subject.make_vec(2)):
        if not hasattr(face, "rules"):
            continue  # Gymnasium's own vector environment
        try:
            face.reset(seed=0, options={"nonsense": 1})
        except SettingError:
            continue
        raise AssertionError(f"{type(face).__name__}.reset() accepts the unknown option 'nonsense'")


def foreign_to_sb3(env: gymnasium.Env[Any, Any]) -> str:
    """Returns the kind of a space that Stable-Baselines3 does not support; empty if it supports all."""
    parts = (
        env.observation_space.values() if isinstance(env.observation_space, spaces.Dict) else [env.observation_space]
    )
    return next((type(each).__name__ for each in (*parts, env.action_space) if not isinstance(each, OF_SB3)), "")


CHECKS: dict[str, Callable[[Subject], None]] = {
    "it passes Gymnasium's check_env": passes_gymnasium,
    "it passes Stable-Baselines3's check_env": passes_sb3,
    "it can be pickled and copied in mid-episode": survives_copying,
    "unknown reset options are refused": refuses_unknown_options,
}
