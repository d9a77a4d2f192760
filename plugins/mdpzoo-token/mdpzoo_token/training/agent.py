"""``grpo-token``: group-relative policy optimisation of token tasks as a Stable-Baselines3 algorithm.

Source: Shao et al. 2024 (arXiv:2402.03300). What differs from the paper: a GRU policy of 70,000 weights, a warm start
on demonstrations instead of a pretrained language model, no KL term. ``learn`` takes the rules from the environment and
plays them in groups of its own, since the samples of a group must share a prompt; a timestep is a written token.
"""

from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import MaybeCallback

from mdpzoo.errors import SettingError
from mdpzoo.interop.unplayed_learning import begin
from mdpzoo_token.environments.task import TokenTask
from mdpzoo_token.hooks.finding import make_strategy
from mdpzoo_token.policies.recurrent_network import Layout
from mdpzoo_token.training import checkpoint
from mdpzoo_token.training.base_policy import warm_start
from mdpzoo_token.training.loop import Trainer, UpdateReport
from mdpzoo_token.training.reporting import record, write_line
from mdpzoo_token.training.settings import Settings
from mdpzoo_token.training.token_policy import TokenPolicy


class GRPOToken(BaseAlgorithm):
    """Writes groups of answers, and raises the probability of those that are better than their group.

    Attributes:
        task: the environment's rules.
        chosen: the settings.
        trainer: network, optimiser and strategy of the run.
        warmed: whether the base policy has been fitted.
        reports: the reports of each update of the last ``learn``.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"TokenPolicy": TokenPolicy}
    resumes_exactly: ClassVar[bool] = True  # its file holds the whole state of learning
    policy: TokenPolicy

    def __init__(
        self,
        policy: str | type[BasePolicy] = "TokenPolicy",
        env: Any = None,
        *,
        seed: int | None = None,
        verbose: int = 0,
        tensorboard_log: str | None = None,
        _init_setup_model: bool = True,
        **settings: Any,
    ) -> None:
        """Draws the weights.

        Args:
            policy: ``"TokenPolicy"``.
            env: a token task, or several of SB3's.
            seed: of weights, demonstrations and samples, in ``[0, 2**63)``; None: a new one each time.
            verbose: 1 writes the log to the terminal.
            tensorboard_log: a folder for TensorBoard; None: no such log.
            _init_setup_model: SB3's; whether to draw the weights now.
            **settings: fields of ``Settings``: ``strategy``, ``strategy_settings``, ``update``, ``warm_start`` and
                ``network``.

        Raises:
            SettingError: if a setting is unknown or out of its range, or the environment is no token task.
            UnknownNameError: if there is no such strategy.
        """
        self.chosen = Settings.of(settings)
        self.strategy = make_strategy(self.chosen.strategy, self.chosen.strategy_settings)
        super().__init__(
            policy,
            env,
            self.chosen.update.learning_rate,
            policy_kwargs={},
            verbose=verbose,
            tensorboard_log=tensorboard_log,
            device="cpu",
            support_multi_env=True,
            seed=seed,
        )
        self.task = task_of(self.env)
        layout = Layout(self.task.vocabulary, self.task.length, self.task.context_sizes)
        self.policy_kwargs = {"layout": layout, "settings": self.chosen.network}
        self.warmed = False
        self.reports: list[UpdateReport] = []
        if _init_setup_model:
            self._setup_model()

    def _setup_model(self) -> None:
        """Draws the weights from the seed; demonstrations and samples continue the same stream."""
        fresh = np.random.SeedSequence().generate_state(1, np.uint64)[0] >> 1
        seed = int(fresh) if self.seed is None else self.seed
        generator = torch.Generator().manual_seed(seed)
        self._setup_lr_schedule()
        made = self.policy_class(self.observation_space, self.action_space, **self.policy_kwargs)
        self.policy = made  # type: ignore[assignment]
        self.policy.network.draw_weights(generator)
        self.trainer = Trainer(self.task, self.policy.network, self.strategy, self.chosen.update, generator)
        self.set_random_seed(seed)

    def set_random_seed(self, seed: int | None = None) -> None:
        """Seeds the draws of ``predict`` and the environment; unlike SB3's, no global random state."""
        if seed is None:
            return
        drawn = np.random.SeedSequence(seed).spawn(1)[0].generate_state(1, np.uint64)[0]
        self.policy.generator.manual_seed(int(drawn >> 1))
        short = int(seed) % 2**31
        self.action_space.seed(short)
        if self.env is not None:
            self.env.seed(short)

    def warm_start(self) -> None:
        """Fits the base policy to the task's demonstrations, once; ``learn`` does so if necessary."""
        if not self.warmed:
            warm_start(self.task, self.policy.network, self.chosen.warm_start, self.trainer.generator)
            self.warmed = True

    def learn(
        self,
        total_timesteps: int,
        callback: MaybeCallback = None,
        log_interval: int = 10,
        tb_log_name: str = "grpo-token",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        """Writes ``total_timesteps`` tokens, rounded up to whole updates, and learns from them.

        Args:
            total_timesteps: tokens to write; 32 x 8 x 6 an update of SumTarget.
            callback: SB3's; called once for each update.
            log_interval: updates between two lines of the log; None or 0: only the last line.
            tb_log_name: the run's name in TensorBoard.
            reset_num_timesteps: False: continue from the last call or the loaded run.
            progress_bar: whether to show a bar.

        Returns:
            The agent itself.
        """
        if reset_num_timesteps:
            self.num_timesteps = 0
        total_timesteps += self.num_timesteps
        callback = begin(self, total_timesteps, callback, tb_log_name, reset_num_timesteps, progress_bar, 256)
        callback.on_training_start({"self": self, "total_timesteps": total_timesteps}, globals())
        self.warm_start()
        self.reports = []
        going_on = True
        while going_on and self.num_timesteps < total_timesteps:
            self.reports.append(self.trainer.step())
            record(self, self.reports[-1])
            if log_interval and self.trainer.update % log_interval == 0:
                write_line(self)
            callback.update_locals({"self": self, "report": self.reports[-1]})
            going_on = callback.on_step()
        write_line(self)
        callback.on_training_end()
        return self

    def predict(
        self,
        observation: Any,
        state: tuple[np.ndarray, ...] | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[np.ndarray, tuple[np.ndarray, ...] | None]:
        """Chooses tokens; see ``TokenPolicy.predict``."""
        return self.policy.predict(observation, state, episode_start, deterministic)

    def save(self, path: str | Path) -> None:  # type: ignore[override]
        """Writes one safetensors file, whole or not at all; its metadata is JSON, and the run can be resumed from it.

        Args:
            path: ``.safetensors`` is added if there is no suffix, and replaces ``.zip``.
        """
        checkpoint.write(path, self)

    @classmethod
    def load(cls, path: str | Path, env: Any = None, **run: Any) -> Self:  # type: ignore[override]
        """Reads a file written by ``save``; a resumed run is bitwise identical to an uninterrupted one.

        Args:
            path: the file.
            env: a token task; None: the one that the agent was trained on.
            **run: ``verbose`` and ``tensorboard_log``, as in the constructor.

        Raises:
            CheckpointError: there is no such file, or it cannot be used.
        """
        return checkpoint.read(path, env, lambda env, seed, settings: cls(env=env, seed=seed, **settings, **run))

    def dump_logs(self) -> None:
        """Writes the logger's line."""
        self.logger.dump(self.num_timesteps)


def task_of(env: Any) -> TokenTask:
    """Returns the rules of an environment.

    Raises:
        SettingError: if they are no token task.
    """
    try:
        rules = env.get_attr("rules")[0]
    except AttributeError:
        rules = None
    rules = getattr(rules, "task", rules)  # compiled rules keep their task
    if not isinstance(rules, TokenTask):
        raise SettingError("grpo-token needs an environment whose rules are a TokenTask, such as mdpzoo/SumTarget-v0")
    return rules


def build(
    env: Any,
    *,
    seed: int | None = None,
    verbose: int = 0,
    tensorboard_log: str | None = None,
    **settings: Any,
) -> GRPOToken:
    """Builds an untrained agent from JSON settings, for ``mdpzoo.make_agent``.

    Args:
        env: a token task.
        seed: of all random draws.
        verbose: 1 writes the log to the terminal.
        tensorboard_log: a folder for TensorBoard.
        **settings: see ``settings.Settings``; its parts are mappings: ``update={"samples": 16}`` here,
            ``--set update.samples=16`` at the prompt.
    """
    return GRPOToken("TokenPolicy", env, seed=seed, verbose=verbose, tensorboard_log=tensorboard_log, **settings)


build.settings_of = "mdpzoo_token.training.settings:Settings"  # type: ignore[attr-defined]  # for lists


def load(path: str | Path, env: Any = None) -> GRPOToken:
    """Reads a saved agent, for ``mdpzoo.load_agent``.

    Raises:
        CheckpointError: the file cannot be used.
    """
    return GRPOToken.load(path, env)
