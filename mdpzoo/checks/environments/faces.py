"""Checks that all forms of an environment agree: one seed, one trajectory, hidden facts included."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mdpzoo.checks.environments.upstream import foreign_to_sb3
from mdpzoo.checks.subject import NotApplicable, Subject
from mdpzoo.checks.traces import LIMIT, require_same_trace, sb3_traces, single_trace, vector_traces
from mdpzoo.interop.shells.batched_vector import autoreset

ROWS = 3
MODES = ("next_step", "same_step", "disabled")


def same_everywhere(subject: Subject) -> None:
    """Plays the same actions from the same seeds in every form and compares all results."""
    _compare(subject, {})


def same_everywhere_when_truncated(subject: Subject) -> None:
    """Does the same with episodes of at most seven steps, so that resets are frequent."""
    _compare(subject, {"max_episode_steps": LIMIT})


def dense_rules_play_the_same(subject: Subject) -> None:
    """Compares the tensor form with the compiled form, in every autoreset mode."""
    from mdpzoo.interop.shells.tensor_vector import TensorVectorEnv

    problem = subject.batched()
    if not hasattr(problem, "compiled"):
        raise NotApplicable("the vector environment plays the tensors already")
    traces, actions = _reference(subject, {"max_episode_steps": LIMIT})
    for mode in MODES:
        envs = TensorVectorEnv(problem, ROWS, autoreset_mode=autoreset(mode), max_episode_steps=LIMIT, reveal="always")
        for found, expected in zip(vector_traces(envs, mode, actions), traces, strict=True):
            require_same_trace(f"tensors, {mode}", found, expected)


def stays_on_device(subject: Subject) -> None:
    """Runs the batched rules under a guard that raises if a value is read back or a shape depends on data."""
    import torch

    from mdpzoo.checks.environments.synchronisation import NoSynchronisation

    rules = subject.batched()
    draws = torch.rand(4, rules.initial_draws, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    shape = (4, *(rules.action_space.shape or ()))
    dtype = getattr(torch, str(rules.action_space.dtype))
    with NoSynchronisation():
        state = rules.initial(draws)
        for _ in range(3):
            rules.observe(state)
            mask = rules.action_mask(state)
            action = torch.zeros(shape, dtype=dtype) if mask is None else mask.int().argmax(1)
            state = rules.step(state, action, torch.full((4, rules.step_draws), 0.5, dtype=torch.float64)).state
        rules.initial(draws, state)


def _compare(subject: Subject, limit: dict[str, Any]) -> None:
    traces, actions = _reference(subject, limit)
    shown = (lambda trace: trace) if subject.spec is not None else _without_facts
    reveal = _reveal(subject)
    for mode in MODES:
        for output in subject.outputs():
            more = {} if output == "numpy" else {"output": "torch"}
            envs = subject.make_vec(ROWS, autoreset_mode=_mode(subject, mode), **more, **limit, **reveal)
            for found, expected in zip(vector_traces(envs, mode, actions), traces, strict=True):
                require_same_trace(f"vector, {output}, {mode}", shown(found), shown(expected))
            envs.close()
    if foreign_to_sb3(subject.make()):
        return
    for_sb3 = subject.make_sb3(ROWS, **limit, **reveal)
    for found, expected in zip(sb3_traces(for_sb3, actions), traces, strict=True):
        require_same_trace("SB3", shown(_rounded(found)), shown(_rounded(expected)))
    for_sb3.close()


def _mode(subject: Subject, mode: str) -> Any:
    """Returns an autoreset mode in the form that the environment's ``make_vec`` accepts; Gymnasium's needs members."""
    return autoreset(mode) if subject.kind == "environment" else mode


def _reveal(subject: Subject) -> dict[str, str]:
    return {} if subject.kind == "environment" else {"reveal": "always"}


def _reference(subject: Subject, limit: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    pairs = [single_trace(subject, row, **limit, **_reveal(subject)) for row in range(ROWS)]
    return [trace for trace, _ in pairs], [actions for _, actions in pairs]


def _without_facts(trace: list[Any]) -> list[Any]:
    """Removes the infos, whose types Gymnasium's vector environments change."""
    return [(*event[:-1], {}) for event in trace]


def _rounded(trace: list[Any]) -> list[Any]:
    """Rounds rewards to float32 and drops truncation from a terminated step, as SB3 does."""

    def event(each: Any) -> Any:
        if each[0] == "start":
            return each
        kind, seen, reward, terminated, truncated, facts = each
        return kind, seen, float(np.float32(reward)), terminated, truncated and not terminated, facts

    return [event(each) for each in trace]


CHECKS: dict[str, Callable[[Subject], None]] = {
    "same seed, same trajectory in every face": same_everywhere,
    "the same in short episodes, across resets": same_everywhere_when_truncated,
    "tensors and compiled code play the same": dense_rules_play_the_same,
    "the batched rules never wait for the device": stays_on_device,
}
