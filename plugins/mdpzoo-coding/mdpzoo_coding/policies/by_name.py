"""Policies by name: ``zoo:NAME``, ``soft:TEMPERATURE``, a table (.npy) or a saved agent."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mdpzoo.errors import InstanceError, SettingError, did_you_mean
from mdpzoo.loading import load_agent
from mdpzoo_coding.policies.interface import ActionProbabilities, TabularPolicy, as_probabilities
from mdpzoo_coding.policies.poles import linear_pole, steady_pole
from mdpzoo_coding.policies.soft_optimal import soft_policy, table_of

ZOO: Mapping[str, Callable[[], ActionProbabilities]] = {"steady": steady_pole, "linear": linear_pole}
DEFAULTS = {"CartPole-v1": "zoo:steady", "CartPole-v0": "zoo:steady"}
DISCOUNT = 0.99  # of soft:TEMPERATURE


def policy_named(name: str | None, env: Any) -> ActionProbabilities:
    """Returns the policy of a name or a file.

    Args:
        name: ``zoo:steady`` or ``zoo:linear`` (CartPole), ``soft:0.1`` (soft-optimal with that temperature and discount
            0.99, for environments with a table), a ``.npy`` file of probabilities ``[S, A]`` or ``[H, S, A]``, or a
            saved agent, which is read without unpickling; None: the zoo's for this environment.
        env: the environment.

    Raises:
        SettingError: if there is no such policy, or none for this environment.
        InstanceError: if a file is damaged.
        CheckpointError: if a saved agent cannot be read.
    """
    if name is None:
        id = env.spec.id if env.spec is not None else "this environment"
        if id not in DEFAULTS:
            raise SettingError(f"there is no ready policy for {id}; give --policy, a saved agent or soft:TEMPERATURE")
        name = DEFAULTS[id]
    kind, colon, rest = name.partition(":")
    if colon and kind == "zoo":
        if rest not in ZOO:
            raise SettingError(f"unknown policy {name!r}.{did_you_mean(rest, ZOO) or f' Known: zoo:{sorted(ZOO)}'}")
        return ZOO[rest]()
    if colon and kind == "soft":
        return soft_policy(table_of(env), _temperature(rest), discount=DISCOUNT)
    if Path(name).suffix == ".npy":
        return _table(Path(name))
    return as_probabilities(load_agent(name, env))


def _temperature(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise SettingError(f"soft: takes a temperature, as in soft:0.1, got {text!r:.40}") from None


def _table(path: Path) -> TabularPolicy:
    try:
        table = np.load(path, allow_pickle=False, mmap_mode=None)
    except OSError as error:
        raise InstanceError(f"{path.name} cannot be read: {error.strerror or error}") from None
    except Exception as error:  # a hostile file may cause any error
        raise InstanceError(f"{path.name} is no array of numbers: {error!s:.80}") from None
    if table.dtype.kind not in "fiu":
        raise InstanceError(f"{path.name} must hold numbers, got {table.dtype}")
    return TabularPolicy(table)
