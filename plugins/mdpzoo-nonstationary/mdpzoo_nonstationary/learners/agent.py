"""Every learner of this room as a Stable-Baselines3 algorithm: ``learn``, ``predict``, ``save``, ``load``.

The loop calls the compiled functions of ``stepping.py``, as the simulation does: the same seed gives the same
trajectory. A learner follows one endless trajectory, so it takes one environment; if an episode terminates, the step
leads to the first observation of the next one.
"""

from typing import Any, Self

import numpy as np
import torch
from stable_baselines3.common.policies import BasePolicy

from mdpzoo.compiling import machine_code
from mdpzoo.errors import SettingError
from mdpzoo.interop.finite_agents import check_finite_spaces, float32_rounding, model_behind
from mdpzoo.interop.online import OnlineAgent
from mdpzoo.models.piecewise import PiecewiseMDP
from mdpzoo.protocols import Transitions
from mdpzoo_nonstationary.learners.attention import attend, begin
from mdpzoo_nonstationary.learners.designs import build, read_settings, settings_of, with_horizon
from mdpzoo_nonstationary.learners.keys import learner_key
from mdpzoo_nonstationary.learners.records import Learner
from mdpzoo_nonstationary.learners.stepping import absorb_one, choose_one

EVENTS = 16  # capacity for restarts between two steps, of which there is at most one
UNSET = 1  # a horizon until the first call of learn


class TabularPolicy(BasePolicy):
    """Plays the learner's current plan; the learner's whole state is in buffers, so SB3 saves it."""

    def __init__(self, observation_space: Any, action_space: Any, learner: Learner) -> None:
        """Shares the learner's memory."""
        super().__init__(observation_space, action_space)
        for name, array in leaves(learner):
            self.register_buffer(name, torch.from_numpy(array))

    def _predict(self, observation: Any, deterministic: bool = False) -> torch.Tensor:
        return self.get_buffer("policy")[observation.long().flatten()]


