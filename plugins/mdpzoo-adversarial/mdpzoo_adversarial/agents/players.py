"""One learning player: its seat, SB3's SAC in it, and the steps and episodes that it takes."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from pettingzoo import ParallelEnv
from stable_baselines3 import SAC
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.type_aliases import TrainFreq, TrainFrequencyUnit
from stable_baselines3.common.vec_env import DummyVecEnv

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo.interop.pettingzoo import GameParallelEnv
from mdpzoo.interop.shells.model_env import ModelEnv
from mdpzoo.interop.shells.snapshots import plain_state, restore_plain
from mdpzoo.policies import freeze
from mdpzoo.policies.networks import NetworkPolicy
from mdpzoo_adversarial.agents.conditioned_policies import ConditionedPolicy, IdlePolicy, TemperatureScale
from mdpzoo_adversarial.agents.curricula import Curriculum
from mdpzoo_adversarial.agents.learning_seats import LearningSeat
from mdpzoo_adversarial.agents.tempered_policy import TemperedPolicy

ONE_STEP = TrainFreq(1, TrainFrequencyUnit.STEP)
QARL_START = "auto_0.005"  # the protagonist's temperature: learned, from this
MEMORY = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")  # arrays of a replay buffer
DEFAULTS: Mapping[str, Any] = {"buffer_size": 300_000, "learning_starts": 1_000, "batch_size": 256}


class Player:
    """A player that learns with SAC against a frozen other player.

    Attributes:
        name: its name in the game.
        seat: its environment.
        model: SB3's SAC.
    """

    def __init__(
        self,
        game: ParallelEnv[str, Any, Any],
        name: str,
        settings: Mapping[str, Any],
        scale: TemperatureScale | None,
        tempered: bool,
        update_every: int,
        seed: int | None,
        device: Any,
    ) -> None:
        """Takes a seat in a game of its own, the other player idle, and builds an untrained model.

        Args:
            game: copied, not shared.
            name: the player's name.
            settings: of SB3's SAC; they override ``DEFAULTS``.
            scale: the encoding of temperatures; None: they are not observed.
            tempered: whether the observed temperature is the player's own.
            update_every: steps between two gradient steps.
            seed: of the model and the game; None: unpredictable.
            device: of the networks.
        """
        self.name, self._every, self._shape = name, update_every, game.observation_space(name).shape
        other = next(each for each in game.possible_agents if each != name)
        idle = {other: IdlePolicy(game.action_space(other))}
        settings = {**DEFAULTS, **settings}
        sign = 1.0 if name == game.possible_agents[0] else -1.0
        own = mdpzoo.seat(own_game(game), name, idle)
        self.seat = LearningSeat(own, other, sign, float(settings.get("gamma", 0.99)), scale)
        policy: Any = "MlpPolicy"
        if tempered:
            policy, kwargs = TemperedPolicy, dict(settings.get("policy_kwargs") or {})
            settings |= {"ent_coef": 1.0, "policy_kwargs": {**kwargs, "scale": scale}}
        envs = DummyVecEnv([lambda: Monitor(self.seat)])
        self.model = SAC(policy, envs, seed=seed, device=device, train_freq=1, gradient_steps=1, **settings)
        self._scale = scale

    def begin(self, logger: Any, total: int, reset: bool) -> None:
        """Prepares for learning; ``total`` is the maximum number of steps, ``reset`` sets the clock to 0."""
        self.model.set_logger(PlayerLogger(logger, self.name))  # type: ignore[arg-type]
        if reset:
            self.model._last_obs = None
        self.model._setup_learn(total, None, reset_num_timesteps=reset)

    def follow(self, plan: np.ndarray, shares: np.ndarray, opponents: Callable[[], Any]) -> None:
        """Starts a phase; the arguments are those of ``LearningSeat.follow``."""
        seen = self.seat.follow(plan, shares, opponents)
        if seen is not None and self.model._last_obs is not None:
            self.model._last_obs = seen[None].copy()

    def step(self, callback: BaseCallback) -> bool:
        """Takes one step, and a gradient step every ``update_every`` of them; returns whether an episode ended."""
        model, before = self.model, self.model._episode_num
        assert model.env is not None
        assert model.replay_buffer is not None
        model.collect_rollouts(
            model.env, callback, ONE_STEP, model.replay_buffer, learning_starts=model.learning_starts
        )  # fmt: skip
        seen = model.replay_buffer.size()  # smaller than the clock after loading: memories are not saved
        if seen > min(model.learning_starts, model.buffer_size) and model.num_timesteps % self._every == 0:
            model.train(gradient_steps=1, batch_size=model.batch_size)
        return model._episode_num > before

    def frozen(self, temperature: float, seed: int | None = None) -> ConditionedPolicy:
        """Returns the current policy as a frozen player with a fixed temperature."""
        z = None if self._scale is None else self._scale.show(temperature)
        return ConditionedPolicy(freeze(self.model.policy), self._shape or (), z, seed)

    @property
    def resumes(self) -> bool:
        """Whether ``state`` is complete, that is with plain networks, SB3's own memory and MDPZoo's rules."""
        model = self.model
        plain = type(model.replay_buffer) is ReplayBuffer and not model.replay_buffer.optimize_memory_usage
        shells = isinstance(self.seat.unwrapped, ModelEnv) and not model.use_sde
        return plain and shells and isinstance(freeze(model.policy), NetworkPolicy)

    def state(self) -> dict[str, Any]:
        """Returns the game, the place in the episode and the replay memory as arrays and numbers, for ``restore``."""
        model, memory = self.model, self.model.replay_buffer
        assert isinstance(memory, ReplayBuffer)
        filled = memory.size()
        return {
            "game": plain_state(self.seat.unwrapped),
            "seat": self.seat.state(),
            "rewards": list(self._monitor.rewards),
            "observation": model._last_obs,
            "starts": model._last_episode_starts,
            "episodes": model._episode_num,
            "actions": model.action_space.np_random.bit_generator.state,
            "memory": {name: getattr(memory, name)[:filled] for name in MEMORY} | {"next": memory.pos},
        }

    def restore(self, state: Mapping[str, Any], opponents: Callable[[], Any] | None, opponent: Any) -> None:
        """Continues from a state; the other arguments are those of ``LearningSeat.restore``."""
        model, memory = self.model, self.model.replay_buffer
        assert model.env is not None
        assert isinstance(memory, ReplayBuffer)
        model.env.reset()
        restore_plain(self.seat.unwrapped, state["game"])
        self.seat.restore(state["seat"], opponents, opponent)
        self._monitor.rewards = list(state["rewards"])
        model._last_obs = model._last_original_obs = state["observation"]
        model._last_episode_starts, model._episode_num = state["starts"], state["episodes"]
        model.action_space.np_random.bit_generator.state = state["actions"]
        for name in MEMORY:
            array = state["memory"][name]
            getattr(memory, name)[: len(array)] = array
        memory.pos, memory.full = state["memory"]["next"], len(array) == memory.buffer_size

    @property
    def _monitor(self) -> Any:
        return self.model.env.envs[0]  # type: ignore[union-attr]

    @property
    def mean_return(self) -> float:
        """Returns the mean return of the last episodes; nan if there is none."""
        episodes = self.model.ep_info_buffer
        return float(np.mean([each["r"] for each in episodes])) if episodes else float("nan")


def players_of(
    game: Any,
    curriculum: Curriculum,
    settings: tuple[Mapping[str, Any], Mapping[str, Any]],
    update_every: int,
    seed: int | None,
    device: Any,
) -> dict[str, Player]:
    """Builds both learners; the variant determines their observations and the owner of the temperature.

    Args:
        game: a parallel environment of two players.
        curriculum: of the adversary's temperatures.
        settings: of SB3's SAC, the protagonist's and the adversary's.
        update_every: steps between two gradient steps.
        seed: of both; None: unpredictable.
        device: of the networks.
    """
    variant = curriculum.variant
    scale = TemperatureScale(curriculum.highest, curriculum.lowest) if curriculum.conditions else None
    found = {}
    for place, name in enumerate(game.possible_agents):
        tempered = scale is not None and variant != "force" and (place == 1 or variant == "homogeneous")
        own = {"ent_coef": QARL_START, **settings[place]}
        part = None if seed is None else player_seed(seed, place)
        found[name] = Player(game, name, own, scale, tempered, update_every, part, device)
    return found


class PlayerLogger:
    """Writes SB3's records of one player under the player's name."""

    def __init__(self, logger: Any, name: str) -> None:
        """Takes the logger of both players."""
        self._logger, self._name = logger, name

    def record(self, key: str, value: Any, exclude: Any = None) -> None:
        """Records a value."""
        if not key.startswith(("time/", "rollout/")):
            self._logger.record(f"{self._name}/{key.removeprefix('train/')}", value, exclude=exclude)

    def dump(self, step: int = 0) -> None:
        """Writes nothing: the agent writes both players' values."""


def own_game(game: ParallelEnv[str, Any, Any]) -> Any:
    """Returns a game that shares no state with another: rules are pure, simulators are copied."""
    if isinstance(game, GameParallelEnv):
        return GameParallelEnv(game.rules, max_cycles=game.max_cycles)
    return copy.deepcopy(game)


def player_seed(seed: int, place: int) -> int:
    """Returns the seed of a player from the agent's and the player's place in the game."""
    return int(np.random.SeedSequence((seed, place)).generate_state(1)[0] >> 1)


def check_game(env: Any) -> None:
    """Checks that a game has two players with Box spaces.

    Raises:
        SettingError: if not.
    """
    players = getattr(env, "possible_agents", ())
    if len(players) != 2:
        raise SettingError(f"the game must have two players, got {list(players)}")
    for name in players:
        for space in (env.observation_space(name), env.action_space(name)):
            if not isinstance(space, Box):
                raise SettingError(f"SAC needs Box spaces, {name} has {space}")
