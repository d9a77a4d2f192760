"""A seat is rules: a game in which all players but one are frozen policies is a model, or a batched problem.

The frozen players draw from streams of their own, which the reserved first number of an episode starts, so that the
game's random numbers are those that it has with any other players.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from mdpzoo import streams
from mdpzoo.interop.seating.seat_batches import SeatProblem
from mdpzoo.interop.seating.seat_players import Seat, answer, remembers
from mdpzoo.interop.shells.compiled_streams import draw as drawn
from mdpzoo.protocols import Draw


class SeatState(NamedTuple):
    """The state of one game with a seat.

    Attributes:
        game: the game's own state.
        observations: each player's observation of it.
        ended: players for whom the game has ended.
        reserved: the episode's first number, which starts the streams of the frozen players.
        clock: steps since the episode began.
        memories: recurrent states of the frozen players that have one.
    """

    game: Any
    observations: Mapping[str, Any]
    ended: frozenset[str]
    reserved: float
    clock: int
    memories: Mapping[str, Any]


class SeatModel(Seat):
    """One player's view of a game, the others played by frozen policies: a ``Model``.

    It has ``reveal``, ``render``, ``render_fps``, ``action_mask`` and ``batched`` where the game has them; but with a
    policy that has a memory, there is no batched form.
    """

    OPTIONAL = {**Seat.OPTIONAL, "action_mask": "action_masks", "batched": "batched"}

    def __getattr__(self, name: str) -> Any:
        """Finds an optional attribute."""
        found = super().__getattr__(name)
        if name == "batched" and any(map(self._keeps_memory, self.others)):
            raise AttributeError("a policy with a memory plays one game at a time")
        return found

    def initial(self, draw: Draw, before: SeatState | None = None) -> SeatState:
        """Starts a game; the first number is for the frozen players."""
        reserved = draw()
        state = self.game.initial(draw, None if before is None else before.game)
        return SeatState(state, self.game.observe(state), frozenset(), reserved, 0, {})

    def step(self, state: SeatState, action: Any, draw: Draw) -> tuple[SeatState, float, bool]:
        """Acts once; the others act on their current observations at the same time.

        Raises:
            IllegalActionError: if the state does not allow the action.
        """
        actions, memories = {self.player: action}, dict(state.memories)
        masks = self.game.action_masks(state.game) if hasattr(self.game, "action_masks") else None
        for name in self.others:
            if name not in state.ended:
                actions[name] = self._answer(name, state, memories, None if masks is None else masks.get(name))
        game, rewards, ended = self.game.step(state.game, actions, draw)
        over = frozenset(name for name in self._places if (ended[name] if isinstance(ended, Mapping) else ended))
        after = SeatState(game, self.game.observe(game), state.ended | over, state.reserved, state.clock + 1, memories)
        return after, float(rewards[self.player]), self.player in over

    def observe(self, state: SeatState) -> Any:
        """Returns what the player in the seat observes."""
        return state.observations[self.player]

    def _answer(self, name: str, state: SeatState, memories: dict[str, Any], mask: Any) -> Any:
        def draw(count: int) -> np.ndarray:
            keys = streams.player_keys(np.array([state.reserved]), self._places[name])
            return drawn(keys, np.array([state.clock * count], np.uint64), count)

        first = state.clock == 0
        observation, memory = state.observations[name], memories.get(name)
        action, memories[name] = answer(self.others[name], observation, memory, first, draw, mask)
        return action

    def _keeps_memory(self, name: str) -> bool:
        return remembers(self.others[name], self.game.observation_spaces[name])

    def _batched(self) -> SeatProblem:
        """Returns the same seat in many games at once."""
        return SeatProblem(self.game.batched(), self.player, self.others)

    def _reveal(self, state: SeatState) -> Mapping[str, Any]:
        return self.game.reveal(state.game)

    def _render(self, state: SeatState) -> np.ndarray:
        return self.game.render(state.game)

    def _action_mask(self, state: SeatState) -> np.ndarray | None:
        masks = self.game.action_masks(state.game)
        return None if masks is None else masks.get(self.player)
