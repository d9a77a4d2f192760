"""One player's seat in a parallel environment that keeps a state of its own."""

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from pettingzoo import ParallelEnv

from mdpzoo.interop.seating.seat_players import answer, check_other
from mdpzoo.policies import freeze


class SimulatorSeatEnv(gymnasium.Env[Any, Any]):
    """One player's view of a parallel environment; the others are played by frozen policies."""

    def __init__(self, game: ParallelEnv[str, Any, Any], player: str, others: Mapping[str, Any]) -> None:
        """Takes a seat.

        Args:
            game: the environment of all players.
            player: the player in this seat.
            others: a frozen policy for each other player; see ``seat_players.frozen_others``.
        """
        self.game, self.player, self.others = game, player, dict(others)
        self.metadata = dict(getattr(game, "metadata", {}))
        self.observation_space, self.action_space = game.observation_space(player), game.action_space(player)
        self.render_mode = game.render_mode

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Starts a game; the same seed starts the same game, regardless of the players."""
        super().reset(seed=seed)
        self._seen, infos = self.game.reset(seed=seed, options=options)
        self._memories: dict[str, Any] = {}
        self._first = True
        return self._seen[self.player], dict(infos[self.player])

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Acts once; the others act on their current observations at the same time."""
        actions = {name: self._answer(name) for name in self.others if name in self.game.agents}
        self._seen, rewards, terminated, truncated, infos = self.game.step(actions | {self.player: action})
        self._first = False
        name = self.player
        outcome = float(rewards[name]), bool(terminated[name]), bool(truncated[name])
        return self._seen[name], *outcome, dict(infos[name])  # a game may give the same infos again

    def close(self) -> None:
        """Closes the environment of all players."""
        self.game.close()

    def set_policy(self, player: str, policy: Any) -> None:
        """Replaces another player's frozen policy, from the next step on.

        Raises:
            SettingError: if there is no such other player, or the policy cannot act.
        """
        check_other(self.others, player)
        self.others = self.others | {player: freeze(policy)}

    def render(self) -> Any:
        """Returns the game's own picture."""
        return self.game.render()

    def _answer(self, name: str) -> Any:
        def draw(count: int) -> np.ndarray:
            return self.np_random.random((1, count))

        memory = self._memories.get(name)
        action, self._memories[name] = answer(self.others[name], self._seen[name], memory, self._first, draw)
        return action
