"""The optimal policy of a finite task as an agent that learns nothing: a reference for regret.

It is the policy whose value ``mdpzoo.planning.tasks`` computes, so that an agent's regret against it is 0 up to chance.
"""

from typing import Any

import numpy as np
import torch
from stable_baselines3.common.policies import BasePolicy

from mdpzoo.interop.finite_agents import episodes_begun
from mdpzoo.interop.fixed import FixedAgent
from mdpzoo.models import TabularMDP
from mdpzoo.planning.tasks import solve_task


class TimedTablePolicy(BasePolicy):
    """Plays a table of actions by steps taken and state; the recurrent state is ``(steps taken [B],)``."""

    plan: torch.Tensor  # [H, S] int64

    def __init__(self, observation_space: Any, action_space: Any, plan: np.ndarray) -> None:
        """Takes actions ``[H, S]``; after H steps the last row holds."""
        super().__init__(observation_space, action_space)
        self.register_buffer("plan", torch.from_numpy(np.array(plan, np.int64)))

    def predict(
        self,
        observation: Any,
        state: tuple[np.ndarray, ...] | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = True,
    ) -> tuple[np.ndarray, tuple[np.ndarray, ...] | None]:
        """Returns actions and the next recurrent state.

        Args:
            observation: states, ``[B]`` or a single one.
            state: the state that the previous call returned; None: all episodes have just begun.
            episode_start: ``[B]`` bool, the rows whose episodes have just begun; None: none, if there is a state.
            deterministic: ignored; the plan is.
        """
        here = np.atleast_1d(np.asarray(observation)).astype(np.int64)
        begun = episodes_begun(state, episode_start, len(here))
        taken = np.zeros(len(here), np.int64) if state is None else np.where(begun, 0, state[0])
        table = self.plan.numpy(force=True)
        actions = table[np.minimum(taken, len(table) - 1), here]
        return (actions if np.ndim(observation) else actions[0]), (taken + 1,)

    def _predict(self, observation: Any, deterministic: bool = False) -> torch.Tensor:
        return torch.as_tensor(self.predict(observation.cpu().numpy())[0])


def planned_agent(env: Any, model: TabularMDP, limit: int | None, seed: int | None, verbose: int) -> FixedAgent:
    """Builds the agent that plays the optimal policy of a model with a time limit in an environment.

    Raises:
        SettingError: as ``solve_task``.
    """
    plan = {"plan": solve_task(model, limit).policy}
    return FixedAgent(TimedTablePolicy, env, policy_kwargs=plan, seed=seed, verbose=verbose)
