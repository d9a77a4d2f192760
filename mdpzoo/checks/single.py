"""Checks of the single environment: Gymnasium's and SB3's own, the spec's JSON, a spawned process, illegal actions."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils.env_checker import check_env

import mdpzoo
from mdpzoo.errors import IllegalActionError

STARTED_ELSEWHERE = """
import gymnasium, json, sys
env = gymnasium.make("mdpzoo:" + sys.argv[1], **json.loads(sys.argv[2]))
env.reset(seed=3)
"""


def passes_gymnasium(id: str, settings: dict[str, Any]) -> None:
    """Runs Gymnasium's own checker."""
    env = mdpzoo.make(id, **settings)
    check_env(env.unwrapped)
    env.close()


def passes_sb3(id: str, settings: dict[str, Any]) -> None:
    """Runs Stable-Baselines3's own checker."""
    from stable_baselines3.common.env_checker import check_env as check_for_sb3

    env = mdpzoo.make(id, **settings)
    check_for_sb3(env.unwrapped, warn=False)
    env.close()


def survives_json(id: str, settings: dict[str, Any]) -> None:
    """Writes Gymnasium's spec as JSON and makes the environment from what was read back."""
    spec = gymnasium.spec(id)
    again = gymnasium.envs.registration.EnvSpec.from_json(spec.to_json())
    assert again == spec, f"the spec changed on its way through JSON: {again}"
    gymnasium.make(again, **settings).close()


def starts_elsewhere(id: str, settings: dict[str, Any]) -> None:
    """Makes the environment in a fresh process that has imported nothing of the zoo."""
    command = [sys.executable, "-c", STARTED_ELSEWHERE, id, json.dumps(settings)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.strip().rpartition("\n")[2]


def refuses_illegal_actions(id: str, settings: dict[str, Any]) -> None:
    """Plays an illegal action: the single environment raises, the batch reports it."""
    env = mdpzoo.make(id, **settings).unwrapped
    env.reset(seed=5)
    if not hasattr(env, "action_masks") or env.action_masks().all():
        return
    action = int(np.flatnonzero(~env.action_masks())[0])
    try:
        env.step(action)
    except IllegalActionError:
        pass
    else:
        raise AssertionError(f"the illegal action {action} was taken without an IllegalActionError")
    envs = mdpzoo.make_vec(id, 2, **settings)
    envs.reset(seed=5)
    legal = int(np.flatnonzero(envs.action_masks()[1])[0])  # type: ignore[attr-defined]
    _, _, terminated, _, infos = envs.step(np.array([action, legal]))
    assert infos["illegal"].tolist() == [True, False], f"infos['illegal'] is {infos['illegal'].tolist()}"
    assert terminated[0], "the row with the illegal action goes on"


CHECKS: dict[str, Callable[[str, dict[str, Any]], None]] = {
    "it passes Gymnasium's check_env": passes_gymnasium,
    "it passes Stable-Baselines3's check_env": passes_sb3,
    "its spec survives JSON": survives_json,
    "a process that imported nothing can make it": starts_elsewhere,
    "illegal actions raise alone and are reported in a batch": refuses_illegal_actions,
}
