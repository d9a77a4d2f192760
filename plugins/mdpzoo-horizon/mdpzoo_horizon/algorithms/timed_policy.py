"""SQIRL's policy: choices or fitted values for each timestep, as a Stable-Baselines3 policy."""

from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Discrete, Space
from torch import nn

from mdpzoo_horizon.algorithms.plan_policy import PlanPolicy
from mdpzoo_horizon.algorithms.shallow_q_iteration import Fitted, Regressor


class TableOfChoices(nn.Module):
    """The action of each step and state, for Discrete observations.

    Attributes:
        choices: ``[T, S]`` int16, an action; or ``-1 - a`` if nothing is known: explore, or take action a if the policy
            must be deterministic.
    """

    choices: torch.Tensor

    def __init__(self, horizon: int, space: Discrete, num_actions: int) -> None:
        """Creates an empty table. Costs 2 T S bytes."""
        super().__init__()
        self._space, self._num_actions = space, num_actions
        self.register_buffer("choices", torch.full((horizon, int(space.n)), -1, dtype=torch.int16))

    def clear(self) -> None:
        """Clears all steps."""
        self.choices.fill_(-1)

    def keep(self, step: int, fitted: Fitted, generator: np.random.Generator) -> None:
        """Fixes the greedy policy of a step; ties and the actions for unknown states are drawn."""
        states = np.arange(int(self._space.n)) + int(self._space.start)
        values = fitted.values(states)
        best = values == values.max(1, keepdims=True)
        drawn = np.where(best, generator.random(values.shape), -1.0).argmax(1)
        known = np.isfinite(values).any(1)
        self.choices[step] = torch.from_numpy(np.where(known, drawn, -1 - drawn).astype(np.int16))

    def choose(self, steps: np.ndarray, observations: np.ndarray) -> np.ndarray:
        """Looks up the ``[n]`` choices for steps ``[n]`` in 0 .. T - 1 and observations ``[n]``."""
        rows = torch.from_numpy(np.asarray(observations, np.int64) - int(self._space.start))
        return self.choices[torch.from_numpy(steps), rows].numpy(force=True).astype(np.int64)


class StackOfValues(nn.Module):
    """The fitted values of each step, for observations that are not Discrete.

    Attributes:
        kept: ``[T]`` bool, whether a step has been fixed.
        preferences: ``[T, A]`` float64, drawn at random; ties go to the highest.
    """

    kept: torch.Tensor
    preferences: torch.Tensor

    def __init__(self, horizon: int, space: Space[Any], num_actions: int, regressor: Regressor) -> None:
        """Creates an empty stack. Takes T times the memory of one fitted function."""
        super().__init__()
        self._space, self._num_actions, self._regressor = space, num_actions, regressor
        self._restored: dict[int, Fitted] = {}
        self.register_buffer("kept", torch.zeros(horizon, dtype=torch.bool))
        self.register_buffer("preferences", torch.zeros((horizon, num_actions), dtype=torch.float64))
        self._names = []
        for name, array in regressor.blank(space, num_actions).arrays().items():
            self._names.append(name)
            empty = torch.from_numpy(np.zeros((horizon, *array.shape), array.dtype))
            self.register_buffer(f"fitted_{name}", empty)

    def _load_from_state_dict(self, *arguments: Any, **settings: Any) -> None:
        self._restored.clear()
        super()._load_from_state_dict(*arguments, **settings)

    def clear(self) -> None:
        """Clears all steps."""
        self.kept.fill_(False)
        self._restored.clear()

    def keep(self, step: int, fitted: Fitted, generator: np.random.Generator) -> None:
        """Fixes the greedy policy of a step; the preference among ties is drawn once for all observations."""
        for name, array in fitted.arrays().items():
            getattr(self, f"fitted_{name}")[step] = torch.from_numpy(np.asarray(array))
        self.preferences[step] = torch.from_numpy(generator.random(self._num_actions))
        self.kept[step] = True
        self._restored[step] = fitted

    def choose(self, steps: np.ndarray, observations: np.ndarray) -> np.ndarray:
        """Computes ``[n]`` choices for steps ``[n]`` in 0 .. T - 1; -1 at steps that have not been fixed."""
        choices = np.full(len(steps), -1)
        for step in np.unique(steps).tolist():
            if self.kept[step]:
                rows = np.flatnonzero(steps == step)
                values = self._fitted(step).values(observations[rows])
                best = values == values.max(1, keepdims=True)
                choices[rows] = np.where(best, self.preferences[step].numpy(force=True), -1.0).argmax(1)
        return choices

    def _fitted(self, step: int) -> Fitted:
        if step not in self._restored:
            arrays = {name: np.array(getattr(self, f"fitted_{name}")[step].numpy(force=True)) for name in self._names}
            self._restored[step] = self._regressor.restore(arrays, self._space, self._num_actions)
        return self._restored[step]


class TimedPolicy(PlanPolicy):
    """One policy per timestep; uniformly random if nothing is known, and after the horizon."""

    def __init__(self, observation_space: Any, action_space: Any, horizon: int, regressor: Regressor) -> None:
        """Creates an untrained policy, which draws every action.

        Args:
            observation_space: Discrete, or any space that the regressor accepts.
            action_space: Discrete.
            horizon: T, at least 1.
            regressor: computes the values of one step.
        """
        super().__init__(observation_space, action_space, horizon)
        self.regressor = regressor
        self._hold(self._plan(), self._plan())

    def _plan(self) -> nn.Module:
        actions = int(self.action_space.n)  # type: ignore[attr-defined]
        if isinstance(self.observation_space, Discrete):
            return TableOfChoices(self.horizon, self.observation_space, actions)
        return StackOfValues(self.horizon, self.observation_space, actions, self.regressor)

    def _get_constructor_parameters(self) -> dict[str, Any]:
        """Returns the constructor arguments that ``BasePolicy.save`` stores."""
        spaces = {"observation_space": self.observation_space, "action_space": self.action_space}
        return {**spaces, "horizon": self.horizon, "regressor": self.regressor}
