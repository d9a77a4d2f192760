"""Several decision makers as PettingZoo environments, and one seat of a game as a Gymnasium environment."""

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Space
from pettingzoo import AECEnv, ParallelEnv
from pettingzoo.utils.conversions import parallel_to_aec
from pettingzoo.utils.wrappers import OrderEnforcingWrapper

from mdpzoo.errors import MissingExtraError, SettingError, did_you_mean
from mdpzoo.protocols import Game, Policy
from mdpzoo.specs import build


def parallel_env(
    rules: str, *, max_cycles: int | None = None, render_mode: str | None = None, **settings: Any
) -> "GameParallelEnv":
    """What ``pettingzoo.make("parallel", id)`` calls."""
    return GameParallelEnv(build(rules, settings), max_cycles=max_cycles, render_mode=render_mode)


def aec_env(
    rules: str, *, max_cycles: int | None = None, render_mode: str | None = None, **settings: Any
) -> AECEnv[str, Any, Any]:
    """What ``pettingzoo.make("aec", id)`` calls: the players act in turn, the game moves when all have."""
    game = parallel_env(rules, max_cycles=max_cycles, render_mode=render_mode, **settings)
    return OrderEnforcingWrapper(parallel_to_aec(game))


class GameParallelEnv(ParallelEnv[str, Any, Any]):
    """A ``Game`` whose players act at the same time."""

    def __init__(self, rules: Game, *, max_cycles: int | None = None, render_mode: str | None = None) -> None:
        """Wraps rules.

        Args:
            rules: the game.
            max_cycles: steps after which the game is truncated; None: never.
            render_mode: ``"rgb_array"``, ``"human"`` (the same pictures in a window, by pygame) or None.

        Raises:
            SettingError: an argument has no such value.
        """
        if max_cycles is not None and max_cycles < 1:
            raise SettingError(f"max_cycles must be at least 1, got {max_cycles}")
        modes = (None, "rgb_array", "human") if hasattr(rules, "render") else (None,)
        if render_mode not in modes:
            raise SettingError(f"{type(rules).__name__} does not render as {render_mode!r}; known: {modes}")
        self.rules, self.max_cycles, self.render_mode = rules, max_cycles, render_mode
        self.metadata = {"name": type(rules).__name__, "render_modes": ["rgb_array"], "is_parallelizable": True}
        self.possible_agents = list(rules.players)
        self.agents: list[str] = []
        self.observation_spaces, self.action_spaces = dict(rules.observation_spaces), dict(rules.action_spaces)
        if hasattr(rules, "state_space"):
            self.state_space = rules.state_space
        self._generator: np.random.Generator | None = None
        self._window: Any = None

    def observation_space(self, agent: str) -> Space[Any]:
        """What a player sees."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Space[Any]:
        """What a player can do."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Starts a game; without a seed the random stream goes on."""
        if seed is not None or self._generator is None:
            self._generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
        self._state = self.rules.initial(self._generator)
        self._cycles = 0
        self.agents = list(self.possible_agents)
        return self._look(), {agent: {} for agent in self.agents}

    def step(
        self, actions: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Acts once, all players together.

        Raises:
            SettingError: a player's action is missing.
            IllegalActionError: the state does not allow some player's action.
        """
        if missing := [agent for agent in self.agents if agent not in actions]:
            raise SettingError(f"the action of player {missing[0]!r} is missing")
        if not self.agents:
            return {}, {}, {}, {}, {}
        assert self._generator is not None
        self._state, rewards, ended = self.rules.step(self._state, actions, self._generator)
        self._cycles += 1
        players, truncated = self.agents, self._cycles == self.max_cycles
        if ended or truncated:
            self.agents = []
        return (
            self._look(),
            {agent: float(rewards[agent]) for agent in players},
            dict.fromkeys(players, ended),
            dict.fromkeys(players, truncated),
            {agent: {} for agent in players},
        )

    def state(self) -> np.ndarray:
        """What an observer of the whole game sees."""
        return self.rules.global_state(self._state)  # type: ignore[attr-defined]

    def render(self) -> np.ndarray | None:
        """A picture of the current state, ``[height, width, 3]`` uint8; in human mode it is shown and None returned.

        Raises:
            MissingExtraError: pygame, which shows it, is not installed.
        """
        if self.render_mode is None:
            return None
        picture = self.rules.render(self._state)  # type: ignore[attr-defined]
        if self.render_mode == "human":
            self._show(picture)
            return None
        return picture

    def close(self) -> None:
        """Closes the window, if there is one."""
        if self._window is not None:
            import pygame

            pygame.display.quit()
            self._window = None

    def _show(self, picture: np.ndarray) -> None:
        try:
            import pygame
        except ImportError:
            sentence = "pygame, which shows pictures, is not installed; type: pip install 'mdpzoo[render]'"
            raise MissingExtraError(sentence) from None
        if self._window is None:
            self._window = pygame.display.set_mode((picture.shape[1], picture.shape[0]))
        self._window.blit(pygame.surfarray.make_surface(picture.swapaxes(0, 1)), (0, 0))
        pygame.event.pump()
        pygame.display.flip()

    def _look(self) -> dict[str, Any]:
        return dict(self.rules.observe(self._state))


class SeatEnv(gymnasium.Env[Any, Any]):
    """One player's view of a game; the others are played by frozen policies, so to this player it is an MDP."""

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 4}

    def __init__(
        self,
        game: ParallelEnv[str, Any, Any],
        player: str,
        others: Policy | Mapping[str, Policy],
        deterministic: bool = False,
    ) -> None:
        """Takes a seat.

        Args:
            game: the environment of all players.
            player: whose seat this is.
            others: a policy for each other player, or one for all; anything with SB3's ``predict``.
            deterministic: what the others' ``predict`` is told.

        Raises:
            SettingError: there is no such player, or another has no policy.
        """
        players = game.possible_agents
        if player not in players:
            raise SettingError(f"unknown player {player!r}.{did_you_mean(player, players) or f' Players: {players}'}")
        rest = [each for each in players if each != player]
        policies = dict(others) if isinstance(others, Mapping) else dict.fromkeys(rest, others)
        if missing := [each for each in rest if not hasattr(policies.get(each), "predict")]:
            raise SettingError(f"player {missing[0]!r} needs a policy with predict(), got {policies.get(missing[0])!r}")
        self.game, self.player, self.deterministic = game, player, deterministic
        self.others: dict[str, Policy] = {each: policies[each] for each in rest}
        self.observation_space, self.action_space = game.observation_space(player), game.action_space(player)
        self.render_mode = game.render_mode

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts a game."""
        super().reset(seed=seed)
        self._seen, infos = self.game.reset(seed=int(self.np_random.integers(2**31)), options=options)
        self._memories: dict[str, Any] = dict.fromkeys(self.others)
        self._first = np.ones(1, bool)
        return self._seen[self.player], infos[self.player]

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Acts once; the others answer what they see now, at the same time."""
        actions = {self.player: action} | {name: self._answer(name) for name in self.others}
        self._seen, rewards, terminated, truncated, infos = self.game.step(actions)
        self._first = np.zeros(1, bool)
        name = self.player
        return self._seen[name], rewards[name], terminated[name], truncated[name], infos[name]

    def render(self) -> Any:
        """The game's own picture."""
        return self.game.render()

    def _answer(self, name: str) -> Any:
        action, self._memories[name] = self.others[name].predict(
            self._seen[name], self._memories[name], self._first, self.deterministic
        )
        return action
