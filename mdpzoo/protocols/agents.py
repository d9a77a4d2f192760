"""The interface of agents: the subset of Stable-Baselines3's that every agent of the zoo implements."""

from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

State = tuple[np.ndarray, ...] | None  # a policy's own recurrent state


class Agent(Protocol):
    """An agent in Stable-Baselines3's form, as returned by ``mdpzoo.make_agent`` and ``mdpzoo.load_agent``.

    An agent may have more than this, such as ``solve`` of bq-nco; such attributes are not type-checked.

    Attributes:
        policy: SB3's policy.
        num_timesteps: environment steps learned so far.
    """

    policy: Any
    num_timesteps: int

    def learn(
        self,
        total_timesteps: int,
        callback: Any = None,
        log_interval: int = 1,
        tb_log_name: str = "run",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        """Learns for ``total_timesteps`` environment steps and returns the agent."""

    def predict(
        self,
        observation: Any,
        state: State = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[np.ndarray, State]:
        """Returns an action for each observation, and the policy's own recurrent state."""

    def save(self, path: str | Path) -> None:
        """Saves the agent; ``mdpzoo.load_agent`` reads it."""

    def set_env(self, env: Any, force_reset: bool = True) -> None:
        """Changes the environment that ``learn`` uses; its spaces must be the same."""

    def __getattr__(self, name: str) -> Any: ...
