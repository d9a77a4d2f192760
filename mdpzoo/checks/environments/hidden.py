"""Checks of hidden facts: none leaks unless requested, and with ``reveal="end"`` they appear once an episode."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mdpzoo.checks.subject import NotApplicable, Subject, legal_action
from mdpzoo.checks.traces import LIMIT
from mdpzoo.codes import load
from mdpzoo.interop.shells.infos import facts_of, row_facts

ROWS, STEPS = 3, 80


def nothing_leaks(subject: Subject) -> None:
    """Looks for hidden facts in infos, observations and ``repr`` of environments that should not reveal any."""
    names = _names(subject)
    env = subject.make(max_episode_steps=LIMIT)
    generator = np.random.default_rng(0)
    _, info = env.reset(seed=0)
    for _ in range(STEPS):
        _no_fact(info, names, "the single environment")
        for text in (repr(env), repr(env.unwrapped), str(env.unwrapped.__dict__.get("rules", ""))):
            shown = [name for name in names if name in text]
            assert not shown, f"repr shows {shown[0]!r}: {text:.80}"
        _, _, terminated, truncated, info = env.step(legal_action(env, generator))
        if terminated or truncated:
            _no_fact(info, names, "the single environment at an episode's end")
            _, info = env.reset()
    for output in subject.outputs():
        more = {} if output == "numpy" else {"output": "torch"}
        envs = subject.make_vec(ROWS, autoreset_mode="same_step", max_episode_steps=LIMIT, **more)
        _, infos = envs.reset(seed=0)
        for _ in range(2 * LIMIT):
            _no_fact(infos, names, "the vector environment")
            _no_fact(infos.get("final_info", {}), names, "final_info")
            _, _, _, _, infos = envs.step(_batch(envs))


def observations_hide_them(subject: Subject) -> None:
    """Checks that no entry of the observation equals a changing hidden fact at every step."""
    _names(subject)
    env = subject.make(reveal="always", max_episode_steps=LIMIT)
    generator = np.random.default_rng(0)
    rows: list[tuple[dict[str, np.ndarray], dict[str, Any]]] = []
    for episode in range(20):
        seen, info = env.reset(seed=episode)
        rows.append((_entries(seen), facts_of(info)))
        ended = False
        while not ended:
            seen, _, terminated, truncated, info = env.step(legal_action(env, generator))
            rows.append((_entries(seen), facts_of(info)))
            ended = terminated or truncated
    for name in rows[0][1]:
        facts = [np.asarray(fact[name], np.float64).ravel() for _, fact in rows]
        if len({each.tobytes() for each in facts}) < 2 or facts[0].size != 1:
            continue
        column = np.concatenate(facts)
        for entry in rows[0][0]:
            values = np.stack([each[entry] for each, _ in rows])  # [steps, width]
            same = (values == column[:, None]).all(0)
            assert not same.any(), f"the observation shows the hidden fact {name!r}, in its entry {entry or 'itself'}"


def the_end_reveals_once(subject: Subject) -> None:
    """Counts the labels that ``reveal="end"`` gives in every face: one an episode, in its last info."""
    names = _names(subject)
    env = subject.make(reveal="end", max_episode_steps=LIMIT)
    generator = np.random.default_rng(0)
    _, info = env.reset(seed=0)
    assert not facts_of(info), "reset() reveals something before the end"
    for _ in range(STEPS):
        _, _, terminated, truncated, info = env.step(legal_action(env, generator))
        _labels("the single environment", facts_of(info), names, terminated or truncated)
        if terminated or truncated:
            env.reset()
    for output in subject.outputs():
        for mode in ("next_step", "same_step", "disabled"):
            _count_in_vector(subject, output, mode, names)
    envs = subject.make_sb3(ROWS, reveal="end", max_episode_steps=LIMIT)
    envs.seed(0)
    envs.reset()
    for _ in range(3 * LIMIT):
        _, _, dones, infos = envs.step(_batch(envs))
        for done, info in zip(dones, infos, strict=True):
            _labels("SB3", facts_of(info), names, bool(done))


def _count_in_vector(subject: Subject, output: str, mode: str, names: set[str]) -> None:
    more = {} if output == "numpy" else {"output": "torch"}
    envs = subject.make_vec(ROWS, autoreset_mode=mode, reveal="end", max_episode_steps=LIMIT, **more)
    envs.reset(seed=0)
    fresh = np.zeros(ROWS, bool)  # rows for which this step is a reset
    for _ in range(4 * LIMIT):
        _, _, terminated, truncated, infos = envs.step(_batch(envs))
        ended = np.asarray(terminated) | np.asarray(truncated)
        for row in range(ROWS):
            last = infos.get("final_info", {}) if mode == "same_step" else infos
            _labels(f"vector, {output}, {mode}", row_facts(last, row), names, bool(ended[row]) and not fresh[row])
            if mode == "same_step":
                assert not row_facts(infos, row), "same-step autoreset labels the next episode's first info"
        fresh = ended if mode == "next_step" else fresh
        if mode == "disabled" and ended.any():
            envs.reset(options={"reset_mask": ended})


def _labels(face: str, found: Mapping[str, Any], names: set[str], expected: bool) -> None:
    wanted = names if expected else set()
    assert set(found) == wanted, f"{face}: info reveals {sorted(found)} where {sorted(wanted)} is right"


def _no_fact(info: Mapping[str, Any], names: set[str], where: str) -> None:
    leaked = [name for name in names if name in info]
    assert not leaked, f"{where} reveals {leaked[0]!r} without being asked"


def _names(subject: Subject) -> set[str]:
    """Returns the names of the facts that can be revealed.

    Raises:
        NotApplicable: if nothing is hidden.
    """
    if subject.kind == "environment":
        known = {} if subject.spec is None else inspect.signature(load(subject.spec.rules)).parameters
        if "reveal" not in known:
            raise NotApplicable("this simulator has no setting reveal")
    elif not hasattr(subject.rules(), "reveal"):
        raise NotApplicable("these rules hide nothing: they have no reveal(state)")
    env = subject.make(reveal="always")
    _, info = env.reset(seed=0)
    return set(facts_of(info))


def _entries(seen: Any) -> dict[str, np.ndarray]:
    if isinstance(seen, Mapping):
        return {f"{name}{inner}": each for name, part in seen.items() for inner, each in _entries(part).items()}
    return {"": np.asarray(seen, np.float64).ravel()}


def _batch(envs: Any) -> np.ndarray:
    if hasattr(envs, "action_masks") or (hasattr(envs, "has_attr") and envs.has_attr("action_masks")):
        masks = envs.action_masks() if hasattr(envs, "action_masks") else np.stack(envs.env_method("action_masks"))
        masks = np.asarray(masks)
        if masks.ndim == 2 and hasattr(getattr(envs, "single_action_space", envs.action_space), "n"):
            return masks.argmax(1)
    space = getattr(envs, "single_action_space", envs.action_space)
    space.seed(3)
    return np.stack([np.asarray(space.sample()) for _ in range(ROWS)])


CHECKS: dict[str, Callable[[Subject], None]] = {
    "hidden facts do not leak through infos or repr": nothing_leaks,
    "hidden facts do not stand in the observation": observations_hide_them,
    'reveal="end" labels every episode once': the_end_reveals_once,
}
