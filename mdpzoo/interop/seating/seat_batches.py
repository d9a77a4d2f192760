"""One player's seat in many games at once: a game and frozen policies as a batched problem, and compiled for a CPU."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from mdpzoo import streams
from mdpzoo.errors import SettingError
from mdpzoo.interop.seating.seat_players import Seat, remembers
from mdpzoo.interop.shells.compiled_streams import draw
from mdpzoo.protocols import BatchedGame, CompiledGame, Outcome


class SeatBatch(NamedTuple):
    """The states of B games with a seat, as arrays or tensors.

    Attributes:
        game: the games' own state.
        reserved: ``[B]`` float64, the episodes' first numbers, which start the streams of the frozen players.
        clock: ``[B]`` int64, steps since the episode began.
    """

    game: Any
    reserved: Any
    clock: Any


class BatchedSeat(Seat):
    """Base class of the tensor and the compiled form of a seat; the other players' policies have no memory."""

    OPTIONAL = {**Seat.OPTIONAL, "compiled": "compiled"}

    def __init__(self, game: Any, player: str, others: Mapping[str, Any]) -> None:
        """Takes a seat; the arguments are those of ``Seat``."""
        super().__init__(game, player, others)
        self.initial_draws, self.step_draws = game.initial_draws + 1, game.step_draws
        self._place = self._places[player]

    def with_policy(self, player: str, policy: Any) -> Any:
        """Returns the same seat against another policy of one player.

        Raises:
            SettingError: if there is no such other player, or the policy cannot act or has a memory.
        """
        seat = super().with_policy(player, policy)
        if remembers(seat.others[player], self.game.observation_spaces[player]):
            raise SettingError(
                f"the policy of {player!r} has a memory, and this seat plays many games at once; "
                "give it to mdpzoo.seat when the environment is made"
            )
        return seat

    def observe(self, state: SeatBatch) -> Any:
        """Returns what the players in the seat observe, leading dimension B."""
        return self.game.observe(state.game)[self.player]

    def action_mask(self, state: SeatBatch) -> Any:
        """Returns the legal actions, ``[B, actions]`` bool; None if every action is always legal."""
        masks = self.game.action_masks(state.game)
        return None if masks is None else masks.get(self.player)

    def _actions(self, state: SeatBatch, action: Any, numbers: Any) -> dict[str, Any]:
        """Returns every player's ``[B, ...]`` actions; ``numbers(state, player, count)`` draws for the frozen ones."""
        seen, masks = self.game.observe(state.game), self.game.action_masks(state.game)
        actions = {self.player: action}
        for name, policy in self.others.items():
            mask = None if masks is None else masks.get(name)
            actions[name] = policy.act(seen[name], numbers(state, self._places[name], policy.draws), mask)
        return actions

    def _reveal(self, state: SeatBatch) -> Mapping[str, Any]:
        return self.game.reveal(state.game)

    def _render(self, state: SeatBatch, row: int) -> np.ndarray:
        return self.game.render(state.game, row)


class SeatProblem(BatchedSeat):
    """A seat in a ``BatchedGame``: a ``BatchedProblem``."""

    game: BatchedGame

    def to(self, device: Any) -> "SeatProblem":
        """Returns the same seat with its tensors on a device."""
        others = {name: policy.to(device) for name, policy in self.others.items()}
        return SeatProblem(self.game.to(device), self.player, others)

    def initial(self, draws: Any, before: SeatBatch | None = None) -> SeatBatch:
        """Starts games; the first number of each row is for the frozen players."""
        import torch

        game = self.game.initial(draws[:, 1:], None if before is None else before.game)
        return SeatBatch(game, draws[:, 0], torch.zeros(len(draws), dtype=torch.int64, device=draws.device))

    def step(self, state: SeatBatch, action: Any, draws: Any) -> Outcome:
        """Acts once in every game; the others answer what they see now, at the same time."""
        outcome = self.game.step(state.game, self._actions(state, action, _numbers_torch), draws)
        after = SeatBatch(outcome.state, state.reserved, state.clock + 1)
        rewards, terminated, illegal = (each[:, self._place] for each in outcome[1:])
        return Outcome(after, rewards, terminated, illegal)

    def _compiled(self) -> "CompiledSeat":
        """Returns the same seat for a CPU."""
        return CompiledSeat(self.game.compiled(), self.player, self.others)  # type: ignore[attr-defined]


class CompiledSeat(BatchedSeat):
    """A seat in a ``CompiledGame``: a ``CompiledProblem``."""

    game: CompiledGame

    def initial(self, draws: np.ndarray, before: SeatBatch | None = None) -> SeatBatch:
        """Starts games; the first number of each row is for the frozen players."""
        game = self.game.initial(np.ascontiguousarray(draws[:, 1:]), None if before is None else before.game)
        return SeatBatch(game, draws[:, 0], np.zeros(len(draws), np.int64))

    def step(self, state: SeatBatch, action: np.ndarray, draws: np.ndarray, asleep: np.ndarray) -> Outcome:
        """Acts once in every game that is not asleep."""
        outcome = self.game.step(state.game, self._actions(state, action, _numbers), draws, asleep)
        after = SeatBatch(outcome.state, state.reserved, state.clock + 1)
        rewards, terminated, illegal = (np.ascontiguousarray(each[:, self._place]) for each in outcome[1:])
        return Outcome(after, rewards, terminated, illegal)


def _numbers(state: SeatBatch, player: int, count: int) -> np.ndarray:
    """Draws ``[B, count]`` numbers for a frozen player."""
    if count == 0:
        return np.empty((len(state.clock), 0))
    keys = streams.player_keys(state.reserved, player)
    return draw(keys, state.clock.astype(np.uint64) * np.uint64(count), count)


def _numbers_torch(state: SeatBatch, player: int, count: int) -> Any:
    """Draws ``[B, count]`` numbers for a frozen player, on the state's device."""
    return streams.uniforms_torch(streams.player_keys_torch(state.reserved, player), state.clock * count, count)
