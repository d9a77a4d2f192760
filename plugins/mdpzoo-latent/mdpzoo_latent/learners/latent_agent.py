"""Every learner of this room as a Stable-Baselines3 algorithm: ``learn``, ``predict``, ``save``, ``load``.

It counts and plans with the functions of the simulation: the same seed gives the same trajectory. Its memory of an
episode is the recurrent state of ``predict``, as in SB3's recurrent policies.
"""

from typing import Any, Self

import numpy as np
import torch
from stable_baselines3.common.policies import BasePolicy

from mdpzoo.errors import SettingError
from mdpzoo.interop.finite_agents import check_finite_spaces, episodes_begun, float32_rounding, model_behind
from mdpzoo.interop.online import OnlineAgent
from mdpzoo.models import LatentMDP
from mdpzoo.protocols import Transitions
from mdpzoo_latent.learners.building import learner_for
from mdpzoo_latent.learners.designs import HINDSIGHT
from mdpzoo_latent.learners.playing import count_episode, last_action
from mdpzoo_latent.learners.records import Learner
from mdpzoo_latent.learners.replanning import longest, replan


class HistoryPolicy(BasePolicy):
    """Plays a learner's plan; the learner's state is in buffers, so SB3 saves it.

    The recurrent state is ``(node [B], last state [B], last action [B], belief [B, M])``.
    """

    def __init__(self, observation_space: Any, action_space: Any, learner: Learner) -> None:
        """Shares the learner's memory."""
        super().__init__(observation_space, action_space)
        self._roots, self._child = learner.roots, learner.tree.child
        self._arrays = learner.plan
        for part in (learner.counts, learner.plan):
            for name, array in zip(part._fields, part, strict=True):
                self.register_buffer(name, torch.from_numpy(array))

    def predict(
        self,
        observation: Any,
        state: tuple[np.ndarray, ...] | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[np.ndarray, tuple[np.ndarray, ...] | None]:
        """Returns actions and the next recurrent state.

        Args:
            observation: states, ``[B]`` or a single one.
            state: the state that the previous call returned; None: all episodes have just begun.
            episode_start: ``[B]`` bool, the rows whose episodes have just begun; None: none, if there is a state.
            deterministic: ignored; plans are.

        Raises:
            SettingError: if an episode begins in a state that is not among ``starts``.
        """
        here = np.atleast_1d(np.asarray(observation)).astype(np.int64)
        size, hidden = len(here), self._arrays.beliefs.shape[1]
        begun = episodes_begun(state, episode_start, size)
        if state is None:
            blank = np.zeros(size, np.int64)
            state = blank, blank, blank, np.zeros((size, hidden))
        nodes, before, actions, beliefs = (each.copy() for each in state)
        for row, where in enumerate(here):
            if begun[row]:
                nodes[row], beliefs[row] = self._root(int(where))
            else:
                nodes[row] = self._advance(nodes[row], before[row], actions[row], int(where), beliefs[row])
            actions[row] = self._choose(int(nodes[row]), int(where), beliefs[row])
        chosen = actions.copy() if np.ndim(observation) else actions[0]
        return chosen, (nodes, here, actions, beliefs)

    def _root(self, where: int) -> tuple[int, np.ndarray]:
        node = int(self._roots[where])
        if node < 0:
            raise SettingError(f"an episode began in state {where}, which is not among the learner's starts")
        return node, self._arrays.beliefs[node]

    def _advance(self, node: int, before: int, action: int, where: int, belief: np.ndarray) -> int:
        """Updates a belief in place; returns the node of the longer history, -1 below the tree's last level."""
        states, actions = self._arrays.leaves.shape[:2]
        belief *= self._arrays.kernels[(before * actions + action) * states + where, :, 0]
        belief /= belief.sum()
        return int(self._child[node, action * states + where]) if node >= 0 else -1

    def _choose(self, node: int, where: int, belief: np.ndarray) -> int:
        return int(self._arrays.chosen[node]) if node >= 0 else int(last_action(self._arrays.leaves, where, belief))

    def _predict(self, observation: Any, deterministic: bool = False) -> torch.Tensor:
        return torch.as_tensor(self.predict(observation.cpu().numpy())[0])


class LatentLearner(OnlineAgent):
    """A learner of ``designs.py`` on Discrete observations and actions.

    Attributes:
        algorithm: its name.
        plans: number of plans made.
    """

    resumes_exactly = True
    settings_of = "mdpzoo_latent.learners.designs:LearnerSettings"  # for lists, with the next attribute
    settings_taken = "mdpzoo_latent.learners.designs:taken_by"
    _episodes: list[tuple[list[int], list[int], list[float]]]  # of each environment: states, actions, rewards so far
    _played: int  # episodes since the present plan
    _longest: int  # and how many it may be at most

    def __init__(
        self,
        policy: type[BasePolicy] = HistoryPolicy,
        env: Any = None,
        algorithm: str = "l-ucrl",
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
            policy: ``HistoryPolicy``.
            env: an environment, or several; those of learners with hindsight are made with ``reveal="end"``. None: only
                for loading.
            algorithm: a name of ``designs.DESIGNS``.
            seed: non-negative; None: fresh randomness.
            verbose: 1 writes the log to the terminal.
            tensorboard_log: a folder for TensorBoard.
            device: ``"cpu"``, where the learner is compiled for.
            **settings: those of ``LearnerSettings`` that the learner takes.

        Raises:
            SettingError: if a setting is unknown, out of its range or missing, or the spaces are not Discrete from 0.
        """
        super().__init__(policy, env, seed=seed, verbose=verbose, tensorboard_log=tensorboard_log, device="cpu")
        self.algorithm, self.settings = algorithm, dict(settings)
        if _init_setup_model:
            self._setup_model()

    @property
    def plans(self) -> int:
        """Number of plans that the learner has made."""
        return self._learner.plans

    def learn(
        self,
        total_timesteps: int,
        callback: Any = None,
        log_interval: int = 100,
        tb_log_name: str = "run",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        """Plays and learns for ``total_timesteps`` steps; the arguments are those of ``OnlineAgent.learn``."""
        if self._learner.plans == 0:
            replan(self._learner)
        return super().learn(
            total_timesteps, callback, log_interval, tb_log_name, reset_num_timesteps, progress_bar
        )  # fmt: skip

    def observe(self, transitions: Transitions) -> None:
        """Records one step of every environment; counts an episode when its last info has arrived."""
        if len(self._episodes) != len(transitions.actions):
            self._episodes = [([], [], []) for _ in transitions.actions]
        for row, (states, taken, rewards) in enumerate(self._episodes):
            states.append(int(transitions.observations[row]))
            taken.append(int(transitions.actions[row]))
            rewards.append(float(transitions.rewards[row]))
            if transitions.ended[row]:
                states.append(int(transitions.next_observations[row]))

    def set_random_seed(self, seed: int | None = None) -> None:
        """Seeds the environment and the learner's own generator."""
        super().set_random_seed(seed)
        if seed is not None:
            self._learner.generator = np.random.default_rng([seed, 1])

    def unsaved_state(self) -> dict[str, Any]:
        """Returns the state that the buffers do not hold, including ``OnlineAgent``'s."""
        learner = self._learner
        own = {"plans": learner.plans, "models": learner.generator.bit_generator.state, "episodes": self._episodes}
        return super().unsaved_state() | own | {"played": self._played, "longest": self._longest}

    def restore_unsaved(self, state: dict[str, Any]) -> None:
        """Restores a result of ``unsaved_state``."""
        super().restore_unsaved(state)
        self._learner.plans, self._learner.generator.bit_generator.state = state["plans"], state["models"]
        self._episodes = state["episodes"]
        self._played, self._longest = state["played"], state["longest"]

    def _update_info_buffer(self, infos: list[dict[str, Any]], dones: np.ndarray | None = None) -> None:
        """Reads the context from an episode's last info; SB3 calls this with every step's infos."""
        super()._update_info_buffer(infos, dones)
        assert dones is not None
        for row in np.flatnonzero(dones):
            self._count(self._episodes[row], infos[row])
            self._episodes[row] = ([], [], [])

    def _count(self, episode: tuple[list[int], list[int], list[float]], info: dict[str, Any]) -> None:
        learner, context = self._learner, 0
        if learner.design.label == HINDSIGHT:
            if "context" not in info:
                raise SettingError(
                    f"agent {self.algorithm!r} is told the context at the end of an episode; make the environment "
                    "with reveal='end'"
                )
            context = int(info["context"])
        states, taken, rewards = (np.array(each) for each in episode)
        low, high = (float(each) for each in learner.settings.reward_range)
        rounding = float32_rounding(low, high)
        if not low - rounding <= rewards.min() <= rewards.max() <= high + rounding:
            raise SettingError(
                f"rewards from {rewards.min():g} to {rewards.max():g} lie outside reward_range {[low, high]}; "
                "set reward_range to the environment's"
            )
        due = count_episode(
            learner.design.label,
            context,
            states,
            taken,
            rewards.astype(np.float64),
            len(taken),
            low,
            high,
            *learner.counts,
        )
        self._played += 1
        if due or self._played >= self._longest:
            replan(learner)
            self._played, self._longest = 0, longest(learner, self._played)

    def _setup_model(self) -> None:
        check_finite_spaces(f"agent {self.algorithm!r}", self.observation_space, self.action_space)
        states, actions = int(self.observation_space.n), int(self.action_space.n)  # type: ignore[attr-defined]
        learner = learner_for(
            self.algorithm, self.settings, states, actions, model_behind(self.env, LatentMDP), self.seed
        )
        own = learner.settings
        if self.algorithm != "ucbvi":
            self.settings["contexts"] = own.contexts
        self.settings |= {"horizon": own.horizon, "starts": own.starts, "reward_range": own.reward_range}
        self._learner, self._played = learner, 0
        self._longest = longest(learner, 0)
        self._episodes = []
        self.policy_kwargs = {"learner": learner}
        super()._setup_model()
        self.policy_kwargs = {}

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_learner", "_episodes"]
