"""Policies with a plan for each timestep; the base of SQIRL's and GORP's policies.

The step counter is the policy's recurrent state: it is 0 at the start of an episode, and ``predict`` returns it
incremented in a new array. A call of ``predict`` without a state is at step 0.
"""

from abc import ABC
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.policies import BasePolicy
from torch import nn


class Counter:
    """A named integer in a policy's buffer ``progress``, which is saved with the policy."""

    def __init__(self, index: int) -> None:
        """Reads and writes ``progress[index]``."""
        self._index = index

    def __get__(self, policy: "PlanPolicy", kind: type | None = None) -> int:
        """Reads the counter."""
        return int(policy.progress[self._index])

    def __set__(self, policy: "PlanPolicy", value: int) -> None:
        """Writes the counter."""
        policy.progress[self._index] = value


class PlanPolicy(BasePolicy, ABC):
    """Plays one of two plans, modules with ``clear()`` and ``choose(steps, observations)``.

    Attributes:
        answer: the plan of the last finished pass, or the best one.
        draft: the plan of the current pass.
        progress: ``[7]`` int64, the counters below in this order; saved with the plans.
        passes_ended: passes that have ended.
        steps_fixed: steps of the draft that are fixed, i - 1.
        pass_episodes: m of the current pass, 0 before it begins.
        previous_episodes: m of the previous pass.
        environment_steps: steps of all rows, idle ones included.
        episodes_played: episodes of all iterations.
        episode_steps: steps of these episodes.
        answer_return: ``[]`` float64, mean return of the answer in its last episodes.
        generator: generator of exploration; set by the algorithm.
    """

    progress: torch.Tensor
    answer_return: torch.Tensor
    passes_ended, steps_fixed, pass_episodes, previous_episodes = map(Counter, range(4))
    environment_steps, episodes_played, episode_steps = map(Counter, range(4, 7))

    def __init__(self, observation_space: Any, action_space: Any, horizon: int) -> None:
        """Creates the counters for T steps, at least 1; a subclass then calls ``_hold``."""
        super().__init__(observation_space, action_space)
        self.horizon = horizon
        self.register_buffer("progress", torch.zeros(7, dtype=torch.int64))
        self.register_buffer("answer_return", torch.tensor(-torch.inf, dtype=torch.float64))
        self.generator = np.random.default_rng(0)

    def _hold(self, answer: nn.Module, draft: nn.Module) -> None:
        """Stores two plans of the same kind."""
        self.answer: Any = answer
        self.draft: Any = draft

    def keep_draft(self, mean_return: float) -> None:
        """Makes the draft the answer, with its mean return."""
        self.answer.load_state_dict(self.draft.state_dict())
        self.answer_return.fill_(mean_return)

    def predict(
        self,
        observation: Any,
        state: tuple[np.ndarray, ...] | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[np.ndarray, tuple[np.ndarray, ...] | None]:
        """Chooses actions by the answer, or by the draft if no pass has ended.

        Args:
            observation: one observation, or ``[B, ...]``.
            state: ``([B] int64,)``, the steps taken in each episode; None: zeros.
            episode_start: ``[B]`` bool, whether an episode begins; its counter is then 0.
            deterministic: if nothing is known, choose an action that was drawn once instead of drawing one.

        Returns:
            The actions, and the incremented counters in a new array.
        """
        tensor, several = self.obs_to_tensor(observation)
        observations: Any = tensor if isinstance(tensor, dict) else tensor.numpy(force=True)
        rows = len(next(iter(tensor.values())) if isinstance(tensor, dict) else tensor)
        counters = np.zeros(rows, np.int64) if state is None else np.asarray(state[0], np.int64).reshape(-1)
        if episode_start is not None:
            counters = np.where(np.asarray(episode_start, bool).reshape(-1), 0, counters)
        plan = self.answer if self.passes_ended > 0 else self.draft
        actions = self.act(plan, counters, observations, deterministic) + int(self.action_space.start)  # type: ignore[attr-defined]
        return (actions if several else actions[0]), (counters + 1,)

    def act(self, plan: Any, counters: np.ndarray, observations: Any, deterministic: bool) -> np.ndarray:
        """Chooses ``[n]`` actions in 0 .. A - 1 by a plan, at steps ``[n]`` of their episodes."""
        actions = plan.choose(np.minimum(counters, self.horizon - 1), observations)
        actions = np.where(counters >= self.horizon, -1, actions)
        unknown = actions < 0
        if deterministic or not unknown.any():
            return np.where(unknown, -1 - actions, actions)
        drawn = self.generator.integers(int(self.action_space.n), size=len(actions))  # type: ignore[attr-defined]
        return np.where(unknown, drawn, actions)

    def _predict(self, observation: Any, deterministic: bool = False) -> torch.Tensor:
        """Chooses actions at step 0, because there is no counter."""
        return torch.as_tensor(self.predict(observation.numpy(force=True), None, None, deterministic)[0])
