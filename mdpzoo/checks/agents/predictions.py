"""Checks of what an agent predicts: one action of its space for every observation, alone and in batches."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mdpzoo.checks.agents.agent_subject import AgentSubject
from mdpzoo.checks.subject import require_equal
from mdpzoo.checks.traces import row_of
from mdpzoo.errors import IllegalActionError

WATCHED = 6  # steps


def watched(subject: AgentSubject, agent: Any) -> list[Any]:
    """Returns batches of observations ``[B, ...]`` from a new environment that the agent plays."""
    env = subject.env()
    if subject.of_games:
        return _watched_game(env)
    env.seed(7)
    batches = [env.reset()]
    state, starts = None, np.ones(env.num_envs, bool)
    try:
        for _ in range(WATCHED):
            actions, state = agent.predict(batches[-1], state, starts, deterministic=True)
            seen, _, starts, _ = env.step(actions)
            batches.append(seen)
    except IllegalActionError:  # this agent does not ask what is legal
        pass
    return batches


def predicts_actions(subject: AgentSubject) -> None:
    """Asks for actions in batches and for one observation, deterministic and drawn."""
    agent = subject.make(subject.env())
    space = agent.action_space
    for batch in watched(subject, agent):
        rows = len(next(iter(batch.values())) if isinstance(batch, Mapping) else batch)
        for deterministic in (True, False):
            actions, _ = agent.predict(batch, deterministic=deterministic)
            wanted = (rows, *space.shape)
            assert np.shape(actions) == wanted, f"predict() of {rows} observations has shape {np.shape(actions)}"
            for action in actions:
                _check_action(space, action)
            alone, _ = agent.predict(row_of(batch, 0), deterministic=deterministic)
            assert np.shape(alone) == space.shape, f"predict() of one observation has shape {np.shape(alone)}"
            _check_action(space, alone)


def leaves_observations(subject: AgentSubject) -> None:
    """Looks whether ``predict`` writes into the observation that it is given."""
    agent = subject.make(subject.env())
    batch = watched(subject, agent)[0]
    before = copy.deepcopy(batch)
    agent.predict(batch, deterministic=True)
    require_equal("the observation after predict()", batch, before)


def _check_action(space: Any, action: Any) -> None:
    found = np.asarray(action)
    assert np.issubdtype(found.dtype, np.integer) or not np.issubdtype(space.dtype, np.integer), (
        f"predict() returns {found.dtype}, the actions are {space.dtype}"
    )
    assert found.astype(space.dtype) in space, f"predict() returns {found!s:.60}, which lies outside {space!s:.60}"


def _watched_game(game: Any) -> list[Any]:
    """Observations ``[1, ...]`` of the first player, while everybody plays random actions."""
    seen, _ = game.reset(seed=7)
    first, batches = game.possible_agents[0], []
    for place, player in enumerate(game.possible_agents):
        game.action_space(player).seed(place)
    for _ in range(WATCHED):
        batches.append(np.asarray(seen[first])[None])
        seen, *_ = game.step({player: game.action_space(player).sample() for player in game.agents})
        if not game.agents:
            break
    return batches


CHECKS: dict[str, Callable[[AgentSubject], None]] = {
    "it predicts one action for every observation": predicts_actions,
    "predicting leaves observations as they were": leaves_observations,
}
