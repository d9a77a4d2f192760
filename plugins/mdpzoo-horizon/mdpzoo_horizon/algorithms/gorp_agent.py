"""GORP as a Stable-Baselines3 algorithm (Laidlaw, Russell and Dragan 2023, arXiv:2304.09853).

GORP fixes one action after another: for each of the A^k sequences of k actions, m episodes play the fixed actions, then
the sequence, then explore; the first action of the sequence with the largest return-to-go is fixed. The result is one
sequence of actions that does not depend on observations, so GORP is meant for deterministic environments.

What differs from the paper: the m A^k episodes of a step are played side by side in the rows of the environment,
sequences are cut at the horizon, a pass ends if no episode reaches the next step, and ``learn`` can choose m.
"""

from collections.abc import Generator
from typing import Annotated, Any

import numpy as np
import torch
from stable_baselines3.common.policies import BasePolicy

from mdpzoo.errors import SettingError
from mdpzoo.settings import Range, ranged
from mdpzoo_horizon.algorithms.episode_collection import Collection
from mdpzoo_horizon.algorithms.episodic_agent import EpisodicAgent
from mdpzoo_horizon.algorithms.plan_policy import PlanPolicy
from mdpzoo_horizon.algorithms.shallow_q_iteration import Iteration

LARGEST = 1_000_000  # maximum number of sequences per step


class Plan(torch.nn.Module):
    """A sequence of actions.

    Attributes:
        actions: ``[T]`` int64; -1 means explore.
    """

    actions: torch.Tensor

    def __init__(self, horizon: int) -> None:
        """Creates a plan that explores at every step."""
        super().__init__()
        self.register_buffer("actions", torch.full((horizon,), -1))

    def clear(self) -> None:
        """Clears all steps."""
        self.actions.fill_(-1)

    def choose(self, steps: np.ndarray, observations: Any) -> np.ndarray:
        """Looks up the ``[n]`` actions for steps ``[n]`` in 0 .. T - 1; observations are ignored."""
        return self.actions.numpy(force=True)[steps]


class OpenLoopPolicy(PlanPolicy):
    """Plays a sequence of actions and ignores observations; after its end plays action 0, or explores."""

    def __init__(self, observation_space: Any, action_space: Any, horizon: int) -> None:
        """Creates empty plans of ``horizon`` steps."""
        super().__init__(observation_space, action_space, horizon)
        self._hold(Plan(horizon), Plan(horizon))

    def _get_constructor_parameters(self) -> dict[str, Any]:
        """Returns the constructor arguments that ``BasePolicy.save`` stores."""
        spaces = {"observation_space": self.observation_space, "action_space": self.action_space}
        return {**spaces, "horizon": self.horizon}


class GORP(EpisodicAgent):
    """Greedy over random policy: plans one action after another from random rollouts."""

    policy: OpenLoopPolicy
    policy_aliases = dict.fromkeys(("OpenLoopPolicy", "MlpPolicy", "CnnPolicy", "MultiInputPolicy"), OpenLoopPolicy)

    @ranged
    def __init__(
        self,
        policy: str | type[BasePolicy] = OpenLoopPolicy,
        env: Any = None,
        *,
        lookahead: Annotated[int, Range(1)] = 1,
        episodes: Annotated[int | None, Range(1)] = None,
        horizon: Annotated[int | None, Range(1)] = None,
        seed: int | None = None,
        verbose: int = 0,
        tensorboard_log: str | None = None,
        device: Any = "cpu",
        _init_setup_model: bool = True,
    ) -> None:
        """Creates an untrained agent.

        Args:
            policy: ``OpenLoopPolicy``; SB3's names of policies are aliases.
            env: an environment, an SB3 vector environment, or a vector environment of MDPZoo; None: only for loading.
            lookahead: k, actions of a sequence, at least 1; A^k is at most a million.
            episodes: m, episodes per sequence; None: chosen from the steps given to ``learn``.
            horizon: T, steps of an episode; None: the environment's time limit.
            seed: a non-negative seed; None: unpredictable.
            verbose: 1 writes the log to the terminal.
            tensorboard_log: folder for TensorBoard.
            device: device of the plan.

        Raises:
            SettingError: if a number is out of range, a space is not supported, or there is no horizon.
        """
        super().__init__(
            policy,
            env,
            lookahead=lookahead,
            episodes=episodes,
            horizon=horizon,
            seed=seed,
            verbose=verbose,
            tensorboard_log=tensorboard_log,
            device=device,
        )
        if _init_setup_model:
            self._setup_model()

    def _setup_model(self) -> None:
        super()._setup_model()
        if self._actions**self.lookahead > LARGEST:
            raise SettingError(
                f"lookahead {self.lookahead} means {self._actions}^{self.lookahead} sequences of actions; "
                f"at most {LARGEST:,} are allowed"
            )

    @property
    def _actions(self) -> int:
        return int(self.action_space.n)  # type: ignore[attr-defined]

    def _length(self) -> int:
        """Actions of a sequence, cut at the horizon."""
        return min(self.lookahead, self.policy.horizon - self.policy.steps_fixed)

    def _groups(self) -> int:
        return self._actions ** self._length()

    def _act(self, collection: Collection) -> np.ndarray:
        counters, length, actions = collection.counters, self._length(), self._actions
        plan = np.append(self.policy.draft.actions.numpy(force=True), -1)
        chosen = plan[np.minimum(counters, self.policy.horizon)]
        place = counters - self.policy.steps_fixed  # in the sequence
        sequence = collection.playing // self.policy.pass_episodes
        trying = (place >= 0) & (place < length) & (sequence >= 0)
        digits = sequence // actions ** np.clip(length - 1 - place, 0, length - 1) % actions
        drawn = self.generator.integers(actions, size=len(counters))
        return np.where(trying, digits, np.where(chosen >= 0, chosen, drawn))

    def _fitting(self, first: int) -> Generator[Iteration, Collection, float]:
        """Fixes one action after another; the pass ends early if no episode reaches a step."""
        policy, horizon = self.policy, self.policy.horizon
        if first == horizon:  # only in damaged files
            raise SettingError("the saved plan is complete; use reset_num_timesteps=True")
        for step in range(first, horizon):
            collection = yield Iteration(step, step)
            if not collection.window.alive[0].any():
                return float(collection.returns.mean())
            groups = len(collection.returns) // policy.pass_episodes
            totals = collection.window.rewards[0].reshape(groups, -1)
            best = int(totals.mean(1).argmax())  # the first index wins ties
            policy.draft.actions[step] = best * self._actions // groups
            policy.steps_fixed = step + 1
            self._n_updates += 1
        return float(collection.returns.reshape(groups, -1)[best].mean())
