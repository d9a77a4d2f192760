"""Observations for deep RL in latent MDPs and POMDPs: beliefs, histories, and for upper lines the context itself.

All of them are vectors, ``Box`` in [0, 1] unless rewards are part of them, and hold the time as steps taken / horizon.
"""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from gymnasium.utils import RecordConstructorArgs

from mdpzoo.errors import SettingError
from mdpzoo.interop.finite_agents import check_finite_spaces, model_behind
from mdpzoo.models import LatentMDP, TabularPOMDP
from mdpzoo_latent.beliefs.filters import BeliefFilter

Info = dict[str, Any]


class _Vectors(gymnasium.Wrapper[Any, Any, Any, Any], RecordConstructorArgs):
    """Base class of the wrappers: one-hot observations, the clock, and a space of vectors."""

    def __init__(self, env: gymnasium.Env[Any, Any], horizon: int | None, extra: int, bound: float = 1.0) -> None:
        super().__init__(env)
        check_finite_spaces(type(self).__name__, env.observation_space, env.action_space)
        own = getattr(getattr(env.unwrapped, "rules", None), "horizon", 0)
        if not (horizon or own):
            raise SettingError("the environment's rules have no horizon; give the wrapper one")
        self._horizon, self._clock = horizon or own, 0
        self._seen = int(env.observation_space.n)  # type: ignore[attr-defined]
        self._acts = int(env.action_space.n)  # type: ignore[attr-defined]
        self.observation_space = Box(-bound if bound != 1.0 else 0.0, bound, (self._seen + 1 + extra,), np.float32)

    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[Any, Info]:
        """Starts an episode."""
        observation, info = self.env.reset(seed=seed, options=options)
        self._clock = 0
        return self._vector(observation, self._begin(int(observation), info)), info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, Info]:
        """Acts once."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._clock += 1
        rest = self._go_on(int(action), int(observation), float(reward), info)
        return self._vector(observation, rest), reward, terminated, truncated, info

    def _vector(self, observation: int, rest: np.ndarray) -> np.ndarray:
        vector = np.zeros(self._seen + 1 + len(rest), np.float32)
        vector[observation] = 1.0
        vector[self._seen] = min(self._clock / self._horizon, 1.0)
        vector[self._seen + 1 :] = rest
        return vector

    def _begin(self, observation: int, info: Info) -> np.ndarray:
        return np.zeros(0)

    def _go_on(self, action: int, observation: int, reward: float, info: Info) -> np.ndarray:
        return np.zeros(0)


class StateObservation(_Vectors):
    """The observation as a one-hot vector, and the time: all that a memoryless policy may use. ``[S + 1]``."""

    def __init__(self, env: gymnasium.Env[Any, Any], horizon: int | None = None) -> None:
        """Wraps an environment with Discrete spaces.

        Args:
            env: an environment.
            horizon: steps by which the time is divided; None: that of its rules.

        Raises:
            SettingError: if a space is not Discrete, or there is no horizon.
        """
        RecordConstructorArgs.__init__(self, horizon=horizon)
        super().__init__(env, horizon, 0)


class HistoryObservation(_Vectors):
    """Observation, time and last action (and reward): the input of a recurrent policy in each step.

    ``[S + 1 + A]``, or one more entry with ``rewards``.
    """

    def __init__(
        self, env: gymnasium.Env[Any, Any], horizon: int | None = None, rewards: bool = False, bound: float = 1e6
    ) -> None:
        """Wraps an environment with Discrete spaces.

        Args:
            env: an environment.
            horizon: steps by which the time is divided; None: that of its rules.
            rewards: whether the last reward is observed; it can reveal the context.
            bound: of the observation space if rewards are observed.

        Raises:
            SettingError: if a space is not Discrete, or there is no horizon.
        """
        RecordConstructorArgs.__init__(self, horizon=horizon, rewards=rewards, bound=bound)
        actions = getattr(env.action_space, "n", 0)
        super().__init__(env, horizon, int(actions) + rewards, bound if rewards else 1.0)
        self._rewards = rewards

    def _begin(self, observation: int, info: Info) -> np.ndarray:
        return np.zeros(self._acts + self._rewards)

    def _go_on(self, action: int, observation: int, reward: float, info: Info) -> np.ndarray:
        rest = np.zeros(self._acts + self._rewards)
        rest[action] = 1.0
        if self._rewards:
            rest[-1] = reward
        return rest


class BeliefObservation(_Vectors):
    """Observation, time and belief: a sufficient statistic, with which a policy without memory can be optimal.

    ``[S + 1 + Y]``, Y contexts, or states of a POMDP.
    """

    def __init__(
        self, env: gymnasium.Env[Any, Any], model: LatentMDP | TabularPOMDP | None = None, horizon: int | None = None
    ) -> None:
        """Wraps an environment with Discrete spaces.

        Args:
            env: an environment.
            model: the filter's model; None: the environment's own rules.
            horizon: steps by which the time is divided; None: that of the rules.

        Raises:
            SettingError: if no model is given and the environment has none, a space is not Discrete, or there is no
                horizon.
        """
        RecordConstructorArgs.__init__(self, model=model, horizon=horizon)
        declared = model or model_behind(env, LatentMDP, TabularPOMDP)
        if declared is None:
            raise SettingError("this environment declares no LatentMDP or TabularPOMDP; give the filter a model")
        self._filter = BeliefFilter(declared)
        super().__init__(env, horizon, self._filter.hidden)

    def _begin(self, observation: int, info: Info) -> np.ndarray:
        return self._filter.start(observation)

    def _go_on(self, action: int, observation: int, reward: float, info: Info) -> np.ndarray:
        return self._filter.update(action, observation)


class ContextObservation(_Vectors):
    """Observation, time and the true context: privileged, for the upper line of a plot. ``[S + 1 + M]``."""

    def __init__(self, env: gymnasium.Env[Any, Any], horizon: int | None = None) -> None:
        """Wraps an environment of a latent MDP, made with ``reveal="always"``.

        Raises:
            SettingError: if the environment does not reveal contexts, a space is not Discrete, or there is no horizon.
        """
        RecordConstructorArgs.__init__(self, horizon=horizon)
        rules = getattr(env.unwrapped, "rules", None)
        if not isinstance(rules, LatentMDP) or getattr(env.unwrapped, "reveal", "never") != "always":
            raise SettingError("the context is observed only in a latent MDP that was made with reveal='always'")
        self._contexts = rules.num_contexts
        super().__init__(env, horizon, self._contexts)

    def _begin(self, observation: int, info: Info) -> np.ndarray:
        return np.eye(self._contexts)[info["context"]]

    def _go_on(self, action: int, observation: int, reward: float, info: Info) -> np.ndarray:
        return np.eye(self._contexts)[info["context"]]
