"""Finite games with a picture, and the assembly of their tables from a function of states and actions."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mdpzoo.models import MarkovGame, TabularMDP
from mdpzoo.models.markov_game import PLAYERS
from mdpzoo.models.markov_game_batches import CompiledMarkovGames, MarkovGames
from mdpzoo.protocols import Draw

Outcomes = list[tuple[float, int, float]]  # probability, next state, reward of the first player


class TabularGame:
    """A ``MarkovGame`` that can be drawn: a ``Game``, whose batched form is the model's.

    Attributes:
        model: the arrays that planners and simulators read.
        players: the first maximises.
    """

    render_fps = 4

    def __init__(self, model: MarkovGame, picture: Callable[[int], np.ndarray]) -> None:
        """Takes a model, and a function that draws a state, ``[height, width, 3]`` uint8."""
        self.model, self.players, self._picture = model, model.players, picture
        self.observation_spaces, self.action_spaces = model.observation_spaces, model.action_spaces
        self.state_space = model.state_space

    def batched(self) -> "TabularGames":
        """Returns the same rules for many games at once."""
        return TabularGames(self.model.batched(), self._picture)

    def initial(self, draw: Draw, before: Any = None) -> int:
        """Draws a start state."""
        return self.model.initial(draw)

    def step(self, state: int, actions: Mapping[str, Any], draw: Draw) -> tuple[int, dict[str, float], bool]:
        """Draws the next state; both players act at once.

        Raises:
            IllegalActionError: if a player has no such action; says whose.
        """
        return self.model.step(state, actions, draw)

    def observe(self, state: int) -> dict[str, np.int64]:
        """Returns the state, which both players observe."""
        return self.model.observe(state)

    def global_state(self, state: int) -> np.ndarray:
        """Returns the one-hot state for PettingZoo's ``state()``, ``[S]`` int8."""
        return self.model.global_state(state)

    def render(self, state: int) -> np.ndarray:
        """Draws a state, ``[height, width, 3]`` uint8."""
        return self._picture(state)


class TabularGames(MarkovGames):
    """Many such games on tensors, with the picture of one."""

    def __init__(self, games: MarkovGames, picture: Callable[[int], np.ndarray]) -> None:
        """Takes the batched rules and the function that draws a state."""
        super().__init__(games.model, games.table)
        self._picture = picture

    def to(self, device: Any) -> "TabularGames":
        """Returns the same rules with their tensors on a device."""
        return TabularGames(super().to(device), self._picture)

    def compiled(self) -> CompiledMarkovGames:
        """Returns the same rules for a CPU."""
        return super().compiled()

    def render(self, state: Any, row: int) -> np.ndarray:
        """Draws one of the games."""
        return self._picture(int(state.state[row]))


def game_of(
    states: int,
    actions: tuple[int, int],
    outcomes: Callable[[int, int, int], Outcomes],
    start: np.ndarray,
    terminal: np.ndarray,
    players: tuple[str, str] = PLAYERS,
) -> MarkovGame:
    """Tabulates a game.

    Args:
        states: S.
        actions: A of the first player and B of the second.
        outcomes: maps a state and both actions to their outcomes; not called for terminal states. Equal next states
            with equal rewards are merged.
        start: ``[S]`` probabilities of the first state.
        terminal: ``[S]`` bool.
        players: names; the first maximises.
    """
    offsets, successors, chances, rewards = [0], [], [], []
    for state in range(states):
        for first in range(actions[0]):
            for second in range(actions[1]):
                joined: dict[tuple[int, float], float] = {}
                rows = [(1.0, state, 0.0)] if terminal[state] else outcomes(state, first, second)
                for chance, after, reward in rows:
                    joined[after, reward] = joined.get((after, reward), 0.0) + chance
                kept = {key: chance for key, chance in joined.items() if chance > 0}
                successors += [after for after, _ in kept]
                rewards += [reward for _, reward in kept]
                chances += list(kept.values())
                offsets.append(len(successors))
    table = TabularMDP(
        np.array(offsets), np.array(successors), np.array(chances), np.array(rewards), start, terminal
    )  # fmt: skip
    return MarkovGame(table, actions, players)