class TabularLearner(OnlineAgent):
    """A learner of ``designs.py`` on Discrete observations and actions.

    Attributes:
        algorithm: its name.
        restarts: steps before which it restarted.
    """

    resumes_exactly = True
    settings_of = "mdpzoo_nonstationary.learners.designs:LearnerSettings"  # for lists, with the next attribute
    settings_taken = "mdpzoo_nonstationary.learners.designs:taken_by"
    _unfinished: tuple[int, int, float] | None  # a step whose episode has terminated, until the next one begins

    def __init__(
        self,
        policy: type[BasePolicy] = TabularPolicy,
        env: Any = None,
        algorithm: str = "ucrl2",
        *,
        seed: int | None = None,
        verbose: int = 0,
        tensorboard_log: str | None = None,
        device: Any = "cpu",
        _init_setup_model: bool = True,
        **settings: Any,
    ) -> None:
        """Creates an untrained learner.

        Args:
            policy: ``TabularPolicy``.
            env: one environment; None: only for loading.
            algorithm: a name of ``designs.KINDS``.
            seed: non-negative; None: fresh randomness.
            verbose: 1 writes the log to the terminal.
            tensorboard_log: a folder for TensorBoard.
            device: ``"cpu"``, where the learner is compiled for.
            **settings: those of ``LearnerSettings`` that the learner takes.

        Raises:
            SettingError: if a setting is unknown or out of its range, or the environment is not one with Discrete
                spaces that start at 0.
        """
        super().__init__(policy, env, seed=seed, verbose=verbose, tensorboard_log=tensorboard_log, device="cpu")
        read_settings(algorithm, settings)
        self.algorithm, self.settings = algorithm, dict(settings)
        self.restarts: list[int] = []
        if _init_setup_model:
            self._setup_model()

    def learn(
        self,
        total_timesteps: int,
        callback: Any = None,
        log_interval: int = 100,
        tb_log_name: str = "run",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        """Plays and learns for ``total_timesteps`` steps; the arguments are those of ``OnlineAgent.learn``.

        The first call sets the horizon, unless the settings have one.
        """
        tuned = "horizon" in settings_of(self.algorithm) and "horizon" not in self.settings
        if tuned and self._learner.clock["plans"][0] == 0:
            self.settings["horizon"] = int(total_timesteps)
            if note := getattr(self, "mdpzoo", None):
                note.get("settings", {})["horizon"] = int(total_timesteps)
            self._setup_model()
        begin(self._learner)
        return super().learn(
            total_timesteps, callback, log_interval, tb_log_name, reset_num_timesteps, progress_bar
        )  # fmt: skip

    def act(self, observations: np.ndarray) -> np.ndarray:
        """Returns the action to play, ``[1]`` int64."""
        state = int(observations[0])
        if self._unfinished is not None:
            (before, action, reward), self._unfinished = self._unfinished, None
            self._absorb(before, action, reward, state)
        return np.array([self._choose(self._learner, state)])

    def observe(self, transitions: Transitions) -> None:
        """Learns from one step; if the episode terminated, as soon as the next one has begun.

        Raises:
            SettingError: if the reward lies outside ``reward_range``.
        """
        reward = float(transitions.rewards[0])
        if not self._low <= reward <= self._high:
            raise SettingError(
                f"reward {reward:g} lies outside reward_range {[self._low, self._high]}; "
                f"set reward_range to the environment's"
            )
        step = int(transitions.observations[0]), int(transitions.actions[0]), reward
        if transitions.terminated[0]:
            self._unfinished = step
        else:
            self._absorb(*step, int(transitions.next_observations[0]))

    def dump_logs(self) -> None:
        """Writes the log, with the learner's numbers of plans and restarts."""
        self.logger.record("learner/plans", int(self._learner.clock["plans"][0]))
        self.logger.record("learner/restarts", int(self._learner.clock["restarts"][0]))
        super().dump_logs()

    def set_random_seed(self, seed: int | None = None) -> None:
        """Seeds the environment and the learner's own stream."""
        super().set_random_seed(seed)
        self._learner.clock["key"] = learner_key(seed)

    def unsaved_state(self) -> dict[str, Any]:
        """Returns the state that the buffers do not hold, including ``OnlineAgent``'s."""
        return super().unsaved_state() | {"unfinished": self._unfinished, "restarts": list(self.restarts)}

    def restore_unsaved(self, state: dict[str, Any]) -> None:
        """Restores a result of ``unsaved_state``."""
        super().restore_unsaved(state)
        self._unfinished, self.restarts = state["unfinished"], list(state["restarts"])

    def _setup_model(self) -> None:
        check_finite_spaces(f"agent {self.algorithm!r}", self.observation_space, self.action_space)
        if self.env is not None and self.env.num_envs != 1:
            raise SettingError(
                f"agent {self.algorithm!r} follows one trajectory; give it one environment, not {self.env.num_envs}"
            )
        settings = with_horizon(read_settings(self.algorithm, self.settings), UNSET)
        states, actions = int(self.observation_space.n), int(self.action_space.n)  # type: ignore[attr-defined]
        learner = build(self.algorithm, settings, states, actions, model_behind(self.env, PiecewiseMDP), EVENTS)
        self._learner = learner
        rounding = float32_rounding(*settings.reward_range)
        self._low, self._high = settings.reward_range[0] - rounding, settings.reward_range[1] + rounding
        self._choose = machine_code(choose_one, (learner, 0))
        self._take_in = machine_code(absorb_one, (learner, 0, 0, 0.0, 0))
        self._unfinished = None
        self.policy_kwargs = {"learner": learner}
        super()._setup_model()
        self.policy_kwargs = {}

    def _absorb(self, state: int, action: int, reward: float, after: int) -> None:
        if todo := self._take_in(self._learner, state, action, reward, after):
            attend(self._learner, state, action, todo)
            count = int(self._learner.clock["events"][0])
            self.restarts += self._learner.events["step"][:count].tolist()
            self._learner.clock["events"] = 0

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_learner", "_choose", "_take_in"]


def leaves(learner: Learner) -> list[tuple[str, np.ndarray]]:
    """Returns a learner's arrays by name, records as int64, without its settings; they share its memory."""
    found: list[tuple[str, np.ndarray]] = []
    value: Any
    for name, value in zip(learner._fields, learner, strict=True):
        if name != "design":
            parts: Any = zip(value._fields, value, strict=True) if hasattr(value, "_fields") else [("", value)]
            found += [(f"{name}_{part}" if part else name, array) for part, array in parts if part != "bits"]
    return [(name, array.view(np.int64) if array.dtype.names else array) for name, array in found]
