"""Many finite games at once: a ``MarkovGame`` on tensors and compiled; the same draws give the same transitions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mdpzoo.protocols import GameOutcome

if TYPE_CHECKING:
    from torch import Tensor

    from mdpzoo.models.batched import TabularProblem
    from mdpzoo.models.compiled import CompiledTabular
    from mdpzoo.models.markov_game import MarkovGame


class _Rules:
    """Base class of both forms: the table over joint actions steps the state."""

    initial_draws = step_draws = 1

    def __init__(self, game: "MarkovGame", table: Any) -> None:
        """Takes the rules of one game and the table in its batched form."""
        self.model, self.table, self.players = game, table, game.players
        self.observation_spaces, self.action_spaces = game.observation_spaces, game.action_spaces

    def initial(self, draws: Any, before: Any = None) -> Any:
        """Draws start states from ``[B, 1]`` numbers; ``before`` is ignored."""
        return self.table.initial(draws)

    def observe(self, state: Any) -> dict[str, Any]:
        """Returns the states, ``[B]`` int64, which both players see."""
        return dict.fromkeys(self.players, state.state)

    def action_masks(self, state: Any) -> None:
        """Returns None: every action is always legal."""
        return None

    def _joint(self, actions: Mapping[str, Any]) -> tuple[Any, list[Any]]:
        """Returns joint actions ``[B]``, -1 if one is illegal, and each player's illegal rows, ``[B]`` bool."""
        chosen = [actions[name] for name in self.players]
        wrong = [(action < 0) | (action >= count) for action, count in zip(chosen, self.model.num_actions, strict=True)]
        joint = chosen[0] * self.model.num_actions[1] + chosen[1]
        legal = ~(wrong[0] | wrong[1])
        return joint * legal - 1 * ~legal, wrong


class MarkovGames(_Rules):
    """B finite games on tensors: a ``BatchedGame``."""

    table: "TabularProblem"

    def to(self, device: Any) -> "MarkovGames":
        """Returns the same rules with their tensors on a device."""
        return MarkovGames(self.model, self.table.to(device))

    def compiled(self) -> "CompiledMarkovGames":
        """Returns the same rules for a CPU."""
        return CompiledMarkovGames(self.model, self.table.compiled())

    def step(self, state: Any, actions: "Mapping[str, Tensor]", draws: "Tensor") -> GameOutcome:
        """Plays one step of every game; an illegal action ends it where it stands, at no reward."""
        import torch

        joint, wrong = self._joint(actions)
        after, reward, terminated, _ = self.table.step(state, joint, draws)
        ended = terminated[:, None].expand(-1, 2)
        return GameOutcome(after, torch.stack([reward, -reward], 1), ended, torch.stack(wrong, 1))


class CompiledMarkovGames(_Rules):
    """B finite games in arrays: a ``CompiledGame``."""

    table: "CompiledTabular"

    def step(self, state: Any, actions: Mapping[str, np.ndarray], draws: np.ndarray, asleep: np.ndarray) -> GameOutcome:
        """Plays one step of every game that is not asleep."""
        joint, wrong = self._joint(actions)
        after, reward, terminated, _ = self.table.step(state, joint, draws, asleep)
        illegal = np.stack(wrong, 1) & ~asleep[:, None]
        return GameOutcome(after, np.stack([reward, -reward], 1), np.stack([terminated, terminated], 1), illegal)
