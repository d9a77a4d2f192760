"""Checks of what an agent predicts: one action of its space for every observation, alone and in batches."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from mdpzoo.checks.agents.agent_subject import AgentSubject
from mdpzoo.checks.subject import require_equal
from mdpzoo.checks.traces import row_of
from mdpzoo.errors import IllegalActionError

WATCHED = 6  # steps
Watched = list[tuple[Any, np.ndarray]]  # observations [B, ...], and which episodes begin with them, [B] bool


def watched(subject: AgentSubject, agent: Any) -> Watched:
    """Returns the observations of a new environment while the agent plays it."""
    env = subject.env()
    if subject.of_games:
        return _watched_game(env)
    env.seed(7)
    shown: Watched = [(env.reset(), np.ones(env.num_envs, bool))]
    state = None
    try:
        for _ in range(WATCHED):
            actions, state = agent.predict(shown[-1][0], state, shown[-1][1], deterministic=True)
            seen, _, ended, _ = env.step(actions)
            shown.append((seen, ended))
    except IllegalActionError:  # this agent does not ask what is legal
        pass
    return shown


def answers(agent: Any, shown: Watched, deterministic: bool) -> list[Any]:
    """Returns the agent's actions for recorded observations, batch by batch, with its recurrent state."""
    state, found = None, []
    for seen, starts in shown:
        actions, state = agent.predict(seen, state, starts, deterministic=deterministic)
        found.append(actions)
    return found


def predicts_actions(subject: AgentSubject) -> None:
    """Predicts actions for batches and for one observation, deterministically and by sampling."""
    agent = subject.make(subject.env())
    space, shown = agent.action_space, watched(subject, agent)
    first, starts = shown[0]
    for deterministic in (True, False):
        for actions in answers(agent, shown, deterministic):
            wanted = (len(starts), *space.shape)
            assert np.shape(actions) == wanted, f"predict() of {len(starts)} observations has shape {np.shape(actions)}"
            for action in actions:
                _check_action(space, action)
        alone, _ = agent.predict(row_of(first, 0), deterministic=deterministic)
        assert np.shape(alone) == space.shape, f"predict() of one observation has shape {np.shape(alone)}"
        _check_action(space, alone)


def leaves_observations(subject: AgentSubject) -> None:
    """Checks that ``predict`` does not modify its observation."""
    agent = subject.make(subject.env())
    env = subject.env()
    batch = _watched_game(env)[0][0] if subject.of_games else env.reset()
    before = copy.deepcopy(batch)
    agent.predict(batch, deterministic=True)
    require_equal("the observation after predict()", batch, before)


def _check_action(space: Any, action: Any) -> None:
    found = np.asarray(action)
    assert np.issubdtype(found.dtype, np.integer) or not np.issubdtype(space.dtype, np.integer), (
        f"predict() returns {found.dtype}, the actions are {space.dtype}"
    )
    assert found.astype(space.dtype) in space, f"predict() returns {found!s:.60}, which lies outside {space!s:.60}"


def _watched_game(game: Any) -> Watched:
    """Returns the first player's observations while all players act at random."""
    seen, _ = game.reset(seed=7)
    first = game.possible_agents[0]
    shown: Watched = []
    for place, player in enumerate(game.possible_agents):
        game.action_space(player).seed(place)
    for _ in range(WATCHED):
        shown.append((np.asarray(seen[first])[None], np.array([not shown])))
        seen, *_ = game.step({player: game.action_space(player).sample() for player in game.agents})
        if not game.agents:
            break
    return shown


CHECKS: dict[str, Callable[[AgentSubject], None]] = {
    "it predicts one action for every observation": predicts_actions,
    "predicting leaves observations as they were": leaves_observations,
}
