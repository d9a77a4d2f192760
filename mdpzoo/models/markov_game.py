"""Finite zero-sum games of two players as arrays (Shapley 1953): a table over joint actions, checked once and frozen.

A game is a ``TabularMDP`` whose action is the pair of both players' actions; planners and simulators read the same
arrays. Rewards are those of the first player, who maximises them; the second receives their negatives.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium.spaces import Box, Discrete

from mdpzoo.errors import IllegalActionError, SettingError, did_you_mean
from mdpzoo.models.tabular import TabularMDP
from mdpzoo.showing import shown

if TYPE_CHECKING:
    from mdpzoo.models.markov_game_batches import MarkovGames
    from mdpzoo.protocols import Draw

PLAYERS = ("protagonist", "adversary")


@shown
@dataclass(frozen=True, eq=False, repr=False)
class MarkovGame:
    """A finite zero-sum game; a ``Game`` in which both players observe the state.

    Attributes:
        joint: the table; action ``a * B + b`` is the pair (a, b), rewards are the first player's.
        num_actions: A of the first player and B of the second.
        players: their names; the first maximises.
    """

    joint: TabularMDP
    num_actions: tuple[int, int]
    players: tuple[str, str] = PLAYERS
    observation_spaces: Mapping[str, Discrete] = field(init=False, repr=False)
    action_spaces: Mapping[str, Discrete] = field(init=False, repr=False)
    state_space: Box = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Checks the record.

        Raises:
            SettingError: if the numbers of actions do not fit the table, or the players' names are equal.
        """
        first, second = self.num_actions
        if first < 1 or second < 1 or first * second != self.joint.num_actions:
            raise SettingError(f"{first} x {second} actions do not fit a table of {self.joint.num_actions}")
        if len(set(self.players)) != 2:
            raise SettingError(f"a game needs two players of different names, got {self.players}")
        states = self.num_states
        spaces = {name: Discrete(states) for name in self.players}
        actions = {name: Discrete(count) for name, count in zip(self.players, self.num_actions, strict=True)}
        for name, value in (
            ("observation_spaces", spaces),
            ("action_spaces", actions),
            ("state_space", Box(0, 1, (states,), np.int8)),
        ):
            object.__setattr__(self, name, value)

    @classmethod
    def from_arrays(
        cls,
        transitions: Any,
        rewards: Any,
        start: Any = None,
        terminal: Any = None,
        players: tuple[str, str] = PLAYERS,
    ) -> "MarkovGame":
        """Builds a game from dense arrays.

        Args:
            transitions: ``[S, A, B, S]`` probabilities.
            rewards: ``[S, A, B]`` or ``[S, A, B, S]``, of the first player.
            start: ``[S]`` probabilities of the first state; None: state 0.
            terminal: ``[S]`` bool; None: no state ends the game.
            players: names; the first maximises.

        Raises:
            SettingError: if a shape or a value breaks its rule; says which.
        """
        chances, payoffs = np.asarray(transitions, np.float64), np.asarray(rewards, np.float64)
        if chances.ndim != 4 or chances.shape[0] != chances.shape[3]:
            raise SettingError(f"transitions must have shape [S, A, B, S], got {list(chances.shape)}")
        if payoffs.shape not in (chances.shape, chances.shape[:3]):
            raise SettingError(f"rewards must have shape {list(chances.shape[:3])}, got {list(payoffs.shape)}")
        states, first, second, _ = chances.shape
        joint = TabularMDP.from_arrays(
            chances.reshape(states, first * second, states),
            payoffs.reshape(states, first * second, *payoffs.shape[3:]),
            start,
            terminal,
        )
        return cls(joint, (first, second), players)

    @property
    def num_states(self) -> int:
        """Number of states, S."""
        return self.joint.num_states

    @property
    def model(self) -> "MarkovGame":
        """The game itself, under the name that environments use."""
        return self

    def stage_payoffs(self, values: np.ndarray, discount: float) -> np.ndarray:
        """Returns the stage game of each state if ``values`` are the values of the next states.

        Args:
            values: ``[S]`` float64; those of terminal states are taken as 0.
            discount: in [0, 1].

        Returns:
            ``[S, A, B]`` float64, ``R + discount P values``; 0 in terminal states. Costs O(transitions).
        """
        table = self.joint
        following = np.where(table.terminal, 0.0, values)[table.successors]
        sums = np.add.reduceat(table.probabilities * (table.rewards + discount * following), table.offsets[:-1])
        payoffs = sums.reshape(self.num_states, *self.num_actions)
        payoffs[table.terminal] = 0.0
        return payoffs

    def against(self, player: str, policy: Any) -> TabularMDP:
        """Returns the decision process of one player if the other plays a fixed policy.

        Its rewards are those of the player who decides.

        Args:
            player: the player with the fixed policy.
            policy: ``[S, actions]`` probabilities.

        Raises:
            SettingError: if there is no such player, or the policy does not fit the game; says where.
        """
        if player not in self.players:
            raise SettingError(f"unknown player {player!r}.{did_you_mean(player, self.players)}")
        frozen = self.players.index(player)
        weights = self._policy(policy, frozen)
        table, (first, second) = self.joint, self.num_actions
        row = np.repeat(np.arange(len(table.offsets) - 1), np.diff(table.offsets))
        state, pair = np.divmod(row, first * second)
        own, other = np.divmod(pair, second) if frozen == 1 else np.divmod(pair, second)[::-1]
        chances = table.probabilities * weights[state, other]
        new_row = state * self.num_actions[1 - frozen] + own
        kept = np.flatnonzero(chances > 0)
        order = kept[np.argsort(new_row[kept], kind="stable")]
        counts = np.bincount(new_row[order], minlength=self.num_states * self.num_actions[1 - frozen])
        sign = 1.0 if frozen == 1 else -1.0
        return TabularMDP(
            np.concatenate([[0], np.cumsum(counts)]),
            table.successors[order],
            chances[order],
            sign * table.rewards[order],
            table.start,
            table.terminal,
        )

    def joint_policy(self, row: Any, column: Any) -> np.ndarray:
        """Returns the probabilities of pairs of actions, ``[S, A B]``, of two independent policies.

        Args:
            row: ``[S, A]`` probabilities of the first player.
            column: ``[S, B]`` of the second.

        Raises:
            SettingError: if a policy does not fit the game; says where.
        """
        first, second = self._policy(row, 0), self._policy(column, 1)
        return (first[:, :, None] * second[:, None, :]).reshape(self.num_states, -1)

    def batched(self) -> "MarkovGames":
        """Returns the same rules for many games at once, on tensors, and compiled for a CPU."""
        from mdpzoo.models.markov_game_batches import MarkovGames

        return MarkovGames(self, self.joint.batched())

    def initial(self, draw: "Draw", before: Any = None) -> int:
        """Draws a start state; ``before`` is ignored."""
        return self.joint.initial(draw)

    def step(self, state: int, actions: Mapping[str, Any], draw: "Draw") -> tuple[int, dict[str, float], bool]:
        """Draws the next state; both players act at once.

        Raises:
            IllegalActionError: if a player has no such action; says whose.
        """
        chosen = [actions[name] for name in self.players]
        for name, action, count in zip(self.players, chosen, self.num_actions, strict=True):
            if isinstance(action, float) or not 0 <= action < count:
                raise IllegalActionError(f"action of {name} must lie in 0..{count - 1}, got {action}")
        after, reward, ended = self.joint.step(state, int(chosen[0]) * self.num_actions[1] + int(chosen[1]), draw)
        return after, {self.players[0]: reward, self.players[1]: -reward}, ended

    def observe(self, state: int) -> dict[str, np.int64]:
        """Returns the state, which both players observe."""
        return dict.fromkeys(self.players, np.int64(state))

    def global_state(self, state: int) -> np.ndarray:
        """Returns the one-hot state for PettingZoo's ``state()``, ``[S]`` int8."""
        return np.eye(1, self.num_states, state, np.int8)[0]

    def _policy(self, policy: Any, player: int) -> np.ndarray:
        weights = np.asarray(policy, np.float64)
        shape = (self.num_states, self.num_actions[player])
        if weights.shape != shape:
            raise SettingError(
                f"a policy of {self.players[player]} must have shape {list(shape)}, got {list(weights.shape)}"
            )
        wrong = np.flatnonzero(~((weights >= 0).all(1) & (np.abs(weights.sum(1) - 1) <= 1e-9)))
        if wrong.size:
            name, state = self.players[player], int(wrong[0])
            raise SettingError(f"the policy of {name} in state {state} must be probabilities that sum to 1")
        return weights
