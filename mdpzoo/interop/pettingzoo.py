"""Several decision makers as PettingZoo environments.

``reset(seed=s)`` starts the stream of seed s, as in every other face; its first number in each episode is reserved for
frozen players (``mdpzoo.protocols``).
"""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Space
from pettingzoo import AECEnv, ParallelEnv
from pettingzoo.utils.conversions import parallel_to_aec
from pettingzoo.utils.wrappers import OrderEnforcingWrapper

from mdpzoo.codes import build
from mdpzoo.errors import MissingExtraError, ResetNeededError, SettingError
from mdpzoo.interop.seating.single_game import single_form
from mdpzoo.interop.shells.shell import Stream, check_limit, check_options, check_reveal, check_seed, frames_per_second
from mdpzoo.interop.shells.snapshots import restore, snapshot
from mdpzoo.protocols import BatchedGame, Game
from mdpzoo.registry import named_by

KEPT = ("_state", "_stream", "_cycles", "agents")  # by ``state_dict``
# the one option that PettingZoo's own tests pass to every environment, without a meaning
TESTED_OPTION = "options"


def parallel_env(
    rules: str,
    *,
    max_cycles: int | None = None,
    render_mode: str | None = None,
    reveal: str = "never",
    **settings: Any,
) -> "GameParallelEnv":
    """Builds the environment that ``pettingzoo.make("parallel", id)`` returns."""
    return GameParallelEnv(
        build(rules, settings, named_by(rules)), max_cycles=max_cycles, render_mode=render_mode, reveal=reveal
    )


def aec_env(rules: str, **settings: Any) -> AECEnv[str, Any, Any]:
    """Builds the environment of ``pettingzoo.make("aec", id)``: players act in turn; the game moves when all have."""
    return OrderEnforcingWrapper(parallel_to_aec(parallel_env(rules, **settings)))


def simulator_parallel_env(
    rules: str, *, render_mode: str | None = None, **settings: Any
) -> ParallelEnv[str, Any, Any]:
    """Builds a parallel environment that keeps a state of its own; ``rules`` is ``"module:attribute"``.

    Raises:
        SettingError: if a setting is unknown, or what was built is no parallel environment.
    """
    if settings.get("max_cycles", 0) is None:
        del settings["max_cycles"]
    env = build(rules, settings if render_mode is None else {"render_mode": render_mode, **settings}, named_by(rules))
    if not isinstance(env, ParallelEnv):
        raise SettingError(f"{rules!r} must build a pettingzoo.ParallelEnv, got {type(env).__name__}")
    return env


def simulator_aec_env(rules: str, **settings: Any) -> AECEnv[str, Any, Any]:
    """Builds the same with players who act in turn."""
    return OrderEnforcingWrapper(parallel_to_aec(simulator_parallel_env(rules, **settings)))


