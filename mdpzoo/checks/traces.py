"""The events of one row, in a form common to all kinds of environments.

A trace is a list of events: ``("start", observation, facts)`` and ``("step", observation, reward, terminated,
truncated, facts)``. Autoreset affects how environments report events, never the events themselves.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from mdpzoo.checks.subject import Subject, legal_action, require_equal
from mdpzoo.interop.shells.infos import facts_of, row_facts

Event = tuple[Any, ...]
SEED, STEPS, LIMIT = 11, 60, 7


def single_trace(subject: Subject, row: int, **more: Any) -> tuple[list[Event], list[Any]]:
    """Plays legal actions in a new single environment; returns its trace and the actions."""
    env = subject.make(**more)
    played = trace_of(env, row)
    env.close()
    return played


def trace_of(env: Any, row: int, between: Callable[[], None] = lambda: None) -> tuple[list[Event], list[Any]]:
    """Plays legal actions in a single environment.

    Args:
        env: the environment.
        row: determines the seed and the actions.
        between: called after every step.

    Returns:
        The trace and the actions.
    """
    generator = np.random.default_rng(row)
    seen, info = env.reset(seed=SEED + row)
    events: list[Event] = [("start", seen, facts_of(info))]
    actions: list[Any] = []
    for _ in range(STEPS):
        actions.append(legal_action(env, generator))
        seen, reward, terminated, truncated, info = env.step(actions[-1])
        events.append(("step", seen, float(reward), bool(terminated), bool(truncated), facts_of(info)))
        between()
        if terminated or truncated:
            seen, info = env.reset()
            events.append(("start", seen, facts_of(info)))
    return events, actions


def vector_traces(envs: Any, mode: str, actions: list[list[Any]]) -> list[list[Event]]:
    """Plays each row's own actions in a vector environment, until every row has played all of its own."""
    rows = len(actions)
    seen, infos = envs.reset(seed=SEED)
    events: list[list[Event]] = [[("start", row_of(seen, row), row_facts(infos, row))] for row in range(rows)]
    position, waiting = [0] * rows, [False] * rows
    while min(position) < STEPS:
        batch = np.stack([np.asarray(each[min(at, STEPS - 1)]) for each, at in zip(actions, position, strict=True)])
        seen, rewards, terminated, truncated, infos = envs.step(batch)
        ended = np.zeros(rows, bool)
        for row in range(rows):
            if position[row] >= STEPS and not waiting[row]:
                continue
            if waiting[row]:  # the step that next-step autoreset spends on a reset
                assert not float(rewards[row]), f"a row that had ended was rewarded {float(rewards[row])}"
                done = bool(terminated[row] or truncated[row])
                assert not done, "a row that had ended is done again at once"
                events[row].append(("start", row_of(seen, row), row_facts(infos, row)))
                waiting[row] = False
                continue
            position[row] += 1
            ended[row] = bool(terminated[row] or truncated[row])
            same = mode == "same_step" and ended[row]
            last = infos["final_info"] if same else infos
            shown = row_of(infos["final_obs"], row) if same else row_of(seen, row)
            outcome = (float(rewards[row]), bool(terminated[row]), bool(truncated[row]))
            events[row].append(("step", shown, *outcome, row_facts(last, row)))
            if same:
                events[row].append(("start", row_of(seen, row), row_facts(infos, row)))
            waiting[row] = mode == "next_step" and bool(ended[row])
        if mode == "disabled" and ended.any():
            seen, infos = envs.reset(options={"reset_mask": ended})
            for row in (row for row in range(rows) if ended[row]):
                events[row].append(("start", row_of(seen, row), row_facts(infos, row)))
    return events


def sb3_traces(envs: Any, actions: list[list[Any]]) -> list[list[Event]]:
    """Plays each row's own actions in SB3's vector environment."""
    rows = len(actions)
    envs.seed(SEED)
    seen = envs.reset()
    events: list[list[Event]] = [[("start", row_of(seen, row), facts_of(envs.reset_infos[row]))] for row in range(rows)]
    for step in range(STEPS):
        seen, rewards, dones, infos = envs.step(np.stack([np.asarray(each[step]) for each in actions]))
        for row in range(rows):
            info, done = infos[row], bool(dones[row])
            truncated = bool(info.get("TimeLimit.truncated", False))
            shown = info["terminal_observation"] if done else row_of(seen, row)
            events[row].append(("step", shown, float(rewards[row]), done and not truncated, truncated, facts_of(info)))
            if done:
                assert {"r", "l", "t"} <= info["episode"].keys(), "the episode's statistics are missing"
                events[row].append(("start", row_of(seen, row), facts_of(envs.reset_infos[row])))
    return events


def require_same_trace(face: str, found: list[Event], expected: list[Event]) -> None:
    """Compares two traces, the second of which is the single environment's.

    Raises:
        AssertionError: at the first difference; names the environment, event and part.
    """
    parts = {"start": ("observation", "facts"), "step": ("observation", "reward", "terminated", "truncated", "facts")}
    for index, (got, wanted) in enumerate(zip(found, expected, strict=False)):
        assert got[0] == wanted[0], f"{face}: event {index} is a {got[0]}, in the single environment a {wanted[0]}"
        for name, mine, theirs in zip(parts[wanted[0]], got[1:], wanted[1:], strict=True):
            require_equal(f"{face}: the {name} of event {index} ({wanted[0]})", mine, theirs)


def row_of(values: Any, row: int) -> Any:
    """Returns one row of observations, as arrays."""
    if isinstance(values, dict):
        return {name: row_of(each, row) for name, each in values.items()}
    if isinstance(values, tuple) and values and isinstance(values[0], np.ndarray):  # of a Tuple; texts are a tuple, too
        return tuple(row_of(each, row) for each in values)
    return _host(values[row])


def _host(values: Any) -> Any:
    return values.numpy(force=True) if hasattr(values, "numpy") else values
