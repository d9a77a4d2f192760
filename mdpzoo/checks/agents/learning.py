"""Checks of how an agent learns: steps, callbacks, seeds, and that no two agents share anything."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mdpzoo.checks.agents.agent_subject import AgentSubject
from mdpzoo.checks.agents.predictions import answers, watched
from mdpzoo.checks.subject import NotApplicable, require_equal

LEARNT = 24  # steps


def learns_and_counts(subject: AgentSubject) -> None:
    """Learns twice and checks the result of ``learn`` and ``num_timesteps``."""
    agent = subject.make(subject.env())
    returned = agent.learn(LEARNT)
    assert returned is agent, f"learn() returns {type(returned).__name__}, not the agent itself"
    first = agent.num_timesteps
    assert first >= LEARNT, f"after learn({LEARNT}) num_timesteps is {first}"
    agent.learn(LEARNT, reset_num_timesteps=False)
    total = agent.num_timesteps
    assert total >= first + LEARNT, f"after learning on with reset_num_timesteps=False num_timesteps is {total}"
    agent.learn(LEARNT)
    assert agent.num_timesteps < total, "learn() does not count from 0 again"


def calls_callbacks(subject: AgentSubject) -> None:
    """Learns with a callback and checks when it is called and with what arguments."""
    agent = subject.make(subject.env())
    seen = _learn_watched(agent, stop_after=None)
    assert seen.events[:1] == ["start"], "callbacks are not told when training starts"
    assert seen.events[-1:] == ["end"], "callbacks are not told when training ends"
    assert seen.steps, "callbacks are never called after a step"
    assert seen.steps == sorted(set(seen.steps)), "num_timesteps does not grow from one callback to the next"
    assert seen.steps[-1] >= LEARNT, f"the last callback sees step {seen.steps[-1]} of {LEARNT}"


def can_be_stopped(subject: AgentSubject) -> None:
    """Learns with a callback that returns False after the second step."""
    agent = subject.make(subject.env())
    seen = _learn_watched(agent, stop_after=2, steps=50 * LEARNT)
    assert len(seen.steps) == 2, f"learning goes on after a callback has returned False: {len(seen.steps)} calls, not 2"


def the_seed_decides_everything(subject: AgentSubject) -> None:
    """Compares two agents made and trained with the same seed."""
    first, second = _life(subject), _life(subject)
    require_equal_parts("of a second agent with the same seed", second, first)


def agents_share_nothing(subject: AgentSubject) -> None:
    """Trains one agent and checks that another, made before, has not changed."""
    one, other = subject.make(subject.env()), subject.make(subject.env(), seed=1)
    before = parameters(other)
    one.learn(LEARNT)
    require_equal_parts("of an agent after another has learnt", parameters(other), before)


def parameters(agent: Any) -> dict[str, Any]:
    """Returns copies of what SB3 would save of an agent: names and arrays."""
    found: dict[str, Any] = {}
    for name, part in agent.get_parameters().items():
        _flatten(part, name, found)
    return found


def require_equal_parts(whose: str, found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Compares parameters or predictions by name.

    Raises:
        AssertionError: if one differs; names it.
    """
    assert found.keys() == expected.keys(), f"the parts {whose} are {sorted(found)}, not {sorted(expected)}"
    for name, value in expected.items():
        require_equal(f"{name} {whose}", found[name], value)


def _life(subject: AgentSubject) -> dict[str, Any]:
    agent = subject.make(subject.env())
    agent.learn(LEARNT)
    told = parameters(agent)
    shown = watched(subject, agent)
    for how, deterministic in (("best", True), ("drawn", False)):
        for place, actions in enumerate(answers(agent, shown, deterministic)):
            told[f"prediction {place} ({how})"] = actions
    return told


def _learn_watched(agent: Any, stop_after: int | None, steps: int = LEARNT) -> Any:
    """Learns with a callback that records its calls."""
    from stable_baselines3.common.callbacks import BaseCallback

    class Watcher(BaseCallback):
        def __init__(self) -> None:
            super().__init__()
            self.events: list[str] = []
            self.steps: list[int] = []

        def _on_training_start(self) -> None:
            self.events.append("start")

        def _on_training_end(self) -> None:
            self.events.append("end")

        def _on_step(self) -> bool:
            self.steps.append(self.num_timesteps)
            return stop_after is None or len(self.steps) < stop_after

    if "callback" not in inspect.signature(agent.learn).parameters:
        raise NotApplicable("its learn() takes no callback")
    watcher = Watcher()
    agent.learn(steps, callback=watcher)
    return watcher


def _flatten(part: Any, name: str, into: dict[str, Any]) -> None:
    if isinstance(part, Mapping):
        for key, value in part.items():
            _flatten(value, f"{name}.{key}", into)
    elif isinstance(part, list | tuple):
        for place, value in enumerate(part):
            _flatten(value, f"{name}.{place}", into)
    elif hasattr(part, "numpy"):
        into[name] = part.numpy(force=True).copy()
    elif isinstance(part, int | float | np.number):
        into[name] = part


CHECKS: dict[str, Callable[[AgentSubject], None]] = {
    "it learns, and counts its steps": learns_and_counts,
    "callbacks see every step": calls_callbacks,
    "a callback can stop it": can_be_stopped,
    "its seed decides everything": the_seed_decides_everything,
    "two agents share nothing": agents_share_nothing,
}