class GameParallelEnv(ParallelEnv[str, Any, Any]):
    """A ``Game`` whose players act at the same time."""

    def __init__(
        self,
        rules: Game | BatchedGame,
        *,
        max_cycles: int | None = None,
        render_mode: str | None = None,
        reveal: str = "never",
    ) -> None:
        """Wraps rules.

        Args:
            rules: the game; a batched one is played as a batch of one.
            max_cycles: steps after which the game is truncated; None: never.
            render_mode: ``"rgb_array"``, ``"human"`` (the same pictures in a window, by pygame) or None.
            reveal: when every player's info holds hidden facts: ``"never"``, ``"end"`` (in the game's last) or
                ``"always"``.

        Raises:
            SettingError: if an argument has no such value.
        """
        self.rules = single_form(rules)
        modes = (None, "rgb_array", "human") if hasattr(self.rules, "render") else (None,)
        if render_mode not in modes:
            raise SettingError(f"{type(rules).__name__} does not render as {render_mode!r}; known: {modes}")
        self.max_cycles, self.render_mode = check_limit(max_cycles, "max_cycles"), render_mode
        self.reveal = check_reveal(reveal)
        self._reveals = reveal != "never" and hasattr(self.rules, "reveal")
        self.metadata = {
            "name": type(rules).__name__,
            "render_modes": ["rgb_array"],
            "render_fps": frames_per_second(self.rules),
            "is_parallelizable": True,
        }
        self.possible_agents = list(rules.players)
        self.agents: list[str] = []
        # copies, since spaces hold generators: two players, or two environments of the same rules, share nothing
        self.observation_spaces = {player: copy.deepcopy(rules.observation_spaces[player]) for player in rules.players}
        self.action_spaces = {player: copy.deepcopy(rules.action_spaces[player]) for player in rules.players}
        if hasattr(rules, "state_space"):
            self.state_space = rules.state_space
        self._stream: Stream | None = None
        self._state: Any = None
        self._window: Any = None

    @property
    def model(self) -> Any:
        """The model that the rules are made of, such as a ``MarkovGame``, for planners.

        Raises:
            AttributeError: if the rules are no table.
        """
        return self.rules.model  # type: ignore[attr-defined]

    def observation_space(self, agent: str) -> Space[Any]:
        """Returns the observation space of a player."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Space[Any]:
        """Returns the action space of a player."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Starts a game; without a seed the random stream continues.

        Raises:
            SettingError: if an option is unknown.
        """
        check_options({name: each for name, each in (options or {}).items() if name != TESTED_OPTION}, ())
        check_seed(seed)
        if seed is not None or self._stream is None:
            self._stream = Stream(int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed)
            self._state = None
        self._stream.draw()  # reserved for frozen players
        self._state = self.rules.initial(self._stream.draw, self._state)
        self._cycles = 0
        self.agents = list(self.possible_agents)
        return self._look(self.agents), self._infos(self.agents, self.reveal == "always")

    def step(
        self, actions: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Acts once, all players together.

        Raises:
            SettingError: if a player's action is missing.
            IllegalActionError: if the state does not allow some player's action.
            ResetNeededError: if the game has ended, or none has begun.
        """
        if not self.agents and actions:
            raise ResetNeededError("the game has ended, or none has begun; call reset() before step()")
        if not self.agents:
            return {}, {}, {}, {}, {}
        if missing := [agent for agent in self.agents if agent not in actions]:
            raise SettingError(f"the action of player {missing[0]!r} is missing")
        assert self._stream is not None
        players = self.agents
        chosen = {player: actions[player] for player in players}
        self._state, rewards, ended = self.rules.step(self._state, chosen, self._stream.draw)
        self._cycles += 1
        terminated = {player: bool(ended[player] if isinstance(ended, Mapping) else ended) for player in players}
        truncated = self._cycles == self.max_cycles
        self.agents = [] if truncated else [player for player in players if not terminated[player]]
        tells = self.reveal == "always" or not self.agents
        return (
            self._look(players),
            {player: float(rewards[player]) for player in players},
            terminated,
            dict.fromkeys(players, truncated),
            self._infos(players, tells),
        )

    def state_dict(self) -> dict[str, Any]:
        """Returns a copy of the state, the random stream and the clock, for ``load_state_dict``."""
        return snapshot(self, KEPT)

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Restores a state that ``state_dict`` returned: the same actions then lead to the same results.

        Raises:
            SettingError: if ``saved`` comes from another kind of environment.
        """
        restore(self, KEPT, saved)

    def state(self) -> np.ndarray:
        """Returns the global state of the game."""
        return self.rules.global_state(self._state)  # type: ignore[attr-defined]

    def render(self) -> np.ndarray | None:
        """Returns a picture of the current state, ``[height, width, 3]`` uint8; in human mode, shows it instead.

        Raises:
            MissingExtraError: pygame, which shows it, is not installed.
        """
        if self.render_mode is None:
            return None
        if self._state is None:
            raise ResetNeededError("there is no state to draw yet; call reset() first")
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

    def _look(self, players: list[str]) -> dict[str, Any]:
        seen = self.rules.observe(self._state)
        return {player: seen[player] for player in players}

    def _infos(self, players: list[str], tells: bool) -> dict[str, dict[str, Any]]:
        """Returns each player's info: the revealed facts, and the legal actions if some are illegal."""
        facts = dict(self.rules.reveal(self._state)) if tells and self._reveals else {}  # type: ignore[attr-defined]
        masks: Any = self.rules.action_masks(self._state) if hasattr(self.rules, "action_masks") else None
        infos = {player: dict(facts) for player in players}
        for player in players if masks is not None else ():
            if masks.get(player) is not None:  # a player who is left out may do anything
                infos[player]["action_mask"] = np.asarray(masks[player], np.int8)
        return infos
