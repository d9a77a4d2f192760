"""SQIRL as a Stable-Baselines3 algorithm (Laidlaw et al. 2024, arXiv:2312.08369, Algorithm 1).

Algorithm 1 is in ``shallow_q_iteration.py``. This agent collects its episodes; ``episodic_agent.py`` repeats passes.

What differs from the paper: if m is not given, passes of Algorithm 1 follow one another, and an iteration whose
episodes all have the same return plays more of them before it decides at random; see ``pages/sqirl.md``.
"""

from collections.abc import Generator
from typing import Annotated, Any, Literal

import numpy as np
from gymnasium.spaces import Discrete
from stable_baselines3.common.policies import BasePolicy

from mdpzoo.errors import SettingError
from mdpzoo.settings import Range, ranged
from mdpzoo_horizon.algorithms.episode_collection import Collection
from mdpzoo_horizon.algorithms.episodic_agent import EpisodicAgent
from mdpzoo_horizon.algorithms.regressors import Histogram, Ridge
from mdpzoo_horizon.algorithms.shallow_q_iteration import (
    Fitted,
    Iteration,
    Regressor,
    Window,
    fit_window,
    informative,
    joined,
    last_step,
    reusable,
    sequential_fitting,
    shortened,
)
from mdpzoo_horizon.algorithms.timed_policy import TimedPolicy

Kind = Literal["auto", "histogram", "ridge", "network", "shared-network"]


