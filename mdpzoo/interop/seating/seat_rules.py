"""A seat is rules: a game in which all players but one are frozen policies is a model, or a batched problem.

The frozen players draw from streams of their own, which the reserved first number of an episode starts, so that the
game's random numbers are those that it has with any other players.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from mdpzoo import streams
from mdpzoo.interop.seating.seat_batches import SeatProblem
from mdpzoo.interop.seating.seat_players import check_other
from mdpzoo.interop.shells.compiled_streams import draw as drawn
from mdpzoo.policies import Predictor, freeze
from mdpzoo.protocols import Draw, Game


class SeatState(NamedTuple):
    """One game, as the player in the seat holds it.

    Attributes:
        game: the game's own state.
        seen: what each player observes of it.
        ended: players for whom the game has ended.
        reserved: the episode's first number, which starts the streams of the frozen players.
        clock: steps since the episode began.
        memories: recurrent states of the frozen players that have one.
    """

    game: Any
    seen: Mapping[str, Any]
    ended: frozenset[str]
    reserved: float
    clock: int
    memories: Mapping[str, Any]


class SeatModel:
    """One player's view of a game, the others played by frozen policies: a ``Model``.

    It has ``reveal``, ``render``, ``render_fps`` and ``action_mask`` where the game has them.
    """

    def __init__(self, game: Game, player: str, others: Mapping[str, Any]) -> None:
        """Takes a seat.

        Args:
            game: the rules of all players.
            player: whose seat this is.
            others: a frozen policy for every other player; see ``seat_players.frozen_others``.
        """
        self.game, self.player, self.others = game, player, dict(others)
        self.observation_space, self.action_space = game.observation_spaces[player], game.action_spaces[player]
        self._places = {name: place for place, name in enumerate(game.players)}

    def __getattr__(self, name: str) -> Any:
        """Finds what the game may have."""
        game: Any = self.__dict__.get("game")
        if name in ("reveal", "render") and hasattr(game, name):
            return getattr(self, f"_{name}")
        if name == "render_fps" and hasattr(game, name):
            return game.render_fps
        if name == "action_mask" and hasattr(game, "action_masks"):
            return self._action_mask
        if name == "batched" and hasattr(game, "batched") and not any(map(self._keeps_memory, self.others)):
            return self._batched
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def with_policy(self, player: str, policy: Any) -> "SeatModel":
        """Returns the same seat against another policy of one player.

        Raises:
            SettingError: if there is no such other player, or the policy cannot act.
        """
        check_other(self.others, player)
        return SeatModel(self.game, self.player, self.others | {player: freeze(policy)})

    def initial(self, draw: Draw, before: SeatState | None = None) -> SeatState:
        """Starts a game; the first number is for the frozen players."""
        reserved = draw()
        state = self.game.initial(draw, None if before is None else before.game)
        return SeatState(state, self.game.observe(state), frozenset(), reserved, 0, {})

    def step(self, state: SeatState, action: Any, draw: Draw) -> tuple[SeatState, float, bool]:
        """Acts once; the others answer what they see now, at the same time.

        Raises:
            IllegalActionError: if the state does not allow the action.
        """
        actions, memories = {self.player: action}, dict(state.memories)
        masks = self.game.action_masks(state.game) if hasattr(self.game, "action_masks") else None
        for name in self.others:
            if name not in state.ended:
                actions[name] = self._answer(name, state, memories, None if masks is None else masks[name])
        game, rewards, ended = self.game.step(state.game, actions, draw)
        over = frozenset(name for name in self._places if (ended[name] if isinstance(ended, Mapping) else ended))
        after = SeatState(game, self.game.observe(game), state.ended | over, state.reserved, state.clock + 1, memories)
        return after, float(rewards[self.player]), self.player in over

    def observe(self, state: SeatState) -> Any:
        """Returns what the player in the seat observes."""
        return state.seen[self.player]

    def _answer(self, name: str, state: SeatState, memories: dict[str, Any], mask: Any) -> Any:
        policy, seen = self.others[name], state.seen[name]
        if isinstance(policy, Predictor):
            first = np.array([state.clock == 0])
            action, memories[name] = policy.remember(seen, memories.get(name), first, mask)
            return action
        keys = streams.player_keys(np.array([state.reserved]), self._places[name])
        counters = np.array([state.clock * policy.draws], np.uint64)
        rows = {key: np.asarray(each)[None] for key, each in seen.items()} if isinstance(seen, Mapping) else None
        batch = np.asarray(seen)[None] if rows is None else rows
        return policy.act(batch, drawn(keys, counters, policy.draws), None if mask is None else mask[None])[0]

    def _keeps_memory(self, name: str) -> bool:
        policy = self.others[name]
        space = self.game.observation_spaces[name]
        return isinstance(policy, Predictor) and policy.remembers(_zeros(space))

    def _batched(self) -> SeatProblem:
        """Returns the same seat in many games at once."""
        return SeatProblem(self.game.batched(), self.player, self.others)  # type: ignore[attr-defined]

    def _reveal(self, state: SeatState) -> Mapping[str, Any]:
        return self.game.reveal(state.game)  # type: ignore[attr-defined]

    def _render(self, state: SeatState) -> np.ndarray:
        return self.game.render(state.game)  # type: ignore[attr-defined]

    def _action_mask(self, state: SeatState) -> np.ndarray | None:
        masks = self.game.action_masks(state.game)  # type: ignore[attr-defined]
        return None if masks is None else masks[self.player]


def _zeros(space: Any) -> Any:
    """One observation of zeros, to ask a policy about."""
    if hasattr(space, "spaces") and isinstance(space.spaces, Mapping):
        return {name: _zeros(each) for name, each in space.spaces.items()}
    return np.zeros(space.shape, space.dtype)
