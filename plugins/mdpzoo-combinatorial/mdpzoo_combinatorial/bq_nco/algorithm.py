"""BQ-NCO as a Stable-Baselines3 algorithm (Drakulic et al. 2023, arXiv 2301.03313).

``learn`` imitates near-optimal solutions; one timestep is one imitated decision. It never plays the environment, which
only says which problem to train for, and of which size. What differs from the paper: see ``networks.token_network``,
``training.sampling``, ``training.imitation`` and ``search.reconstruction``.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import MaybeCallback

from mdpzoo.errors import CheckpointError, InstanceError, SettingError, did_you_mean, unknown
from mdpzoo_combinatorial.baselines.table import SOLVERS
from mdpzoo_combinatorial.bq_nco import checkpoint
from mdpzoo_combinatorial.bq_nco.networks.kinds import NetworkSettings, network_settings
from mdpzoo_combinatorial.bq_nco.policy import BQPolicy, problem_of, size_shown, spaces_of
from mdpzoo_combinatorial.bq_nco.resuming import content_of, restore
from mdpzoo_combinatorial.bq_nco.search.decodings import Solutions
from mdpzoo_combinatorial.bq_nco.search.posing import Instances
from mdpzoo_combinatorial.bq_nco.search.solving import solve
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS, problem_named
from mdpzoo_combinatorial.bq_nco.training.imitation import ImitationSettings, Progress, World, imitate
from mdpzoo_combinatorial.bq_nco.training.improvement import ImprovementSettings, Pool
from mdpzoo_combinatorial.bq_nco.training.labels import OWN, Labels, make_labels, read_labels
from mdpzoo_combinatorial.bq_nco.training.optimiser import new_optimiser
from mdpzoo_combinatorial.bq_nco.training.reporting import Report, begin
from mdpzoo_combinatorial.instances import Instance
from mdpzoo_combinatorial.instances.checking import at_least
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import ProblemRecord

SHIPPED = {name.lower(): Path(__file__).parent / "checkpoints" / f"{name.lower()}.safetensors" for name in PROBLEMS}
SELF = "self"
LARGEST = 100  # tokens of the instances that an environment makes the agent solve: larger ones take long to label


def shipped_for(instance: Instance) -> str:
    """Which shipped checkpoint solves an instance: that of its problem; ``"atsp"`` for tours known by costs alone."""
    record = PROBLEMS[instance.problem].record
    other = record.without_coordinates if getattr(instance, "coordinates", None) is None else None
    return (other or record.name).lower()


class BQNCO(BaseAlgorithm):
    """Attention policy over what is left to solve, fitted by imitation of near-optimal solutions.

    Attributes:
        problem: what it solves.
        policy: the network as SB3's policy.
        optimiser: over its weights.
        progress: decisions imitated and updates made.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"BQPolicy": BQPolicy}
    policy: BQPolicy

    def __init__(
        self,
        policy: str | type[BasePolicy] = "BQPolicy",
        env: Any = None,
        *,
        problem: str | ProblemRecord | None = None,
        network: NetworkSettings | None = None,
        imitation: ImitationSettings | None = None,
        labels: str | Path | Sequence[str | Path] | None = None,
        size: int | None = None,
        num_instances: int = 2048,
        expert: str = OWN,
        improvement: ImprovementSettings | None = None,
        compiled: bool = False,
        seed: int | None = None,
        device: Any = "cpu",
        verbose: int = 0,
        tensorboard_log: str | None = None,
        _init_setup_model: bool = True,
    ) -> None:
        """Draws the weights.

        Args:
            policy: ``"BQPolicy"``.
            env: one of the five environments in either form, or None.
            problem: ``TSP``, ``ATSP``, ``CVRP``, ``OP`` or ``Knapsack``, or a record, which may differ from the one
                that is registered by its name; None: the environment's, else TSP.
            network: the network's kind and size.
            imitation: rates and sizes of the fit.
            labels: files or folders of ``write_labels`` to imitate; None: solved when ``learn`` begins.
            size: nodes, customers or items of the instances then solved; None: the environment's, at most 100, else 20.
            num_instances: how many of them, at least 1.
            expert: who solves them: ``"own"``, this project's search; ``"self"``, the agent itself, which then imitates
                the best of its own solutions; or a solver of the registry (``lkh`` not for commercial use).
            improvement: of itself, where it is the expert.
            compiled: whether ``torch.compile`` makes the passes of the fit (needs a C++ compiler, a minute to begin).
            seed: decides weights, labels and samples, in ``[0, 2**63)``; None: a new one each time.
            device: where the network lives.
            verbose: 1 writes the log to the terminal.
            tensorboard_log: a folder for TensorBoard; None: no such log.
            _init_setup_model: SB3's; whether to draw the weights now.
        """
        self.imitation = imitation or ImitationSettings()
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
            raise SettingError(f"the environment is of {problem_of(shown)}, the setting says {problem!r}; give one")
        self.policy_kwargs = {"problem": self.problem, "settings": network or network_settings()}
        paths = [labels] if isinstance(labels, str | Path) else labels or []
        self.labels = [str(each) for each in paths]
        self.size = min(size_shown(self.problem, shown), LARGEST) if size is None else size
        self.num_instances, self.expert = num_instances, expert
        self.improvement, self.compiled = improvement or ImprovementSettings(), compiled
        self.pool: Pool | None = None
        at_least("size", self.size, self.problem.record.learning.smallest if size is not None else 1)
        at_least("num_instances", num_instances, 1)
        if expert not in (OWN, SELF, *SOLVERS):
            raise unknown("expert", expert, (OWN, SELF, *SOLVERS), "own, self or a solver of mdpzoo solve --help")
        if env is None:
            self.observation_space, self.action_space = spaces_of(self.problem, self.size)
            self.n_envs = 1
        if _init_setup_model:
            self._setup_model()

    def _setup_model(self) -> None:
        """Draws the weights from the seed; the sampler of the fit goes on with the same stream."""
        fresh = np.random.SeedSequence().generate_state(1, np.uint64)[0] >> 1
        seed = int(fresh) if self.seed is None else self.seed
        self.generator = torch.Generator().manual_seed(seed)
        self.label_seed = seed
        self._setup_lr_schedule()
        made = self.policy_class(
            self.observation_space, self.action_space, self.lr_schedule, weights=self.generator, **self.policy_kwargs
        )
        self.policy = made.to(self.device)  # type: ignore[assignment]
        self.policy.network.eval()
        self.optimiser = new_optimiser(self.policy.network, self.imitation.learning_rate, self.imitation.weight_decay)
        self.progress = Progress()
        self.policy.generator = torch.Generator(self.device)
        self.set_random_seed(seed)

    def set_random_seed(self, seed: int | None = None) -> None:
        """Seeds what ``predict`` draws and the environment; unlike SB3's, no global random state."""
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
        """Chooses actions as ``BQPolicy.predict`` does; unlike SB3's own algorithms, the best ones by default."""
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

        Takes its labels from ``labels``, or solves ``num_instances`` instances of ``size`` first; where it is its own
        expert, it solves them anew every so many decisions and keeps the best.

        Args:
            total_timesteps: decisions to imitate; the learning rate falls towards its end.
            callback: SB3's; called once for each update of the weights.
            log_interval: updates between two lines of the log; None or 0: only the last line.
            tb_log_name: the run's name in TensorBoard.
            reset_num_timesteps: False goes on where the last call or the loaded run ended.
            progress_bar: whether to show a bar.

        Returns:
            The agent itself.
        """
        labels = None if not self.labels and self.expert == SELF else self._labels()
        return self.fit(labels, total_timesteps, callback, log_interval, tb_log_name, reset_num_timesteps, progress_bar)

    def fit(
        self,
        labels: Sequence[Labels] | None,
        total_timesteps: int,
        callback: MaybeCallback = None,
        log_interval: int = 100,
        tb_log_name: str = "BQNCO",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        """``learn`` on labels at hand: each batch takes one of them, drawn uniformly.

        None: the agent imitates the best of its own solutions, drawn anew every ``improvement.decisions``.

        Raises:
            InstanceError: labels are of another problem.
        """
        for each in labels or ():
            if each.problem != self.problem.name:
                raise InstanceError(f"the labels are of {each.problem}, the agent solves {self.problem.name}")
        if reset_num_timesteps:
            self.progress, self.num_timesteps, self.pool = Progress(), 0, None
        total_timesteps += self.num_timesteps
        callback = begin(self, total_timesteps, callback, tb_log_name, reset_num_timesteps, progress_bar)
        callback.on_training_start({"self": self, "total_timesteps": total_timesteps}, globals())
        if World().size > 1 and self.seed is None:
            raise SettingError("several processes need one seed to draw the same weights and states: give seed=0, say")
        report = Report(self, callback, log_interval)
        fit = (self.optimiser, self.imitation, self.generator, self.progress, total_timesteps, report)
        network, relative, going_on = self.policy.network, self.policy.settings.relative, True
        while going_on and self.progress.decisions < total_timesteps:
            given, until = (labels, None) if labels is not None else self._round()
            going_on = imitate(
                network, given, *fit, problem=self.problem, relative=relative, compiled=self.compiled, until=until
            )
        report.write()
        callback.on_training_end()
        return self

    def solve(
        self,
        instances: Instances,
        decoding: str = "greedy",
        seconds: float | None = None,
        seed: int = 0,
        budget: Budget | None = None,
        **options: Any,
    ) -> Solutions:
        """Finds solutions.

        Args:
            instances: an instance, several of one size, coordinates ``[B, n, 2]`` (TSP) or costs ``[B, n, n]`` (ATSP),
                solved as one batch; an agent of ATSP takes those of TSP, too.
            decoding: ``greedy``, ``symmetric``, ``sample``, ``beam`` or ``reconstruct``.
            seconds: of wall clock for the whole batch, positive; None: no limit.
            seed: of what is drawn at random, in ``[0, 2**63)``.
            budget: a limit that can be cut short, in place of ``seconds``.
            **options: of the decoding; see ``search.decodings``.

        Raises:
            SettingError: there is no such decoding or option, or a value is out of range; names the nearest.
            InstanceError: sizes differ, or coordinates are not finite or of a wrong shape.
        """
        return solve(
            self.problem,
            self.policy.network,
            self.policy.settings.relative,
            instances,
            decoding,
            seconds,
            seed,
            budget,
            options,
        )

    def save(self, path: str | Path, *, resumable: bool = True) -> None:  # type: ignore[override]
        """Writes one safetensors file, whole or not at all.

        Args:
            path: ``.safetensors`` is added where there is no suffix, and replaces ``.zip``.
            resumable: whether optimiser and sampler go in, three times the size; without them ``learn`` starts anew.
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
        """Reads what ``save`` has written.

        Args:
            path: a file, or ``"tsp"``, ``"atsp"``, ``"cvrp"``, ``"op"`` or ``"knapsack"`` for the checkpoint that comes
                with the package.
            env: the environment of its problem, of any size, or None.
            device: where the network will live.
            labels: as in the constructor, in place of those that the file names.
            verbose: likewise.
            tensorboard_log: likewise.

        Raises:
            CheckpointError: there is no such file, or it cannot be used.
        """
        file = SHIPPED.get(str(path).lower(), Path(path))
        if not file.is_file() and not checkpoint.target(file).is_file():
            hint = did_you_mean(str(path), SHIPPED) or f" {', '.join(SHIPPED)} name those that come with the package."
            raise CheckpointError(f"there is no checkpoint {str(path)!r}.{hint}")
        found = checkpoint.read(file)
        agent = cls(
            "BQPolicy",
            env,
            problem=found.problem,
            network=found.network,
            imitation=found.imitation,
            labels=labels or found.labels["paths"],
            size=max(PROBLEMS[found.problem].record.learning.smallest, found.labels["size"]),
            num_instances=max(1, found.labels["num_instances"]),
            expert=found.labels["expert"],
            improvement=found.improvement,
            seed=found.seed,
            device=device,
            verbose=verbose,
            tensorboard_log=tensorboard_log,
        )
        restore(agent, found)
        return agent

    def dump_logs(self) -> None:
        """Writes the logger's line."""
        self.logger.dump(self.num_timesteps)

    def _labels(self) -> list[Labels]:
        """What ``learn`` imitates."""
        if self.labels:
            return [read_labels(each) for each in self.labels]
        name, count = self.problem.name, self.num_instances
        return [make_labels(name, count, self.size, seed=self.label_seed, expert=self.expert)]

    def _round(self) -> tuple[list[Labels], int]:
        """The best solutions known, drawn anew where a round has ended; and the decisions at which the next ends."""
        if self.pool is None:
            self.pool = Pool(self.problem, self.num_instances, self.size, self.label_seed)
        if self.progress.decisions >= self.progress.rounds * self.improvement.decisions:
            self.pool.improve(self.policy.network, self.policy.settings.relative, self.improvement)
            self.progress.rounds = self.pool.rounds
        return [self.pool.labels()], self.progress.rounds * self.improvement.decisions
