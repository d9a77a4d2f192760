"""BQ-NCO as a Stable-Baselines3 algorithm (Drakulic et al. 2023, arXiv 2301.03313).

``learn`` imitates near-optimal solutions; a timestep is an imitated decision. The environment defines only problem and
size; no episodes are played. What differs from the paper: see ``networks``, ``training`` and ``search.reconstruction``.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import MaybeCallback

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo.interop.unplayed_learning import begin
from mdpzoo_combinatorial.bq_nco import checkpoint
from mdpzoo_combinatorial.bq_nco.policy import BQPolicy, problem_of, size_shown, spaces_of
from mdpzoo_combinatorial.bq_nco.resuming import content_of, restore, settings_of
from mdpzoo_combinatorial.bq_nco.search.decodings import Solutions
from mdpzoo_combinatorial.bq_nco.search.posing import Instances
from mdpzoo_combinatorial.bq_nco.settings import SELF, Settings
from mdpzoo_combinatorial.bq_nco.shipped import SHIPPED, file_named, shipped_for
from mdpzoo_combinatorial.bq_nco.states.problems import problem_named
from mdpzoo_combinatorial.bq_nco.trained_network import TrainedNetwork
from mdpzoo_combinatorial.bq_nco.training.imitation import Learner, Progress, World, imitate
from mdpzoo_combinatorial.bq_nco.training.improvement import Pool
from mdpzoo_combinatorial.bq_nco.training.labels import Labels
from mdpzoo_combinatorial.bq_nco.training.optimiser import Optimiser, new_optimiser
from mdpzoo_combinatorial.bq_nco.training.regrets import Regrets
from mdpzoo_combinatorial.bq_nco.training.reporting import Report
from mdpzoo_combinatorial.bq_nco.training.rounds import labels_of, next_round
from mdpzoo_combinatorial.bq_nco.training.structures import head_for
from mdpzoo_combinatorial.instances.checking import at_least
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import ProblemRecord

__all__ = ["BQNCO", "SHIPPED", "shipped_for"]
LARGEST = 100  # maximum number of tokens of training instances by default, since larger ones take long to label


class BQNCO(BaseAlgorithm):
    """An attention policy over the remaining problem, trained by imitation of near-optimal solutions.

    Attributes:
        problem: the problem.
        policy: the network as SB3's policy.
        progress: number of imitated decisions and of updates.
        head: of the auxiliary task of training; None: there is none.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"BQPolicy": BQPolicy}
    resumes_exactly: ClassVar[bool] = True  # files contain everything that training needs
    policy: BQPolicy

    def __init__(
        self,
        policy: str | type[BasePolicy] = "BQPolicy",
        env: Any = None,
        *,
        problem: str | ProblemRecord | None = None,
        seed: int | None = None,
        device: Any = "cpu",
        verbose: int = 0,
        tensorboard_log: str | None = None,
        _init_setup_model: bool = True,
        **settings: Any,
    ) -> None:
        """Initialises the weights.

        Args:
            policy: ``"BQPolicy"``.
            env: an environment of this plugin in either form, or None.
            problem: name of one of the five, or a record, registered or not; None: the environment's, else TSP.
            seed: of weights, labels and samples, in ``[0, 2**63)``; None: a random one.
            device: of the network.
            verbose: 1 writes the log to the terminal.
            tensorboard_log: a folder for TensorBoard; None: no such log.
            _init_setup_model: as in SB3, whether to initialise the weights now.
            **settings: fields of ``Settings``: ``network``, ``imitation``, ``improvement``, ``search``, ``labels``,
                ``size``, ``num_instances``, ``expert`` and ``compiled``.

        Raises:
            SettingError: if a setting is unknown or out of its range.
        """
        chosen = Settings.of(settings)
        self.imitation, self.improvement, self.search = chosen.imitation, chosen.improvement, chosen.search
        super().__init__(
            policy,
            env,
            self.imitation.learning_rate,
            policy_kwargs={},
            verbose=verbose,
            device=device,
            tensorboard_log=tensorboard_log,
            support_multi_env=True,
            seed=seed,
        )
        shown = getattr(self, "observation_space", None)
        self.problem = problem_named(problem_of(shown) if problem is None else problem)
        if env is not None and self.problem.name != problem_of(shown):
            raise SettingError(f"the environment is of {problem_of(shown)}, but problem is {problem!r}; leave it out")
        self.policy_kwargs = {"problem": self.problem, "settings": chosen.network}
        paths = [chosen.labels] if isinstance(chosen.labels, str | Path) else chosen.labels or []
        self.labels = [str(each) for each in paths]
        self.size = min(size_shown(self.problem, shown), LARGEST) if chosen.size is None else chosen.size
        self.num_instances, self.expert, self.compiled = chosen.num_instances, chosen.expert, chosen.compiled
        self.pool: Pool | None = None
        at_least("size", self.size, 1 if chosen.size is None else self.problem.record.learning.smallest)
        if env is None:
            self.observation_space, self.action_space = spaces_of(self.problem, self.size)
            self.n_envs = 1
        if _init_setup_model:
            self._setup_model()

    def _setup_model(self) -> None:
        """Initialises the weights from the seed; training continues with the same random stream."""
        fresh = np.random.SeedSequence().generate_state(1, np.uint64)[0] >> 1
        seed = int(fresh) if self.seed is None else self.seed
        self.generator, self.label_seed = torch.Generator().manual_seed(seed), seed
        self._setup_lr_schedule()
        spaces = self.observation_space, self.action_space
        policy = self.policy_class(*spaces, self.lr_schedule, weights=self.generator, **self.policy_kwargs)
        self.policy = policy.to(self.device)  # type: ignore[assignment]
        self.policy.network.eval()
        self._optimiser: Optimiser | None = None
        head = head_for(self.problem, self.policy.settings, seed) if self.imitation.structure else None
        self.head = head and head.to(self.device)
        self.progress = Progress()
        self.policy.generator = torch.Generator(self.device)
        self.set_random_seed(seed)

    @property
    def optimiser(self) -> Optimiser:
        """The optimiser of the weights; created on first use, since torch's first one takes more than a second."""
        if self._optimiser is None:
            rate, decay = self.imitation.learning_rate, self.imitation.weight_decay
            self._optimiser = new_optimiser(self.policy.network, rate, decay, self.head)
        return self._optimiser

    def set_random_seed(self, seed: int | None = None) -> None:
        """Seeds ``predict`` and the environment; unlike in SB3, no global random state."""
        if seed is None:
            return
        drawn = np.random.SeedSequence(seed).spawn(1)[0].generate_state(1, np.uint64)[0]
        self.policy.generator.manual_seed(int(drawn >> 1))
        short = int(seed) % 2**31
        self.action_space.seed(short)
        if self.env is not None:
            self.env.seed(short)

    def predict(
        self,
        observation: Any,
        state: tuple[np.ndarray, ...] | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = True,
    ) -> tuple[np.ndarray, tuple[np.ndarray, ...] | None]:
        """Chooses actions as ``BQPolicy.predict``, by default deterministically, unlike SB3's own algorithms."""
        return self.policy.predict(observation, state, episode_start, deterministic)

    def learn(
        self,
        total_timesteps: int,
        callback: MaybeCallback = None,
        log_interval: int = 100,
        tb_log_name: str = "BQNCO",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        """Imitates ``total_timesteps`` decisions, rounded up to whole batches.

        Labels come from ``labels``, from the expert, or from the agent itself; see ``Settings``.

        Args:
            total_timesteps: decisions to imitate; the learning rate falls towards the end.
            callback: as in SB3; called once for each update of the weights.
            log_interval: updates between two lines of the log; None or 0: only the last line.
            tb_log_name: the run's name in TensorBoard.
            reset_num_timesteps: False continues where the last call or the loaded run ended.
            progress_bar: whether to show a bar.

        Returns:
            The agent itself.
        """
        labels = None if not self.labels and self.expert == SELF else labels_of(self)
        return self.fit(labels, total_timesteps, callback, log_interval, tb_log_name, reset_num_timesteps, progress_bar)

    def fit(
        self,
        labels: Sequence[Labels | Regrets] | None,
        total_timesteps: int,
        callback: MaybeCallback = None,
        log_interval: int | None = 100,
        tb_log_name: str = "BQNCO",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        """As ``learn``, with labels or results of ``measure_regrets``; each batch is from one of them, drawn uniformly.

        None: the agent imitates its own best solutions, sampled anew every ``improvement.decisions`` decisions.

        Raises:
            InstanceError: if labels are of another problem.
        """
        for each in labels or ():
            if each.problem != self.problem.name:
                raise InstanceError(f"the labels are of {each.problem}, but the agent solves {self.problem.name}")
        if reset_num_timesteps:
            self.progress, self.num_timesteps, self.pool = Progress(), 0, None
        total_timesteps += self.num_timesteps
        callback = begin(self, total_timesteps, callback, tb_log_name, reset_num_timesteps, progress_bar)
        callback.on_training_start({"self": self, "total_timesteps": total_timesteps}, globals())
        if World().size > 1 and self.seed is None:
            raise SettingError("several processes need a seed to draw the same states; pass, for example, seed=0")
        report = Report(self, callback, log_interval)
        relative, going_on = self.policy.settings.relative, True
        learner = Learner(self.policy.network, self.optimiser, self.problem, relative, self.compiled, self.head)
        rest = (self.imitation, self.generator, self.progress, total_timesteps, report)
        while going_on and self.progress.decisions < total_timesteps:
            chosen, until = (labels, None) if labels is not None else next_round(self)
            going_on = imitate(learner, chosen, *rest, until=until)
        report.write()
        callback.on_training_end()
        return self

    def solve(
        self,
        instances: Instances,
        decoding: str | None = None,
        seconds: float | None = None,
        seed: int = 0,
        budget: Budget | None = None,
        descent: bool = False,
        **options: Any,
    ) -> Solutions:
        """Finds solutions.

        Args:
            instances: an instance, several of the same size, coordinates ``[B, n, 2]`` (TSP) or costs ``[B, n, n]``
                (ATSP), solved as one batch; an agent for ATSP also solves TSP instances.
            decoding: ``greedy``, ``symmetric``, ``sample``, ``beam`` or ``reconstruct``; None: the setting's.
            seconds: wall-clock limit for the batch, positive; None: no limit.
            seed: random seed, in ``[0, 2**63)``.
            budget: replaces ``seconds`` by a limit that can be stopped early.
            descent: local search after each decoding and re-construction, as in ``mdpzoo solve``; not for Knapsack.
            **options: of the decoding; see ``search.decodings``.

        Raises:
            SettingError: if the decoding or an option is unknown, or a value is out of range.
            InstanceError: if sizes differ, or coordinates are not finite or of another shape.
        """
        trained = TrainedNetwork(self.problem, self.policy.network, self.policy.settings.relative, self.search)
        return trained.solve(instances, decoding, seconds, seed, budget, descent, **options)

    def save(self, path: str | Path, *, resumable: bool = True) -> None:  # type: ignore[override]
        """Writes one safetensors file atomically.

        Args:
            path: ``.safetensors`` is added if there is no suffix, and replaces ``.zip``.
            resumable: whether to include optimiser and sampler, for three times the size; otherwise ``learn`` restarts.
        """
        checkpoint.write(path, content_of(self, resumable))

    @classmethod
    def load(  # type: ignore[override]
        cls,
        path: str | Path,
        env: Any = None,
        device: Any = "cpu",
        *,
        labels: str | Path | Sequence[str | Path] | None = None,
        verbose: int = 0,
        tensorboard_log: str | None = None,
    ) -> Self:
        """Loads a file that ``save`` has written.

        Args:
            path: a file, or ``"tsp"``, ``"atsp"``, ``"cvrp"``, ``"op"`` or ``"knapsack"``, those of the package.
            env: an environment of its problem, of any size, or None.
            device: of the network.
            labels: as in the constructor; replaces those of the file.
            verbose: as in the constructor.
            tensorboard_log: as in the constructor.

        Raises:
            CheckpointError: if the file does not exist or cannot be used.
        """
        found = checkpoint.read(file_named(path))
        kept = settings_of(found) | ({"labels": labels} if labels else {})
        run = {"seed": found.seed, "device": device, "verbose": verbose, "tensorboard_log": tensorboard_log}
        agent = cls("BQPolicy", env, problem=found.problem, **run, **kept)
        restore(agent, found)
        return agent

    def dump_logs(self) -> None:
        """Writes the logger's values."""
        self.logger.dump(self.num_timesteps)
