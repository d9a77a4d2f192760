"""Trajectories in the replay buffer of a Stable-Baselines3 agent."""

from typing import TYPE_CHECKING, Any

import numpy as np

from mdpzoo.errors import SettingError

if TYPE_CHECKING:
    from mdpzoo.records.trajectories import Trajectories


def fill(trajectories: "Trajectories", agent: Any) -> Any:
    """Implements ``Trajectories.to_replay_buffer``."""
    buffer = getattr(agent, "replay_buffer", None)
    if buffer is None:
        raise SettingError(f"{type(agent).__name__} has no replay buffer; use an off-policy agent such as dqn or sac")
    for name in ("observation_space", "action_space"):
        if getattr(agent, name) != getattr(trajectories, name):
            found, wanted = getattr(trajectories, name), getattr(agent, name)
            raise SettingError(f"the trajectories' {name} is {found!s:.60}, the agent's {wanted!s:.60}")
    rows = buffer.n_envs
    needed = -(-trajectories.num_steps // rows)
    if buffer.buffer_size < needed:
        raise SettingError(
            f"the replay buffer holds {buffer.buffer_size * rows} steps, these are {trajectories.num_steps}; "
            f"make the agent with buffer_size={needed * rows}"
        )
    steps = np.resize(np.arange(trajectories.num_steps), needed * rows).reshape(needed, rows)
    episode = np.repeat(np.arange(trajectories.num_episodes), np.diff(trajectories.offsets))
    for index in steps:
        first = index + episode[index]
        truncated = trajectories.truncated[index] & ~trajectories.terminated[index]
        buffer.add(
            _pick(trajectories.observations, first),
            _pick(trajectories.observations, first + 1),
            _scaled(agent, trajectories.actions[index]),
            trajectories.rewards[index],
            trajectories.terminated[index] | trajectories.truncated[index],
            [{"TimeLimit.truncated": bool(each)} for each in truncated],
        )
    return buffer


def _scaled(agent: Any, actions: np.ndarray) -> np.ndarray:
    """Returns actions as SB3 stores them: those of a Box between -1 and 1."""
    from gymnasium.spaces import Box

    return agent.policy.scale_action(actions) if isinstance(agent.action_space, Box) else actions


def _pick(values: Any, index: np.ndarray) -> Any:
    return {name: each[index] for name, each in values.items()} if isinstance(values, dict) else values[index]
