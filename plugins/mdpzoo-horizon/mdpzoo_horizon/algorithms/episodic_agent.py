"""The loop of SQIRL and GORP: passes, iterations of exactly m episodes, and timesteps fixed one after another.

A pass fixes steps 1 .. T. The policy's buffer ``progress`` counts its iterations, so that a saved agent continues where
it was. The episodes of an unfinished iteration are not in its file but in ``unsaved_state``: a run resumes amid them,
and an agent that is loaded by itself plays them again. If m is not given, passes follow one another until the steps are
used up, and the policy with the largest return in episodes of its own is the answer.
"""

from abc import abstractmethod
from collections.abc import Generator
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import MaybeCallback

from mdpzoo.errors import SettingError
from mdpzoo.interop.online import OnlineAgent
from mdpzoo.protocols import Transitions
from mdpzoo_horizon.algorithms.environment_stepping import horizon_of, step, vectorised
from mdpzoo_horizon.algorithms.episode_collection import Collection
from mdpzoo_horizon.algorithms.shallow_q_iteration import Iteration

SHARE = 4  # a pass is planned with a quarter of the remaining steps


class EpisodicAgent(OnlineAgent):
    """Base of agents that fix one timestep after another from whole episodes.

    Attributes:
        lookahead: k.
        episodes: m, or None.
        horizon: T; None before setup.
    """

    resumes_exactly = True
    policy: Any

    def __init__(
        self,
        policy: str | type[BasePolicy],
        env: Any,
        *,
        lookahead: int,
        episodes: int | None,
        horizon: int | None,
        **settings: Any,
    ) -> None:
        """Takes arguments in range; a subclass then calls ``_setup_model`` unless ``_init_setup_model`` is False.

        Args:
            policy: policy class or its name, as in SB3.
            env: an environment, an SB3 vector environment, or a vector environment of MDPZoo; None: only for loading.
            lookahead: k, at least 1.
            episodes: m, at least 1, or None.
            horizon: T, at least 1; None: the environment's time limit.
            settings: arguments of ``OnlineAgent``.

        Raises:
            SettingError: if a number is out of range.
        """
        super().__init__(policy, vectorised(env), **settings)  # type: ignore[arg-type]
        self.lookahead, self.episodes, self.horizon = lookahead, episodes, horizon
        self._collection: Collection | None = None
        self._pass: Generator[Iteration, Collection, float] | None = None
        self._iteration = Iteration(0, 0)
        self._spare: int | None = None
        self._pass_ended = self._over = False

    @property
    def steps_of_episodes(self) -> int:
        """Steps of all collected episodes; ``num_timesteps`` also counts the steps of idle rows."""
        return self.policy.episode_steps

    @abstractmethod
    def _act(self, collection: Collection) -> np.ndarray:
        """Chooses ``[B]`` actions in 0 .. A - 1."""

    @abstractmethod
    def _fitting(self, first: int) -> Generator[Iteration, Collection, float]:
        """Runs a pass from a step on: yields iterations, is sent their episodes, returns the policy's mean return."""

    def _groups(self) -> int:
        """Number of groups of m episodes in the next iteration."""
        return 1

    def _observed(self) -> tuple[tuple[int, ...], Any]:
        """The shape and NumPy type of the observations that are kept; by default a placeholder."""
        return (), np.dtype(bool)

    def _asks_for_more(self, collection: Collection) -> bool:
        """Decides whether an iteration continues after its episodes have ended."""
        return False

    def _setup_model(self) -> None:
        if not isinstance(self.action_space, Discrete):
            raise SettingError(
                f"{type(self).__name__} acts in Discrete spaces, this environment has {self.action_space}"
            )
        if self.horizon is None:
            self.horizon = horizon_of(self.env)
        self.policy_kwargs = {"horizon": self.horizon, **self.policy_kwargs}
        super()._setup_model()
        self._spawn()

    def set_random_seed(self, seed: int | None = None) -> None:
        """Seeds the environment, ties and exploration; uses no global random state."""
        super().set_random_seed(seed)
        self._spawn()

    def _spawn(self) -> None:
        if getattr(self, "policy", None) is not None:
            self.policy.generator = self.generator.spawn(1)[0]

    def unsaved_state(self) -> dict[str, Any]:
        """Returns the state that the file does not hold: ``OnlineAgent``'s and the current iteration's episodes."""
        own = {
            "exploration": self.policy.generator.bit_generator.state,
            "iteration": None if self._pass is None else tuple(self._iteration),
            "collection": None if self._collection is None else self._collection.state(),
            "spare": self._spare,
            "over": self._pass_ended and self.episodes is not None,
        }
        return super().unsaved_state() | own

    def restore_unsaved(self, state: dict[str, Any]) -> None:
        """Restores a result of ``unsaved_state``; a pass waits at the iteration of its next step."""
        super().restore_unsaved(state)
        self.policy.generator.bit_generator.state = state["exploration"]
        self._spare, self._over = state["spare"], state["over"]
        if state["iteration"] is not None:
            self._pass = self._fitting(self.policy.steps_fixed)
            self._iteration = next(self._pass)
        if state["collection"] is not None:
            self._collection = self._collection_of(len(state["collection"]["returns"]))
            self._collection.restore(state["collection"])

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_collection", "_pass", "_iteration"]

    def _setup_learn(
        self,
        total_timesteps: int,
        callback: MaybeCallback = None,
        reset_num_timesteps: bool = True,
        tb_log_name: str = "run",
        progress_bar: bool = False,
    ) -> tuple[int, BaseCallback]:
        """Begins a new pass or continues the current one; unfinished episodes are lost if the environment is reset."""
        progress = self.policy.progress
        if reset_num_timesteps:
            self._begin_pass()
        elif int(progress.min()) < 0 or self.policy.steps_fixed > self.policy.horizon:  # only in damaged files
            raise SettingError(f"the saved counters {progress.tolist()} do not fit; use reset_num_timesteps=True")
        if reset_num_timesteps or self._last_obs is None:
            self._collection = None
        return super()._setup_learn(total_timesteps, callback, reset_num_timesteps, tb_log_name, progress_bar)

    def observe(self, transitions: Transitions) -> None:
        """Records one step of every environment; ends the iteration after its last episode."""
        assert self._collection is not None
        self._collection.record(*transitions[:3], transitions.ended)
        if self._collection.complete and not self._asks_for_more(self._collection):
            self._end_iteration(self._collection)
            self._collection = None

    def _play(self, callback: BaseCallback) -> bool:
        """Steps every environment; returns False if a callback stops training or the algorithm has ended."""
        assert self.env is not None
        if self._over:  # the run was resumed after its only pass had ended
            self._over = False
            return False
        chosen, self._pass_ended = self._act(self._collecting()), False
        actions = chosen + int(self.action_space.start)  # type: ignore[attr-defined]
        new_obs, rewards, dones, infos = step(self.env, actions)  # callbacks read these local variables by SB3's names
        self.num_timesteps += self.env.num_envs
        self._update_current_progress_remaining(self.num_timesteps, self._total_timesteps)
        self.observe(Transitions(self._last_obs, chosen, rewards, new_obs, dones, dones))
        self._last_obs, self._last_episode_starts = new_obs, dones
        self._episode_num += int(dones.sum())
        last = np.flatnonzero(dones)[-self._stats_window_size :]
        self._update_info_buffer([infos[row] for row in last], dones[last])
        callback.update_locals(locals())
        going_on = callback.on_step()
        return going_on and (self.episodes is None or not self._pass_ended)

    def _collecting(self) -> Collection:
        """Returns the iteration's episodes, with at least one row playing."""
        assert self.env is not None
        if self._collection is None:
            self._collection = self._begin_iteration()
            if np.all(self._last_episode_starts):
                self._collection.begin(np.arange(self.env.num_envs))
        if self._collection.stuck:  # all rows are in the middle of episodes that are not collected
            self._last_obs = self.env.reset()  # type: ignore[assignment]
            self._last_episode_starts = np.ones(self.env.num_envs, bool)
            self._collection.begin(np.arange(self.env.num_envs))
        return self._collection

    def _begin_iteration(self) -> Collection:
        policy = self.policy
        if policy.pass_episodes == 0:
            policy.pass_episodes = self._choose_episodes()
        if self._pass is None:
            self._pass = self._fitting(policy.steps_fixed)
            self._iteration = next(self._pass)
        return self._collection_of(policy.pass_episodes * self._groups())

    def _collection_of(self, episodes: int) -> Collection:
        """Returns the current iteration's collection of ``episodes`` episodes, before any has begun."""
        assert self.env is not None
        rows, horizon = self.env.num_envs, self.policy.horizon
        return Collection(episodes, rows, *self._iteration, horizon, *self._observed())

    def _choose_episodes(self) -> int:
        """Chooses m if it is not given: as many as a pass can afford, at most twice the m of the previous pass."""
        if self.episodes is not None:
            return self.episodes
        assert self.env is not None
        policy, rows = self.policy, self.env.num_envs
        length = float(policy.horizon)
        if policy.episodes_played:  # in single precision, so that seeded runs stay equal to those of earlier versions
            length = float(np.float32(policy.environment_steps) / np.float32(policy.episodes_played))
        steps = SHARE * length * (policy.horizon + 1) * self._groups()
        affordable = (self._total_timesteps - self.num_timesteps) / steps
        if policy.previous_episodes:
            affordable = min(affordable, 2 * policy.previous_episodes)
        # idle rows take steps as well
        least = -(-rows // self._groups())
        return max(least, int(affordable) // least * least)

    def _end_iteration(self, collection: Collection) -> None:
        assert self._pass is not None
        self.policy.episodes_played += len(collection.returns)
        self.policy.episode_steps += collection.steps
        self.policy.environment_steps += collection.environment_steps
        try:
            self._iteration = self._pass.send(collection)
        except StopIteration as ended:
            self._end_pass(ended.value)

    def _end_pass(self, mean_return: float) -> None:
        policy = self.policy
        if self.episodes is not None or mean_return >= policy.answer_return:
            policy.keep_draft(mean_return)
        policy.passes_ended += 1
        self._pass_ended = True
        policy.previous_episodes = policy.pass_episodes
        self.logger.record("passes/ended", policy.passes_ended)
        self.logger.record("passes/episodes", policy.pass_episodes)
        self.logger.record("passes/answer_return", float(policy.answer_return))
        self._begin_pass()

    def _begin_pass(self) -> None:
        self._pass = self._spare = None
        self.policy.draft.clear()
        self.policy.steps_fixed = self.policy.pass_episodes = 0
