"""Checks that an environment is one thing with many faces: same seed, same trajectory, and the autoreset contract."""

from collections.abc import Callable
from typing import Any

import numpy as np

import mdpzoo
from mdpzoo import registry
from mdpzoo.interop.tensors import pick
from mdpzoo.protocols import BatchedProblem
from mdpzoo.specs import build

ROWS, STEPS = 3, 60


def same_everywhere(id: str, settings: dict[str, Any]) -> None:
    """Plays the same actions from the same seeds in every face and compares what comes out.

    The action of row i at step t is drawn from the single environment's own legal ones.
    """
    torch_output = {} if _synchronous(id, settings) else {"output": "torch"}
    faces = [
        mdpzoo.make_vec(id, ROWS, autoreset_mode="same_step", **settings),
        mdpzoo.make_vec(id, ROWS, autoreset_mode="same_step", **torch_output, **settings),
    ]
    for_sb3 = mdpzoo.make_sb3(id, ROWS, **settings)
    for_sb3.seed(11)
    singles = [mdpzoo.make(id, **settings) for _ in range(ROWS)]
    seen = [env.reset(seed=11 + row)[0] for row, env in enumerate(singles)]
    for name, found in (("NumPy", faces[0].reset(seed=11)[0]), ("torch", faces[1].reset(seed=11)[0])):
        _compare(name, found, seen)
    _compare("SB3", for_sb3.reset(), seen)
    generator = np.random.default_rng(0)
    for _ in range(STEPS):
        actions = [_legal(env, generator) for env in singles]
        played = [env.step(action) for env, action in zip(singles, actions, strict=True)]
        ended = [bool(step[2] or step[3]) for step in played]
        seen = [env.reset()[0] if end else step[0] for env, end, step in zip(singles, ended, played, strict=True)]
        batch = np.stack(actions)
        for name, env in zip(("NumPy", "torch"), faces, strict=True):
            found, reward, terminated, truncated, infos = env.step(batch)
            _compare(name, found, seen)
            _compare(f"{name} reward", reward, [step[1] for step in played])
            _compare(f"{name} terminated", terminated, [step[2] for step in played])
            _compare(f"{name} truncated", truncated, [step[3] for step in played])
            for row in np.flatnonzero(ended):
                _compare(f"{name} final observation", pick(infos["final_obs"], row), played[row][0], single=True)
        found, reward, dones, told = for_sb3.step(batch)
        _compare("SB3", found, seen)
        _compare("SB3 done", dones, ended)
        for row in np.flatnonzero(ended):
            _compare("SB3 terminal_observation", told[row]["terminal_observation"], played[row][0], single=True)
            cut = bool(played[row][3] and not played[row][2])
            assert told[row]["TimeLimit.truncated"] == cut, f"TimeLimit.truncated is not {cut}"
            assert {"r", "l", "t"} <= told[row]["episode"].keys(), "the episode's statistics are missing"


def next_step_autoreset(id: str, settings: dict[str, Any]) -> None:
    """After a row has ended, the next step ignores its action: reward 0, not done, a fresh episode."""
    envs = mdpzoo.make_vec(id, ROWS, autoreset_mode="next_step", max_episode_steps=4, **settings)
    observation, _ = envs.reset(seed=2)
    ended = np.zeros(ROWS, bool)
    for _ in range(12):
        observation, reward, terminated, truncated, _ = envs.step(_batch(envs, observation))
        assert not reward[ended].any(), f"a row that had ended was rewarded {reward[ended]}"
        assert not (terminated | truncated)[ended].any(), "a row that had ended is done again at once"
        ended = terminated | truncated
    assert observation in envs.observation_space, "an observation lies outside the space"


def no_autoreset(id: str, settings: dict[str, Any]) -> None:
    """Rows that have ended wait; ``reset_mask`` starts them and leaves the others alone."""
    if _synchronous(id, settings):
        return
    envs = mdpzoo.make_vec(id, ROWS, autoreset_mode="disabled", max_episode_steps=2, **settings)
    observation, _ = envs.reset(seed=2)
    for _ in range(2):
        observation, _, terminated, truncated, _ = envs.step(_batch(envs, observation))
    assert (terminated | truncated).all(), "max_episode_steps=2 did not end every row in two steps"
    mask = np.arange(ROWS) == 1
    after, _ = envs.reset(options={"reset_mask": mask})
    for row in np.flatnonzero(~mask):
        _compare("a row that was not reset", pick(after, row), pick(observation, row), single=True)
    _, reward, terminated, truncated, _ = envs.step(_batch(envs, after))
    assert not reward[~mask].any(), "a row that had ended was rewarded"
    assert not (terminated | truncated)[mask].any(), "the row that was reset ended at once"


def stays_on_device(id: str, settings: dict[str, Any]) -> None:
    """Runs the batched rules where reading a value back, or a shape that depends on data, raises."""
    if _synchronous(id, settings):
        return
    import torch

    from mdpzoo.checks.synchronisation import NoSynchronisation

    spec = registry.environment(id)
    built = build(spec.rules, {**spec.settings, **settings})
    rules: BatchedProblem = built if isinstance(built, BatchedProblem) else built.batched()
    draws = torch.rand(4, rules.initial_draws, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    with NoSynchronisation():
        state = rules.initial(draws)
        for _ in range(3):
            rules.observe(state)
            mask = rules.action_mask(state)
            action = torch.zeros(4, dtype=torch.int64) if mask is None else mask.int().argmax(1)
            state = rules.step(state, action, torch.full((4, rules.step_draws), 0.5, dtype=torch.float64)).state


def _synchronous(id: str, settings: dict[str, Any]) -> bool:
    """Whether the vector environment is Gymnasium's own, around single ones."""
    return not hasattr(mdpzoo.make_vec(id, 1, **settings), "rules")


def _legal(env: Any, generator: np.random.Generator) -> Any:
    if hasattr(env.unwrapped, "action_masks"):
        return generator.choice(np.flatnonzero(env.unwrapped.action_masks()))
    env.action_space.seed(int(generator.integers(2**31)))
    return env.action_space.sample()


def _batch(envs: Any, observation: Any) -> np.ndarray:
    if isinstance(observation, dict) and "action_mask" in observation:
        return observation["action_mask"].argmax(1)
    envs.action_space.seed(1)
    return envs.action_space.sample()


def _compare(name: str, found: Any, expected: Any, single: bool = False) -> None:
    """Requires equal values: ``expected`` is a list of rows, or one row."""
    for key, value in found.items() if isinstance(found, dict) else [("", found)]:
        rows = expected if single else [row[key] if isinstance(row, dict) else row for row in expected]
        wanted = np.asarray(rows[key] if single and isinstance(rows, dict) else rows)
        got = np.asarray(value)
        where = f"{name} {key}".strip()
        assert np.array_equal(got, wanted), f"{where} differs from the single environment: {got!s:.60} {wanted!s:.60}"


CHECKS: dict[str, Callable[[str, dict[str, Any]], None]] = {
    "same seed, same trajectory in every face": same_everywhere,
    "next-step autoreset keeps its contract": next_step_autoreset,
    "disabled autoreset keeps its contract": no_autoreset,
    "the batched rules never wait for the device": stays_on_device,
}
