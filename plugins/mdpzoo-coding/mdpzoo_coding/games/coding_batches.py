"""Many coding games over a table at once: the rules of ``CodingGame`` on tensors, and in arrays for a CPU.

Both forms share their code: the functions of NumPy that they use have the same names in torch. Only the table steps
differently.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mdpzoo.models.compiled import CompiledTabular
from mdpzoo.protocols import GameOutcome
from mdpzoo_coding.games.tables import MaskedTable, table_of

if TYPE_CHECKING:
    from torch import Tensor

    from mdpzoo.models.batched import TabularProblem
    from mdpzoo_coding.games.coding_rules import CodingGame


class CodingBatch(NamedTuple):
    """The states of B games, as arrays or tensors.

    Attributes:
        base: the table's own states.
        message: ``[B, length]`` int64, the senders' symbols.
        clock: ``[B]`` int64, steps of the MDP so far.
        action: ``[B]`` int64, the last executed actions; the number of actions before the first.
        over: ``[B]`` bool, whether the MDP's episode has ended, so that the receiver's next action is the guess.
        guess: ``[B, length]`` int64, the receivers' symbols; 0 before.
        guessed: ``[B]`` bool.
    """

    base: Any
    message: Any
    clock: Any
    action: Any
    over: Any
    guess: Any
    guessed: Any


class _Rules:
    """Base class of both forms; ``math`` is the module of their arrays."""

    math: Any
    table: Any

    def __init__(self, game: "CodingGame", device: Any = None) -> None:
        """Takes the rules of one game, over a table and with a limit where rewards are discounted."""
        model, self.one = game.model, game
        self.players = game.players
        self._sender, self._receiver = game.players
        self.observation_spaces, self.action_spaces = game.observation_spaces, game.action_spaces
        self.initial_draws, self.step_draws = game.length + 1, 3 if game.noise else 1
        rows = table_of(model)
        assert rows is not None
        self._masked = isinstance(model, MaskedTable)
        legal = model.legal if self._masked else np.ones((rows.num_states, game.num_actions), bool)
        self._legal = self._array(legal, device)  # [S, A] bool
        # a reward's factor by the clock, [steps] float64
        self._factors = self._array(np.array([game.discount**t for t in range(game.max_steps or 1)]), device)
        self._thresholds = self._array(game.thresholds, device)
        self._choices = self._array(np.arange(game.num_actions), device)
        self._one = self._array(np.ones(()), device)  # makes float64 of what is counted

    def initial(self, draws: Any, before: Any = None) -> CodingBatch:
        """Draws messages, then start states, from ``[B, length + 1]`` numbers."""
        length = self.one.length
        message = self.math.searchsorted(self._thresholds, self._packed(draws[:, :length]), side="right")
        clock = message[:, 0] * 0
        never = clock > 0
        base = self.table.initial(self._packed(draws[:, length:]))
        return CodingBatch(base, message, clock, clock + self.one.num_actions, never, message * 0, never)

    def observe(self, state: CodingBatch) -> dict[str, Any]:
        """Returns both players' observations; only the sender sees the message."""
        shared = {"observation": state.base.state, "action": state.action, "terminal": state.over * 1}
        return {self._sender: {"message": state.message, **shared}, self._receiver: shared}

    def action_masks(self, state: CodingBatch) -> dict[str, Any] | None:
        """Returns the senders' sensible actions, ``[B, A]`` bool; None if the MDP defines none."""
        return {self._sender: self._legal[state.base.state] | state.over[:, None]} if self._masked else None

    def reveal(self, state: CodingBatch) -> dict[str, Any]:
        """Returns the ``message``, and after the guess ``accuracy`` and ``symbol_accuracy``, 0 before."""
        right = (state.guess == state.message) & state.guessed[:, None]
        return {
            "message": state.message,
            "accuracy": right.all(1) * self._one,
            "symbol_accuracy": right.sum(1) * self._one / self.one.length,
        }

    def _play(self, state: CodingBatch, actions: Mapping[str, Any], draws: Any, asleep: Any) -> GameOutcome:
        """Plays a step of every game that is not asleep."""
        math, game, guess = self.math, self.one, actions[self._receiver]
        over, sent = state.over, actions[self._sender]
        silent = ~over & ((sent < 0) | (sent >= game.num_actions))
        unheard = ((guess < 0) | (guess >= len(game.prior))).any(1)
        illegal = math.stack([silent, unheard], 1) & ~asleep[:, None]
        wrong = illegal.any(1)
        plays, guesses = ~(asleep | wrong | over), over & ~(asleep | wrong)
        executed = self._executed(state, math.where(plays, sent, 0), draws)
        moves = plays & self._legal[state.base.state, executed]  # a masked move stays
        base, reward, ended = self._walk(state.base, executed, draws, moves)
        clock = state.clock + plays
        factor = self._factors[math.where(plays, state.clock, 0)] if game.discount < 1 else 1.0
        right = guess == state.message
        hit = right.all(1) * self._one if game.metric == "exact" else right.sum(1) * self._one / game.length
        limit = clock == (-1 if game.max_steps is None else game.max_steps)
        after = CodingBatch(
            base, state.message, clock, math.where(plays, executed, state.action), over | (plays & (ended | limit)),
            math.where(guesses[:, None], guess, state.guess), state.guessed | guesses,
        )  # fmt: skip
        paid = math.where(guesses, game.zeta * hit, math.where(moves, reward * factor, 0.0))
        ends = guesses | wrong
        return GameOutcome(after, math.stack([paid, paid], 1), math.stack([ends, ends], 1), illegal)

    def _executed(self, state: CodingBatch, sent: Any, draws: Any) -> Any:
        """Returns the senders' actions, or those that noise puts in their place."""
        if not self.one.noise:
            return sent
        possible = self._legal[state.base.state]
        which = self.math.floor(draws[:, 1] * possible.sum(1)) + 1
        chosen = possible & (possible.cumsum(1) == which[:, None])
        return self.math.where(draws[:, 0] < self.one.noise, (chosen * self._choices).sum(1), sent)

    def _array(self, values: np.ndarray, device: Any) -> Any:
        raise NotImplementedError

    def _packed(self, draws: Any) -> Any:
        raise NotImplementedError

    def _walk(self, base: Any, action: Any, draws: Any, moves: Any) -> tuple[Any, Any, Any]:
        raise NotImplementedError


