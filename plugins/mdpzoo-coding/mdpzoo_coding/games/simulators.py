"""Any Gymnasium environment with finitely many actions as the MDP of a coding game."""

from typing import Any

import gymnasium

from mdpzoo.protocols import Draw


class Simulator:
    """An environment in the form of rules.

    It is *not* pure: the environment keeps the state, and the observation takes its place. Therefore only one game in
    one shell can play it, and only forwards.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        """Wraps an environment; its truncation ends the episode, too."""
        self.env = env
        self.observation_space, self.action_space = env.observation_space, env.action_space

    def initial(self, draw: Draw, before: Any = None) -> Any:
        """Resets the environment with a seed from the stream."""
        return self.env.reset(seed=int(draw() * 2**31))[0]

    def step(self, state: Any, action: int, draw: Draw) -> tuple[Any, float, bool]:
        """Steps the environment."""
        observation, reward, terminated, truncated, _ = self.env.step(action)
        return observation, float(reward), bool(terminated or truncated)

    def observe(self, state: Any) -> Any:
        """Returns the observation."""
        return state
