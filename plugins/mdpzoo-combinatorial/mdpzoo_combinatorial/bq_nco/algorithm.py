"""BQ-NCO as a Stable-Baselines3 algorithm (Drakulic et al. 2023, arXiv 2301.03313).

``learn`` imitates near-optimal tours; one timestep is one imitated decision. It never plays the environment, which only
says how many nodes to train for. What differs from the paper: see ``network``, ``imitation`` and ``reconstruction``.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import MaybeCallback

from mdpzoo.errors import CheckpointError, did_you_mean
from mdpzoo_combinatorial.bq_nco import checkpoint
from mdpzoo_combinatorial.bq_nco.imitation import ImitationSettings, Progress, imitate, new_optimiser
from mdpzoo_combinatorial.bq_nco.labels import Labels, make_labels, read_labels
from mdpzoo_combinatorial.bq_nco.limits import at_least
from mdpzoo_combinatorial.bq_nco.network import PathNetworkSettings
from mdpzoo_combinatorial.bq_nco.policy import BQPolicy, nodes_of, spaces_of
from mdpzoo_combinatorial.bq_nco.reporting import Report, begin
from mdpzoo_combinatorial.bq_nco.search import Solutions
from mdpzoo_combinatorial.bq_nco.solving import Instances, solve
from mdpzoo_combinatorial.budget import Budget

SHIPPED = {"tsp": Path(__file__).parent / "checkpoints" / "tsp.safetensors"}
MOST_NODES = 100  # of the instances that an environment makes the agent solve: larger ones take long to label


class BQNCO(BaseAlgorithm):
    """Attention policy over what is left to solve, fitted by imitation of near-optimal tours.

    Attributes:
        policy: the network as SB3's policy.
        optimiser: AdamW over its weights.
        progress: decisions imitated and updates made.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"BQPolicy": BQPolicy}
    policy: BQPolicy

    def __init__(
        self,
        policy: str | type[BasePolicy] = "BQPolicy",
        env: Any = None,
        *,
        network: PathNetworkSettings | None = None,
        imitation: ImitationSettings | None = None,
        labels: str | Path | Sequence[str | Path] | None = None,
        num_nodes: int | None = None,
        num_instances: int = 2048,
        seed: int | None = None,
        device: Any = "cpu",
        verbose: int = 0,
        tensorboard_log: str | None = None,
        _init_setup_model: bool = True,
    ) -> None:
        """Draws the weights.

        Args:
            policy: ``"BQPolicy"``.
            env: ``mdpzoo/TSP-v0`` in either form, or None.
            network: the network's size.
            imitation: rates and sizes of the fit.
            labels: files or folders of ``write_labels`` to imitate; None: solved by local search when ``learn`` begins.
            num_nodes: of the instances then solved, at least 5; None: the environment's, at most 100, else 20.
            num_instances: how many of them, at least 1; each tour of n nodes holds 16 n^2 labelled decisions.
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
            policy_kwargs={"settings": network or PathNetworkSettings()},
            verbose=verbose,
            device=device,
            tensorboard_log=tensorboard_log,
            support_multi_env=True,
            seed=seed,
        )
        self.labels = labels
        own = min(nodes_of(getattr(self, "observation_space", None)), MOST_NODES)
        self.num_nodes = own if num_nodes is None else num_nodes
        self.num_instances = num_instances
        at_least("num_nodes", self.num_nodes, 5)
        at_least("num_instances", num_instances, 1)
        if env is None:
            self.observation_space, self.action_space = spaces_of(self.num_nodes)
            self.n_envs = 1
        if _init_setup_model:
            self._setup_model()

    def _setup_model(self) -> None:
        """Draws the weights from the seed; the sampler of the fit goes on with the same stream."""
        fresh = np.random.SeedSequence().generate_state(1, np.uint64)[0] >> 1
        seed = int(fresh) if self.seed is None else self.seed
        self.generator = torch.Generator().manual_seed(seed)
        self._label_seed = seed
        self._setup_lr_schedule()
        made = self.policy_class(
            self.observation_space, self.action_space, self.lr_schedule, weights=self.generator, **self.policy_kwargs
        )
        self.policy = made.to(self.device)  # type: ignore[assignment]
        self.policy.network.eval()
        self.optimiser = new_optimiser(self.policy.network, self.imitation)
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

        Takes its labels from ``labels``, or solves ``num_instances`` instances of ``num_nodes`` nodes first.

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
        return self.fit(
            self._labels(), total_timesteps, callback, log_interval, tb_log_name, reset_num_timesteps, progress_bar
        )

    def fit(
        self,
        labels: Sequence[Labels],
        total_timesteps: int,
        callback: MaybeCallback = None,
        log_interval: int = 100,
        tb_log_name: str = "BQNCO",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        """``learn`` on labels at hand: each batch takes one of them, drawn uniformly."""
        if reset_num_timesteps:
            self.progress, self.num_timesteps = Progress(), 0
        total_timesteps += self.num_timesteps
        callback = begin(self, total_timesteps, callback, tb_log_name, reset_num_timesteps, progress_bar)
        callback.on_training_start({"self": self, "total_timesteps": total_timesteps}, globals())
        report = Report(self, callback, log_interval)
        fit = (self.policy.network, self.optimiser, labels, self.imitation, self.generator, self.progress)
        imitate(*fit, total_timesteps, report)
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
        """Finds tours.

        Args:
            instances: a ``TSPInstance``, a list of them of one size, or coordinates ``[B, n, 2]``, solved as one batch.
            decoding: ``greedy``, ``symmetric``, ``sample`` or ``reconstruct``.
            seconds: of wall clock for the whole batch, positive; None: no limit.
            seed: of what is drawn at random, in ``[0, 2**63)``.
            budget: a limit that can be cut short, in place of ``seconds``.
            **options: of the decoding; see ``search``.

        Raises:
            SettingError: there is no such decoding or option, or a value is out of range; names the nearest.
            InstanceError: sizes differ, or coordinates are not finite or of a wrong shape.
        """
        return solve(self.policy.network, instances, decoding, seconds, seed, budget, options)

    def save(self, path: str | Path, *, resumable: bool = True) -> None:  # type: ignore[override]
        """Writes one safetensors file, whole or not at all.

        Args:
            path: ``.safetensors`` is added where there is no suffix, and replaces ``.zip``.
            resumable: whether optimiser and sampler go in, three times the size; without them ``learn`` starts anew.
        """
        tensors = {f"network.{name}": each for name, each in self.policy.network.state_dict().items()}
        if resumable:
            tensors |= checkpoint.moments(self.policy.network, self.optimiser)
            tensors["generator"] = self.generator.get_state()
        sources = {"num_nodes": self.num_nodes, "num_instances": self.num_instances}
        settings = self.policy.network.settings
        checkpoint.write(
            path, checkpoint.Checkpoint(settings, self.imitation, self.progress, self._label_seed, sources, tensors)
        )

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
            path: a file, or ``"tsp"`` for the checkpoint that comes with the package.
            env: ``mdpzoo/TSP-v0`` of any size, or None.
            device: where the network will live.
            labels: as in the constructor; a path is not saved.
            verbose: likewise.
            tensorboard_log: likewise.

        Raises:
            CheckpointError: there is no such file, or it cannot be used.
        """
        file = SHIPPED.get(str(path), Path(path))
        if not file.is_file() and not checkpoint.target(file).is_file():
            hint = did_you_mean(str(path), SHIPPED) or " 'tsp' names the one that comes with the package."
            raise CheckpointError(f"there is no checkpoint {str(path)!r}.{hint}")
        found = checkpoint.read(file)
        agent = cls(
            "BQPolicy",
            env,
            network=found.network,
            imitation=found.imitation,
            labels=labels,
            num_nodes=max(5, found.labels["num_nodes"]),
            num_instances=max(1, found.labels["num_instances"]),
            seed=found.seed,
            device=device,
            verbose=verbose,
            tensorboard_log=tensorboard_log,
        )
        agent._restore(found)
        return agent

    def dump_logs(self) -> None:
        """Writes the logger's line."""
        self.logger.dump(self.num_timesteps)

    def _labels(self) -> list[Labels]:
        """What ``learn`` imitates."""
        if self.labels is None:
            return [make_labels(self.num_instances, self.num_nodes, seed=self._label_seed)]
        paths = [self.labels] if isinstance(self.labels, str | Path) else self.labels
        return [read_labels(each) for each in paths]

    def _restore(self, found: checkpoint.Checkpoint) -> None:
        """Takes weights, progress and, where they are there, optimiser and sampler from a checked file."""
        self.policy.network.load_state_dict(found.weights())
        self.progress = found.progress
        self.num_timesteps = found.progress.decisions
        self._label_seed = self._label_seed if found.seed is None else found.seed
        if not found.resumable:
            return
        try:
            self.generator.set_state(found.tensors["generator"])
        except RuntimeError:
            raise CheckpointError("the checkpoint holds no valid state of its sampler") from None
        checkpoint.restore_moments(self.policy.network, self.optimiser, found.tensors)
