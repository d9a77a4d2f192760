"""QARL, RARL and self-play: two SAC learners take turns, each against the other frozen.

An iteration draws temperatures for a few episodes; the adversary learns during these episodes, then the protagonist
during as many at the same temperatures (Reddi et al. 2024; Pinto et al. 2017 without temperatures). Each player has a
game, a replay memory and a model of its own, and stores only what it has seen in its own turns.

What differs from the released code of QARL: temperatures are shown as normalised logarithms and evaluation takes place
at the last temperature of the training, never at 0; what differs from the original RARL: SAC instead of TRPO.
"""

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from stable_baselines3.common.base_class import BaseAlgorithm

from mdpzoo.errors import SettingError
from mdpzoo.settings import Choices, Range, ranged
from mdpzoo_adversarial.agents.agent_state import Progress, Relay, restore_unsaved, unsaved
from mdpzoo_adversarial.agents.conditioned_policies import ConditionedPolicy
from mdpzoo_adversarial.agents.curricula import VARIANTS, Curriculum, curriculum_of
from mdpzoo_adversarial.agents.players import Player, check_game, player_seed, players_of
from mdpzoo_adversarial.agents.turns import Turns

STATES = ("policy", "actor.optimizer", "critic.optimizer")


class AlternatingSAC(BaseAlgorithm):
    """Two SAC learners that take turns in a zero-sum game.

    Attributes:
        curriculum: the source of the adversary's temperatures.
        players: both learners by name, the protagonist first.
    """

    resumes_between_rollouts = True  # that is between two steps
    policy: Any

    @ranged
    def __init__(
        self,
        policy: str = "MlpPolicy",
        env: Any = None,
        *,
        variant: Annotated[str, Choices(VARIANTS)] = "gamma",
        episodes: Annotated[int, Range(1)] = 5,
        update_every: Annotated[int, Range(1)] = 3,
        pool: Annotated[int, Range(1)] = 1,
        opposed: bool = True,
        teacher: dict[str, Any] | None = None,
        sac: dict[str, Any] | None = None,
        adversary_sac: dict[str, Any] | None = None,
        seed: int | None = None,
        verbose: int = 0,
        tensorboard_log: str | None = None,
        device: Any = "cpu",
    ) -> None:
        """Creates two untrained learners.

        Args:
            policy: ``"MlpPolicy"``.
            env: a parallel environment of two players with Box spaces; the first is the protagonist. It is not played:
                each learner has a copy.
            variant: of the curriculum: ``"gamma"``, ``"single"``, ``"homogeneous"``, ``"linear"``, ``"point"``,
                ``"force"`` or ``"none"``.
            episodes: of one player's turn.
            update_every: steps between two gradient steps.
            pool: number of frozen opponents of a learner, one drawn for each episode; 1: the latest only.
            opposed: whether there is an adversary; False: it does nothing, and only the protagonist learns.
            teacher: settings of ``GammaTeacher``, such as ``threshold``.
            sac: settings of SB3's SAC, such as ``learning_rate`` or ``policy_kwargs``.
            adversary_sac: those of the adversary that differ.
            seed: non-negative; None: unpredictable.
            verbose: 1 writes the log to the terminal.
            tensorboard_log: a folder for TensorBoard.
            device: of the networks.

        Raises:
            SettingError: if a setting is unknown or out of its range, or the game has not two players with Boxes.
        """
        for name, value in (("episodes", episodes), ("update_every", update_every), ("pool", pool)):
            if type(value) is not int:
                raise SettingError(f"{name} must be an integer, got {value!r:.60}")
        check_game(env)
        if policy != "MlpPolicy":
            raise SettingError(f"policy must be 'MlpPolicy', got {policy!r:.60}")
        self.curriculum: Curriculum = curriculum_of(variant, teacher)
        self.turns = Turns()
        self._settings = (dict(sac or {}), {**(sac or {}), **(adversary_sac or {})})
        self._game, self._every, self.episodes, self.opposed = env, update_every, episodes, opposed
        self._seeds = np.random.SeedSequence(seed)
        self.players = players_of(env, self.curriculum, self._settings, update_every, seed, device)
        first = self.protagonist
        super().__init__(
            type(first.model.policy), first.model.env, 0.0, verbose=verbose, tensorboard_log=tensorboard_log,
            device=device, seed=seed,
        )  # fmt: skip
        self._pools: dict[str, deque[Any]] = {name: deque(maxlen=pool) for name in self.players}
        self._setup_model()

    @property
    def protagonist(self) -> Player:
        """The first player, who maximises."""
        return next(iter(self.players.values()))

    @property
    def adversary(self) -> Player:
        """The second player."""
        return list(self.players.values())[1]

    def policy_of(self, player: str, temperature: float | None = None) -> ConditionedPolicy:
        """Returns a player's current policy, frozen: it has SB3's ``predict`` and takes the game's observations.

        Args:
            player: its name.
            temperature: as input of the policy; None: the curriculum's current mean, within those of the training.

        Raises:
            SettingError: if there is no such player.
        """
        if player not in self.players:
            raise SettingError(f"unknown player {player!r}; there are {' and '.join(self.players)}")
        shown = self.curriculum.evaluated if temperature is None else temperature
        policy = self.players[player].frozen(shown, int(self._seeds.spawn(1)[0].generate_state(1)[0]))
        if player == list(self.players)[1]:
            policy.share = self.curriculum.force_share(shown)
        return policy

    def predict(
        self, observation: Any, state: Any = None, episode_start: Any = None, deterministic: bool = False
    ) -> tuple[np.ndarray, Any]:
        """Returns the protagonist's actions for one observation of the game or for many."""
        return self.policy_of(self.protagonist.name).predict(observation, state, episode_start, deterministic)

    def learn(
        self,
        total_timesteps: int,
        callback: Any = None,
        log_interval: int = 4,
        tb_log_name: str = "run",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        """Plays and learns for ``total_timesteps`` steps, those of both players counted together.

        Args:
            total_timesteps: steps to take.
            callback: SB3's callbacks; ``self.model`` is this agent.
            log_interval: turns between two lines of the log.
            tb_log_name: the run's name in TensorBoard.
            reset_num_timesteps: False: continue from the last call, in the middle of a turn if necessary.
            progress_bar: whether to show a bar.
        """
        self._last_obs = np.zeros(0)  # SB3 resets the environment only if there is none
        total_timesteps, callback = self._setup_learn(
            total_timesteps, callback, reset_num_timesteps, tb_log_name, progress_bar
        )
        for player in self.players.values():
            player.begin(self.logger, total_timesteps, reset_num_timesteps)
        relay = Relay(self, callback)
        relay.init_callback(self)
        callback.on_training_start(locals(), globals())
        if reset_num_timesteps or self.turns.plan is None:
            self._begin_turn(new_plan=True)
        logged = self.turns.taken
        while self.num_timesteps < total_timesteps and not relay.stopped:
            self._step(relay)
            if log_interval and self.turns.taken - logged >= log_interval:
                logged = self.turns.taken
                self.dump_logs()
        self.dump_logs()
        callback.on_training_end()
        return self

    def dump_logs(self) -> None:
        """Writes temperatures, both players' mean returns and their gap to the logger."""
        names = list(self.players)
        returns = {name: player.mean_return for name, player in self.players.items()}
        self.logger.record("curriculum/temperature", self.curriculum.mean)
        self.logger.record("curriculum/turns", self.turns.taken)
        for name, value in returns.items():
            self.logger.record(f"{name}/return", value)
        # each return is against the other frozen one step earlier: their sum is what both gained by learning
        self.logger.record("curriculum/exploitability_proxy", sum(returns[name] for name in names))
        self.logger.record("time/total_timesteps", self.num_timesteps, exclude="tensorboard")
        self.logger.dump(step=self.num_timesteps)

    def set_random_seed(self, seed: int | None = None) -> None:
        """Seeds both models, both games and the curriculum."""
        self._seeds = np.random.SeedSequence(seed)
        self.generator = np.random.default_rng(self._seeds.spawn(1)[0])
        if seed is not None:
            for place, player in enumerate(self.players.values()):
                player.model.set_random_seed(player_seed(seed, place))

    def __getattr__(self, name: str) -> Any:
        """Finds the parts that are saved: ``<player>_log_ent_coef``."""
        for player, learner in self.__dict__.get("players", {}).items():
            if name == f"{player}_log_ent_coef":
                return learner.model.log_ent_coef
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @classmethod
    def load(cls, path: Any, env: Any = None, **settings: Any) -> Any:  # type: ignore[override]
        """Loads a saved agent, as ``mdpzoo.load_agent`` does: nothing is unpickled.

        Raises:
            SettingError: if settings are given; they come from the file.
        """
        from mdpzoo.loading import read

        if settings:
            raise SettingError(f"settings come from the file; {next(iter(settings))!r} cannot be given")
        return read(Path(path), env)

    def _setup_model(self) -> None:
        self.set_random_seed(self.seed)
        self.progress = Progress(self)
        self.policy = self.protagonist.model.policy

    def _step(self, relay: Relay) -> None:
        """Takes one step of the learning player; ends its turn after enough episodes."""
        learner = list(self.players.values())[self.turns.learner]
        if learner.step(relay):
            self.turns.episodes_done += 1
            if self.turns.episodes_done == self.episodes:
                self._end_turn(learner)

    def _end_turn(self, learner: Player) -> None:
        for temperature, discounted in learner.seat.finished:
            self.curriculum.record(temperature, discounted)
        learner.seat.finished.clear()
        was_last = self.turns.pass_on(self.opposed)
        if was_last:
            self.curriculum.advance(self.num_timesteps / max(self._total_timesteps, 1))
        self._begin_turn(new_plan=was_last)

    def _begin_turn(self, new_plan: bool) -> None:
        """Freezes the waiting player, and gives the other its temperatures."""
        if not self.opposed:
            self.turns.learner = 0
        elif self.turns.plan is None:
            self.turns.learner = 1
        if new_plan or self.turns.plan is None:
            self.turns.plan = self.curriculum.draw(self.episodes, self.generator)
        self.turns.episodes_done = 0
        learner, waiting = self.turns.ordered(self.players)
        learner.seat.finished.clear()
        if not self.opposed:
            return
        self._pools[waiting.name].append(waiting.frozen(self.curriculum.mean))
        shares = np.array([self.curriculum.force_share(each) for each in self.turns.plan])
        learner.follow(self.turns.plan, shares, self.opponents_of(learner))

    def opponents_of(self, learner: Player) -> Callable[[], ConditionedPolicy]:
        """Returns a function that draws a learner's opponent for an episode."""
        pool = self._pools[next(name for name in self.players if name != learner.name)]
        return lambda: pool[int(self.generator.integers(len(pool)))]

    @property
    def resumes_exactly(self) -> bool:
        """Whether a resumed run is bitwise identical: not with a simulator, or with other networks or memories."""
        return all(player.resumes for player in self.players.values())

    def unsaved_state(self) -> dict[str, Any]:
        """Returns the state that the file does not hold: games, replay memories, pools and generators."""
        return unsaved(self)

    def restore_unsaved(self, state: dict[str, Any]) -> None:
        """Restores a result of ``unsaved_state``."""
        restore_unsaved(self, state)

    def _get_torch_save_params(self) -> tuple[list[str], list[str]]:
        parts = [f"players_by_name.{name}.model.{part}" for name in self.players for part in STATES]
        loose = []
        for name, player in self.players.items():
            if player.model.ent_coef_optimizer is not None:
                parts.append(f"players_by_name.{name}.model.ent_coef_optimizer")
                loose.append(f"{name}_log_ent_coef")
        return ["progress", *parts], loose

    @property
    def players_by_name(self) -> Any:
        """Both players as attributes of one object, for SB3's dotted names."""
        from types import SimpleNamespace

        return SimpleNamespace(**self.players)

    def _excluded_save_params(self) -> list[str]:
        own = ["players", "curriculum", "turns", "progress", "generator", "_game", "_pools", "_seeds", "_settings"]
        return [*super()._excluded_save_params(), *own, "_last_obs"]
