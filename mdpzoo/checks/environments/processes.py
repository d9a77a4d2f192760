"""Checks that an environment is portable: its spec as JSON, and the same episodes in a fresh process."""

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec

from mdpzoo.checks.subject import NotApplicable, Subject, legal_action

ELSEWHERE = """
import gymnasium, json, sys
id, settings, spec = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
try:
    env, problem = gymnasium.make(id, **settings), ""
    env.reset(seed=3)
except BaseException as error:
    problem = f"{type(error).__name__}: {error}"
    env = gymnasium.make(gymnasium.envs.registration.EnvSpec.from_json(spec), **settings)
from mdpzoo.checks.environments.processes import fingerprint
print(json.dumps([problem, fingerprint(env)]))
"""
STEPS = 40


def fingerprint(env: gymnasium.Env[Any, Any]) -> int:
    """Returns a checksum of observations and rewards over some legal steps from one seed."""
    generator = np.random.default_rng(5)
    seen, _ = env.reset(seed=3)
    total = _checksum(seen, 0)
    for _ in range(STEPS):
        seen, reward, terminated, truncated, _ = env.step(legal_action(env, generator))
        total = _checksum(np.array([reward, terminated, truncated], np.float64), _checksum(seen, total))
        if terminated or truncated:
            total = _checksum(env.reset()[0], total)
    return total


def survives_json(subject: Subject) -> None:
    """Writes Gymnasium's spec as JSON and makes the environment from it."""
    spec, text = _spec(subject)
    again = EnvSpec.from_json(text)
    assert again == spec, f"the spec changed on its way through JSON: {again}"
    gymnasium.make(again, **subject.settings).close()


def starts_elsewhere(subject: Subject) -> None:
    """Makes the environment in a fresh process that has not imported the zoo."""
    if subject.spec is None and ":" not in subject.id and _package(subject) != "gymnasium":
        raise NotApplicable(f"another package registers this id; name it too: <package>:{subject.id}")
    problem, _ = _played_elsewhere(subject)
    assert not problem, problem


def plays_the_same_elsewhere(subject: Subject) -> None:
    """Plays the same seed here and in a fresh process, where sets and string hashes are ordered differently."""
    _, found = _played_elsewhere(subject)
    assert found == fingerprint(subject.make()), "from the same seed, a fresh process plays another episode"


def _spec(subject: Subject) -> tuple[EnvSpec, str]:
    spec = gymnasium.spec(subject.id.rpartition(":")[2])
    try:
        return spec, spec.to_json()
    except ValueError as error:
        if subject.spec is None:
            raise NotApplicable(f"its spec holds what JSON has no word for: {error!s:.100}") from error
        raise


def _package(subject: Subject) -> str:
    return str(gymnasium.spec(subject.id).entry_point).partition(".")[0]


def _played_elsewhere(subject: Subject) -> tuple[str, int]:
    subject.make().close()  # where it lacks a package here, the same error elsewhere says nothing new
    id = subject.id if subject.spec is None else f"mdpzoo:{subject.id}"
    problem, found = _run(id, json.dumps(dict(subject.settings)), _spec(subject)[1])
    return problem, found


@lru_cache(maxsize=1)  # two checks ask in turn
def _run(*arguments: str) -> tuple[str, int]:
    other = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONHASHSEED": other}
    command = [sys.executable, "-c", ELSEWHERE, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)
    assert done.returncode == 0, done.stderr.strip().rpartition("\n")[2]
    problem, found = json.loads(done.stdout.strip().rpartition("\n")[2])
    return problem, found


def _checksum(seen: Any, total: int) -> int:
    if isinstance(seen, Mapping):
        for name in sorted(seen):
            total = _checksum(seen[name], total)
        return total
    if isinstance(seen, tuple | list):
        for part in seen:
            total = _checksum(part, total)
        return total
    content = seen.encode() if isinstance(seen, str) else np.ascontiguousarray(seen).tobytes()
    return zlib.crc32(content, total)


CHECKS: dict[str, Callable[[Subject], None]] = {
    "its spec survives JSON": survives_json,
    "a process that imported nothing can make it": starts_elsewhere,
    "a fresh process plays the same": plays_the_same_elsewhere,
}
