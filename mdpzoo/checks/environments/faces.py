"""Checks that an environment is one thing with many faces: one seed, one trajectory, hidden facts included."""

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
    """Plays the same actions from the same seeds in every face, and compares everything that comes out."""
    _compare(subject, {})


def same_everywhere_when_truncated(subject: Subject) -> None:
    """The same with episodes of at most seven steps, so that much is reset."""
    _compare(subject, {"max_episode_steps": LIMIT})


def dense_rules_play_the_same(subject: Subject) -> None:
    """Plays the tensors beside the compiled form, in every autoreset mode."""
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
    """Runs the batched rules where reading a value back, or a shape that depends on data, raises."""
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
    """An autoreset mode as the environment's own ``make_vec`` takes it; Gymnasium's takes members only."""
    return autoreset(mode) if subject.kind == "environment" else mode


def _reveal(subject: Subject) -> dict[str, str]:
    return {} if subject.kind == "environment" else {"reveal": "always"}


def _reference(subject: Subject, limit: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    pairs = [single_trace(subject, row, **limit, **_reveal(subject)) for row in range(ROWS)]
    return [trace for trace, _ in pairs], [actions for _, actions in pairs]


def _without_facts(trace: list[Any]) -> list[Any]:
    """Gymnasium's vector environments change the types of what stands in infos."""
    return [(*event[:-1], {}) for event in trace]


def _rounded(trace: list[Any]) -> list[Any]:
    """SB3 keeps rewards in float32 and calls an episode that is terminated and truncated terminated."""

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
