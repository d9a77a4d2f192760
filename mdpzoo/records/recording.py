"""Recording: a policy plays whole episodes, or a number of steps, and every step is stored."""

from typing import Any

import gymnasium
import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.interop.shells.infos import facts_of
from mdpzoo.records.behaviour import behaviour_of
from mdpzoo.records.trajectories import Trajectories


class _Row:
    """The record of one environment so far."""

    def __init__(self) -> None:
        self.observations: list[Any] = []
        self.steps: list[tuple[Any, float, bool, bool, float]] = []
        self.facts: list[dict[str, Any]] = []
        self.lengths: list[int] = []


def record(
    policy: Any,
    envs: Any,
    *,
    episodes: int | None = None,
    steps: int | None = None,
    seed: int | None = None,
    deterministic: bool = False,
    advance: Any = None,
) -> Trajectories:
    """Plays and records.

    Every environment plays its share of the episodes or steps, so that short episodes are not preferred.

    Args:
        policy: anything with SB3's ``predict``, or one of ``mdpzoo.policies``. Log-probabilities are known for tables,
            and for SB3's PPO, A2C and TRPO.
        envs: a Gymnasium environment or SB3's ``VecEnv``. Hidden facts are recorded if it reveals them (``reveal=``).
        episodes: how many to record, at least 1.
        steps: how many to record instead, at least 1; the last episodes may be unfinished.
        seed: of the environments, and of the policy's draws; None: their current states.
        deterministic: whether the policy takes its most likely action instead of drawing.
        advance: called with the number of episodes or steps done.

    Raises:
        SettingError: if not exactly one of ``episodes`` and ``steps`` is given, or it is less than 1.
    """
    if (episodes is None) == (steps is None):
        raise SettingError("record() needs either episodes=... or steps=...")
    goal = episodes if steps is None else steps
    if goal is None or goal < 1:
        raise SettingError(f"{'episodes' if steps is None else 'steps'} must be at least 1, got {goal}")
    envs = _vectorised(envs)
    behaviour = behaviour_of(policy, envs, deterministic, seed)
    share = np.array([(goal + row) // envs.num_envs for row in range(envs.num_envs)])
    import torch

    with torch.random.fork_rng(devices=[], enabled=seed is not None):  # SB3's policies draw from torch's own stream
        if seed is not None:
            torch.manual_seed(seed)
        rows = _play(envs, behaviour, share, steps is not None, seed, advance)
    return _assembled(rows, envs, policy, seed, behaviour.knows)


def _vectorised(envs: Any) -> Any:
    from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

    if isinstance(envs, VecEnv):
        return envs
    if isinstance(envs, gymnasium.Env):
        return DummyVecEnv([lambda: envs])
    raise SettingError(f"record() plays a Gymnasium environment or SB3's VecEnv, got {type(envs).__name__}")


def _play(envs: Any, behaviour: Any, share: np.ndarray, in_steps: bool, seed: int | None, advance: Any) -> list[_Row]:
    """Plays until every row has its share of steps or episodes."""
    if seed is not None:
        envs.seed(seed)
    seen, rows = envs.reset(), [_Row() for _ in share]
    first, length = np.ones(len(share), bool), np.zeros(len(share), np.int64)
    done = np.zeros(len(share), np.int64)
    for row in np.flatnonzero(share).tolist():
        each = rows[row]
        each.observations.append(_pick(seen, row))
        each.facts.append(_facts(envs.reset_infos[row]))
    while (done < share).any():
        actions, chances = behaviour.act(seen, first)
        seen, rewards, first, infos = envs.step(actions)
        length += 1
        for row in (row for row in range(len(rows)) if done[row] < share[row]):
            each, info, over = rows[row], infos[row], bool(first[row])
            truncated = bool(info.get("TimeLimit.truncated", False))
            each.steps.append((actions[row], float(rewards[row]), over and not truncated, truncated, chances[row]))
            each.observations.append(info["terminal_observation"] if over else _pick(seen, row))
            each.facts.append(_facts(info))
            done[row] += in_steps or over
            if over or done[row] == share[row]:
                each.lengths.append(int(length[row]))
                if done[row] < share[row]:
                    each.observations.append(_pick(seen, row))
                    each.facts.append(_facts(envs.reset_infos[row]))
        length[first] = 0
        if advance is not None:
            advance(int(done.sum()))
    return rows


def _assembled(rows: list[_Row], envs: Any, policy: Any, seed: int | None, knows: bool) -> Trajectories:
    """Concatenates the rows."""
    from mdpzoo.checkpoints import describe

    steps = [step for row in rows for step in row.steps]
    lengths = [length for row in rows for length in row.lengths]
    actions, rewards, terminated, truncated, chances = zip(*steps, strict=True)
    facts, at = _revealed([each for row in rows for each in row.facts], lengths)
    home = describe(envs) or {"id": "unknown", "settings": {}}
    source = {"environment": home["id"], "settings": home["settings"], "seed": seed}
    return Trajectories(
        observations=_stacked([each for row in rows for each in row.observations], envs.observation_space),
        actions=_stacked(list(actions), envs.action_space),
        rewards=np.array(rewards),
        terminated=np.array(terminated),
        truncated=np.array(truncated),
        offsets=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
        observation_space=envs.observation_space,
        action_space=envs.action_space,
        log_probabilities=np.array(chances, np.float64) if knows else None,
        revealed=facts,
        revealed_at=at,
        source=source | {"agent": str(getattr(policy, "mdpzoo", {}).get("agent", type(policy).__name__))},
    )


def _revealed(facts: list[dict[str, Any]], lengths: list[int]) -> tuple[dict[str, np.ndarray], str]:
    """Returns arrays of the facts, per observation or per episode, and the value of ``revealed_at``."""
    last = np.cumsum([length + 1 for length in lengths]) - 1
    if facts and facts[0]:
        return {name: np.array([each[name] for each in facts]) for name in facts[0]}, "always"
    ends = [facts[index] for index in last]
    if ends and all(ends):
        return {name: np.array([each[name] for each in ends]) for name in ends[0]}, "end"
    return {}, "never"


def _facts(info: dict[str, Any]) -> dict[str, Any]:
    """Returns the facts in an info that are numbers or arrays of numbers."""
    kept = {name: np.asarray(each) for name, each in facts_of(info).items()}
    return {name: each for name, each in kept.items() if each.dtype.kind in "biuf"}


def _stacked(values: list[Any], space: Any) -> Any:
    if isinstance(values[0], dict):
        return {name: _stacked([each[name] for each in values], space[name]) for name in values[0]}
    return np.stack([np.asarray(each) for each in values]).astype(space.dtype, copy=False)


def _pick(values: Any, row: int) -> Any:
    if isinstance(values, dict):
        return {name: _pick(each, row) for name, each in values.items()}
    return np.array(values[row])