class SQIRL(EpisodicAgent):
    """Shallow Q-iteration: explores at random, regresses values and fixes one timestep after another."""

    policy: TimedPolicy
    policy_aliases = {"TimedPolicy": TimedPolicy, "MlpPolicy": TimedPolicy, "CnnPolicy": TimedPolicy}

    @ranged
    def __init__(
        self,
        policy: str | type[BasePolicy] = TimedPolicy,
        env: Any = None,
        *,
        lookahead: Annotated[int, Range(1)] = 1,
        episodes: Annotated[int | None, Range(1)] = None,
        horizon: Annotated[int | None, Range(1)] = None,
        regressor: Kind | Regressor = "auto",
        regressor_settings: dict[str, Any] | None = None,
        reuse: bool = True,
        seed: int | None = None,
        verbose: int = 0,
        tensorboard_log: str | None = None,
        device: Any = "cpu",
        _init_setup_model: bool = True,
    ) -> None:
        """Creates an untrained agent.

        Args:
            policy: ``TimedPolicy``; SB3's names ``MlpPolicy`` and ``CnnPolicy`` are aliases.
            env: an environment, an SB3 vector environment, or a vector environment of MDPZoo; None: only for loading.
            lookahead: k, steps that are regressed in an iteration, at least 1.
            episodes: m, episodes of an iteration; None: chosen from the steps given to ``learn``.
            horizon: T, steps of an episode; None: the environment's time limit.
            regressor: ``"histogram"`` (Discrete observations), ``"ridge"``, ``"network"``, ``"shared-network"`` (the
                authors' variant), an object with the methods of ``shallow_q_iteration.Regressor``, or ``"auto"``: a
                histogram for Discrete observations, otherwise a network.
            regressor_settings: settings of the named regressor.
            reuse: if m is not given, whether an iteration also regresses those earlier episodes whose actions agree
                with the fixed policy. If m is given they are never used, as in Algorithm 1.
            seed: a non-negative seed; None: unpredictable.
            verbose: 1 writes the log to the terminal.
            tensorboard_log: folder for TensorBoard.
            device: device of the policy's arrays.

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
        self.regressor, self.regressor_settings = regressor, regressor_settings
        self.reuse = reuse
        self._reused: Window | None = None
        self._window: Any = None  # window of the last regression
        self._learner: Any = None  # of the shared network
        if _init_setup_model:
            self._setup_model()

    def _setup_model(self) -> None:
        built = regressor_of(self.regressor, self.regressor_settings, self.observation_space)
        self.policy_kwargs = {"regressor": built}
        super()._setup_model()

    def _act(self, collection: Collection) -> np.ndarray:
        return self.policy.act(self.policy.draft, collection.counters, self._last_obs, False)

    @property
    def _reuses(self) -> bool:
        return self.reuse and self.episodes is None and not self._shares

    @property
    def _shares(self) -> bool:
        return isinstance(self.regressor, str) and self.regressor == "shared-network"

    def _observed(self) -> tuple[tuple[int, ...], Any]:
        space: Any = self.observation_space
        return space.shape, space.dtype

    def _with_reused(self, window: Window) -> Window:
        return window if self._reused is None else joined((window, self._reused))

    def _fitting(self, first: int) -> Generator[Iteration, Collection, float]:
        """``sequential_fitting``; if passes compete, the finished policy then plays m episodes of its own."""
        policy, horizon = self.policy, self.policy.horizon
        whole = self._reuses or self._shares  # these use steps after the lookahead, too
        fitting = sequential_fitting(self._regress, self._keep, horizon=horizon, lookahead=self.lookahead, first=first)
        iteration, collection = next(fitting, None), None
        while iteration is not None:
            collection = yield Iteration(iteration.first, horizon - 1) if whole else iteration
            try:
                iteration = fitting.send(collection.window)
            except StopIteration:
                iteration = None
        if collection is None or (self.episodes is None and policy.steps_fixed == horizon):
            collection = yield Iteration(horizon - 1, horizon - 1)
        return float(collection.returns.mean())

    def _keep(self, step: int, fitted: Fitted) -> None:
        """Fixes a step, and keeps the episodes that the next iteration can reuse."""
        policy, window = self.policy, self._window
        policy.draft.keep(step, fitted, self.generator)
        policy.steps_fixed = step + 1
        if self._reuses:
            observations = window.observations[0]
            self._reused = reusable(window, policy.draft.choose(np.full(len(observations), step), observations))

    def _regress(self, window: Window, step: int) -> Fitted:
        """Computes the values of a step from the episodes that reached it."""
        self._window = window = self._with_reused(window)
        space, actions, horizon = self.observation_space, int(self.action_space.n), self.policy.horizon  # type: ignore[attr-defined]
        if self._shares:
            if self._learner is None:
                self._learner = self._untrained_learner()
            fitted, count = self._learner.learn(window, step)
            self._n_updates += count
            return fitted
        length = last_step(step, self.lookahead, horizon) - step + 1
        self._n_updates += length
        return fit_window(shortened(window, length), self.policy.regressor, space, actions, self.generator)

    def _untrained_learner(self) -> Any:
        """Draws the network that all timesteps of a pass share."""
        from mdpzoo_horizon.algorithms.shared_network import SharedLearner

        policy: Any = self.policy
        space, actions = self.observation_space, int(self.action_space.n)  # type: ignore[attr-defined]
        return SharedLearner(policy.regressor, space, actions, self.lookahead, policy.horizon, self.generator)

    def _asks_for_more(self, collection: Collection) -> bool:
        """If m is not given, continues an iteration with equal returns, for at most half of the spare steps."""
        policy, horizon = self.policy, self.policy.horizon
        if self.episodes is not None or self._spare == 0 or policy.steps_fixed == horizon:
            return False
        if not collection.window.alive[0].any() or informative(self._with_reused(collection.window)):
            return False
        episodes = policy.pass_episodes
        steps = policy.environment_steps + collection.environment_steps
        length = steps / (policy.episodes_played + len(collection.returns))
        if self._spare is None:
            needed = length * episodes * (horizon - policy.steps_fixed)
            self._spare = max(0, int(self._total_timesteps - self.num_timesteps - needed)) // 2
        self._spare = max(0, self._spare - int(length * episodes))
        if self._spare:
            collection.grow(episodes)
        return self._spare > 0

    def _begin_pass(self) -> None:
        super()._begin_pass()
        self._reused = self._window = self._learner = None

    def unsaved_state(self) -> dict[str, Any]:
        """Returns ``EpisodicAgent``'s state, the episodes for later iterations, and the shared network and its data."""
        own = {
            "reused": None if self._reused is None else tuple(self._reused),
            "learner": None if self._learner is None else self._learner.state(),
        }
        return super().unsaved_state() | own

    def restore_unsaved(self, state: dict[str, Any]) -> None:
        """Restores a result of ``unsaved_state``."""
        self._reused = None if state["reused"] is None else Window(*state["reused"])
        if state["learner"] is not None:
            self._learner = self._untrained_learner()
            self._learner.restore(state["learner"])
        super().restore_unsaved(state)  # last, because a new network draws from the generator

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_reused", "_window", "_learner"]


def regressor_of(regressor: Any, settings: dict[str, Any] | None, space: Any) -> Regressor:
    """Builds a regressor from its name.

    Raises:
        SettingError: if the name is unknown, or the settings or observations do not fit.
    """
    if not isinstance(regressor, str):
        if settings:
            raise SettingError("regressor_settings need a regressor's name; pass them to the regressor object instead")
        return regressor
    name = ("histogram" if isinstance(space, Discrete) else "network") if regressor == "auto" else regressor
    if name == "network":
        from mdpzoo_horizon.algorithms.network_regressor import Network

        kind: Any = Network
    elif name == "shared-network":
        from mdpzoo_horizon.algorithms.shared_network import SharedNetwork

        kind = SharedNetwork
    elif name in ("histogram", "ridge"):
        kind = {"histogram": Histogram, "ridge": Ridge}[name]
    else:
        known = "'auto', 'histogram', 'ridge', 'network' or 'shared-network'"
        raise SettingError(f"regressor must be {known}, got {regressor!r}")
    if name == "histogram" and not isinstance(space, Discrete):
        raise SettingError(f"a histogram needs Discrete observations, got {space}; use regressor='network' or 'ridge'")
    try:
        return kind(**(settings or {}))
    except TypeError as error:
        raise SettingError(f"regressor_settings do not fit {name!r}: {error}") from None
