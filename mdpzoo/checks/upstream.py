"""The checkers of Gymnasium and SB3 for one decision maker; the spec's JSON, pickling, copies and fresh processes."""

import copy
import json
import pickle
import subprocess
import sys
from collections.abc import Callable

import gymnasium
import numpy as np
from gymnasium.utils.env_checker import check_env

from mdpzoo.checks.subject import NotApplicable, Subject, legal_action, require_equal
from mdpzoo.errors import SettingError

STARTED_ELSEWHERE = """
import gymnasium, json, sys
env = gymnasium.make("mdpzoo:" + sys.argv[1], **json.loads(sys.argv[2]))
env.reset(seed=3)
"""


def passes_gymnasium(subject: Subject) -> None:
    """Runs Gymnasium's own checker."""
    env = subject.make()
    check_env(env.unwrapped, skip_render_check=subject.spec.kind == "environment")  # a simulator's window is its own
    env.close()


def passes_sb3(subject: Subject) -> None:
    """Runs Stable-Baselines3's own checker."""
    from stable_baselines3.common.env_checker import check_env as check_for_sb3

    env = subject.make()
    check_for_sb3(env.unwrapped, warn=False)
    env.close()


def survives_json(subject: Subject) -> None:
    """Writes Gymnasium's spec as JSON and makes the environment from what was read back."""
    spec = gymnasium.spec(subject.spec.id)
    again = gymnasium.envs.registration.EnvSpec.from_json(spec.to_json())
    assert again == spec, f"the spec changed on its way through JSON: {again}"
    gymnasium.make(again, **subject.settings).close()


def starts_elsewhere(subject: Subject) -> None:
    """Makes the environment in a fresh process that has imported nothing of the zoo."""
    command = [sys.executable, "-c", STARTED_ELSEWHERE, subject.spec.id, json.dumps(dict(subject.settings))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.strip().rpartition("\n")[2]


def survives_copying(subject: Subject) -> None:
    """Pickles the environment and copies it in the middle of an episode; the copy goes on as the original does."""
    if subject.spec.kind == "environment":
        raise NotApplicable("a simulator may hold what cannot be copied")
    env = subject.make().unwrapped
    pickle.dumps(env)
    env.reset(seed=4)
    if env.step(legal_action(env, np.random.default_rng(0)))[2]:
        env.reset(seed=4)
    pickle.dumps(env)
    twin = copy.deepcopy(env)
    action = legal_action(env, np.random.default_rng(1))
    result, again = env.step(action), twin.step(action)
    require_equal("the copied environment's observation", again[0], result[0])
    require_equal("the copied environment's reward", again[1], result[1])


def refuses_unknown_options(subject: Subject) -> None:
    """Gives ``reset`` an unknown option."""
    if subject.spec.kind == "environment":
        raise NotApplicable("a simulator has its own options")
    for face in (subject.make().unwrapped, subject.make_vec(2)):
        if not hasattr(face, "rules"):
            continue  # Gymnasium's own vector environment
        try:
            face.reset(seed=0, options={"nonsense": 1})
        except SettingError:
            continue
        raise AssertionError(f"{type(face).__name__}.reset() accepts the unknown option 'nonsense'")


CHECKS: dict[str, Callable[[Subject], None]] = {
    "it passes Gymnasium's check_env": passes_gymnasium,
    "it passes Stable-Baselines3's check_env": passes_sb3,
    "its spec survives JSON": survives_json,
    "a process that imported nothing can make it": starts_elsewhere,
    "it can be pickled and copied in mid-episode": survives_copying,
    "unknown reset options are refused": refuses_unknown_options,
}
