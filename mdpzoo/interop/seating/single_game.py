"""A batched game as a game that steps one state at a time: a batch of one row, compiled where it can be."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete

from mdpzoo.errors import IllegalActionError
from mdpzoo.interop.seating.seat_players import Seat, optional_attribute
from mdpzoo.interop.shells.shell import check_action
from mdpzoo.interop.shells.states import taken
from mdpzoo.protocols import BatchedGame, Draw, Game

ROW = np.zeros(1, np.int64)


def single_form(rules: Any) -> Game:
    """Returns rules that step one state at a time: those given, or a batch of one."""
    return SingleGame(rules) if isinstance(rules, BatchedGame) else rules


class SingleGame:
    """A ``BatchedGame`` as a ``Game``; a state is a batch of one, never changed.

    It has ``reveal``, ``render`` and ``render_fps`` where the batched game has them.
    """

    def __init__(self, rules: BatchedGame) -> None:
        """Wraps rules."""
        self.rules, self.players = rules, rules.players
        self.observation_spaces, self.action_spaces = rules.observation_spaces, rules.action_spaces
        self._compiled = hasattr(rules, "compiled")
        self._played: Any = rules.compiled() if self._compiled else rules  # type: ignore[attr-defined]
        self._awake = np.zeros(1, bool)

    def __getattr__(self, name: str) -> Any:
        """Finds an optional attribute."""
        return optional_attribute(self, self.__dict__.get("rules"), Seat.OPTIONAL, name)

    @property
    def _render_fps(self) -> int:
        return self.rules.render_fps  # type: ignore[attr-defined]

    def batched(self) -> BatchedGame:
        """Returns the game of many rows."""
        return self.rules

    def initial(self, draw: Draw, before: Any = None) -> Any:
        """Draws a start state."""
        return self._played.initial(self._numbers(draw, self.rules.initial_draws), before)

    def step(self, state: Any, actions: Mapping[str, Any], draw: Draw) -> tuple[Any, dict[str, float], dict[str, bool]]:
        """Returns the next state, each player's reward and for whom the game has ended.

        Raises:
            IllegalActionError: if the state does not allow some player's action.
        """
        batch = {player: self._batch(actions.get(player), space) for player, space in self.action_spaces.items()}
        numbers = self._numbers(draw, self.rules.step_draws)
        if self._compiled:
            outcome = self._played.step(taken(state, ROW), batch, numbers, self._awake)
        else:
            outcome = self._played.step(state, batch, numbers)
        illegal = [player for k, player in enumerate(self.players) if outcome.illegal[0, k]]
        if illegal:
            raise IllegalActionError(f"action {actions.get(illegal[0])} of {illegal[0]!r} is illegal here")
        rewards, ended = outcome.rewards[0].tolist(), outcome.terminated[0].tolist()
        return outcome.state, dict(zip(self.players, rewards, strict=True)), dict(zip(self.players, ended, strict=True))

    def observe(self, state: Any) -> dict[str, Any]:
        """Returns what each player observes."""
        seen = self._played.observe(state)
        return {player: _row(seen[player], space) for player, space in self.observation_spaces.items()}

    def action_masks(self, state: Any) -> dict[str, np.ndarray] | None:
        """Returns each player's legal actions; None if every action is always legal."""
        masks = self._played.action_masks(state)
        return None if masks is None else {player: _array(mask[0]) for player, mask in masks.items()}

    def _reveal(self, state: Any) -> dict[str, Any]:
        return {name: np.array(_array(each[0]))[()] for name, each in self._played.reveal(state).items()}

    def _render(self, state: Any) -> np.ndarray:
        return self.rules.render(state, 0)  # type: ignore[attr-defined]

    def _numbers(self, draw: Draw, count: int) -> Any:
        numbers = np.array([[draw() for _ in range(count)]])
        return numbers if self._compiled else _tensor(numbers)

    def _batch(self, action: Any, space: Any) -> Any:
        """Returns one action as a batch; a player who is out of the game plays an arbitrary action."""
        chosen = np.zeros(space.shape, space.dtype) if action is None else check_action(action, space)
        return chosen[None] if self._compiled else _tensor(chosen[None])


def _tensor(values: np.ndarray) -> Any:
    import torch

    return torch.from_numpy(np.ascontiguousarray(values))


def _array(values: Any) -> np.ndarray:
    return values.numpy(force=True) if hasattr(values, "numpy") else np.asarray(values)


def _row(values: Any, space: Any) -> Any:
    if isinstance(values, Mapping):
        return {name: _row(each, space[name]) for name, each in values.items()}
    array = np.array(_array(values[0]), dtype=space.dtype)
    return array[()] if isinstance(space, Discrete) else array