class CodingGames(_Rules):
    """B coding games on tensors: a ``BatchedGame``."""

    table: "TabularProblem"

    def __init__(self, game: "CodingGame", device: Any = "cpu") -> None:
        """Puts the table, masks and thresholds on a device."""
        import torch

        self.math = torch
        super().__init__(game, device)
        rows = table_of(game.model)
        assert rows is not None
        self.table = rows.batched().to(device)

    def to(self, device: Any) -> "CodingGames":
        """Returns the same rules on another device."""
        return CodingGames(self.one, device)

    def compiled(self) -> "CompiledCodingGames":
        """Returns the same rules for a CPU."""
        return CompiledCodingGames(self.one)

    def step(self, state: CodingBatch, actions: "Mapping[str, Tensor]", draws: "Tensor") -> GameOutcome:
        """Acts in the MDPs, or lets the receivers guess; an illegal action ends a game where it stands."""
        return self._play(state, actions, draws, self.math.zeros_like(state.over))

    def _array(self, values: np.ndarray, device: Any) -> "Tensor":
        return self.math.tensor(values, device=device)

    def _packed(self, draws: "Tensor") -> "Tensor":
        return draws.contiguous()

    def _walk(self, base: Any, action: Any, draws: Any, moves: Any) -> tuple[Any, Any, Any]:
        after, reward, ended, _ = self.table.step(base, action, draws[:, -1:])
        return type(base)(self.math.where(moves, after.state, base.state)), reward, ended & moves


class CompiledCodingGames(_Rules):
    """B coding games in arrays: a ``CompiledGame``, whose table steps compiled."""

    math = np
    table: CompiledTabular

    def __init__(self, game: "CodingGame") -> None:
        """Lays the table out for a CPU."""
        super().__init__(game)
        rows = table_of(game.model)
        assert rows is not None
        self.table = CompiledTabular(rows)

    def step(
        self, state: CodingBatch, actions: Mapping[str, np.ndarray], draws: np.ndarray, asleep: np.ndarray
    ) -> GameOutcome:
        """Acts in the MDPs, or lets the receivers guess, where a game is not asleep."""
        return self._play(state, actions, draws, asleep)

    def _array(self, values: np.ndarray, device: Any) -> np.ndarray:
        return values

    def _packed(self, draws: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(draws)

    def _walk(self, base: Any, action: Any, draws: Any, moves: Any) -> tuple[Any, Any, Any]:
        return self.table.step(base, action, self._packed(draws[:, -1:]), ~moves)[:3]
