"""Checks of a saved agent: it is restored unchanged, without unpickling anything, and continues to learn."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import mdpzoo
from mdpzoo.checks.agents.agent_subject import AgentSubject
from mdpzoo.checks.agents.learning import LEARNT, parameters, require_equal_parts
from mdpzoo.checks.agents.predictions import answers, watched
from mdpzoo.checks.subject import require_equal


def comes_back_equal(subject: AgentSubject) -> None:
    """Trains, saves and loads an agent; compares its parameters and its predictions."""
    agent = subject.make(subject.env()).learn(LEARNT)
    shown = watched(subject, agent)
    loaded = _saved_and_loaded(agent, subject.env())
    require_equal_parts("of the loaded agent", parameters(loaded), parameters(agent))
    told, wanted, again = (answers(each, shown, True) for each in (loaded, agent, agent))
    if not all(map(np.array_equal, wanted, again)):
        return  # it draws even its best actions; what it draws from is among the parameters or not saved
    for place, (found, expected) in enumerate(zip(told, wanted, strict=True)):
        require_equal(f"prediction {place} of the loaded agent", found, expected)


def goes_on(subject: AgentSubject) -> None:
    """Trains, saves and loads an agent, and continues its training."""
    agent = subject.make(subject.env()).learn(LEARNT)
    loaded = _saved_and_loaded(agent, subject.env())
    taken = agent.num_timesteps
    assert loaded.num_timesteps == taken, f"the loaded agent has num_timesteps {loaded.num_timesteps}, not {taken}"
    loaded.learn(LEARNT, reset_num_timesteps=False)
    total = loaded.num_timesteps
    assert total >= taken + LEARNT, f"the loaded agent goes on from {taken} steps to {total}, not by {LEARNT}"


def _saved_and_loaded(agent: Any, env: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        agent.save(Path(folder) / "agent")
        assert list(Path(folder).iterdir()), "save() writes no file"
        return mdpzoo.load_agent(Path(folder) / "agent", env)


CHECKS: dict[str, Callable[[AgentSubject], None]] = {
    "a saved agent comes back as it was": comes_back_equal,
    "a loaded agent goes on learning": goes_on,
}
