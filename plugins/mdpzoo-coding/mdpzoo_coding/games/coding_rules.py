"""The rules of a Markov coding game (Sokota et al. 2022, section 3): an MDP, a message, a sender and a receiver.

The sender knows the message and acts in the MDP; the receiver sees states and executed actions. When the MDP's episode
has ended, one more step is played, in which the receiver guesses; guesses before are ignored. Both earn the MDP's
rewards, and in the end zeta if the guess is right.

What differs from the paper: actuator noise; a message of several symbols; the sender also observes executed actions.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from gymnasium.spaces import Dict, Discrete, MultiDiscrete, Space

from mdpzoo.errors import IllegalActionError, SettingError
from mdpzoo.models.outcomes import thresholds
from mdpzoo.protocols import Draw
from mdpzoo_coding.games.tables import table_of

if TYPE_CHECKING:
    from mdpzoo_coding.games.coding_batches import CodingGames

SENDER, RECEIVER = "sender", "receiver"
METRICS = ("exact", "hamming")


class CodingState(NamedTuple):
    """The state of one game.

    Attributes:
        base: the MDP's own state.
        message: the sender's symbols.
        clock: steps of the MDP so far.
        action: the last executed action; the number of actions before the first.
        over: whether the MDP's episode has ended, so that the receiver's next action is the guess.
        guess: the receiver's symbols; empty before.
    """

    base: Any
    message: tuple[int, ...]
    clock: int
    action: int
    over: bool
    guess: tuple[int, ...]


class CodingGame:
    """A Markov coding game over the rules of one decision maker; a ``Game``.

    Attributes:
        model: the MDP's rules.
        prior: ``[symbols]`` float64, of each of the ``length`` independent symbols.
        thresholds: ``[symbols - 1]`` float64, at which a number passes from one symbol to the next.
        noise: probability that a uniform sensible action replaces the sender's.
        policy: the policy that carries messages, unless senders have their own; None: none.
        rate: part of the message's entropy that the source may reveal to the sender in a step; None: no limit.
            Both are for the players (``mdpzoo_coding.agents``); the rules show the sender the message itself.
    """

    players: tuple[str, ...] = (SENDER, RECEIVER)

    def __init__(
        self,
        model: Any,
        *,
        symbols: int = 2,
        length: int = 1,
        prior: Any = None,
        zeta: float = 1.0,
        noise: float = 0.0,
        metric: str = "exact",
        max_steps: int | None = None,
        discount: float = 1.0,
    ) -> None:
        """Sets up a game.

        Args:
            model: a ``Model`` with a Discrete action space that starts at 0.
            symbols: number of symbols, at least 2.
            length: symbols in a message, at least 1.
            prior: ``[symbols]`` probabilities of each symbol; None: uniform.
            zeta: reward of a right guess, not negative.
            noise: in [0, 1).
            metric: ``"exact"`` pays zeta for the whole message; ``"hamming"`` the share of right symbols.
            max_steps: of the MDP's episode; None: only the rules end it.
            discount: the reward of step t counts ``discount ** t``; in (0, 1].

        Raises:
            SettingError: if an argument is out of its range.
        """
        if not isinstance(model.action_space, Discrete) or model.action_space.start != 0:
            raise SettingError(f"a coding game needs finitely many actions, Discrete, got {model.action_space}")
        if metric not in METRICS:
            raise SettingError(f"metric must be one of {', '.join(METRICS)}, got {metric!r}")
        _check_numbers(symbols, length, zeta, noise, discount)
        self.model, self.zeta, self.noise, self.metric = model, float(zeta), float(noise), metric
        self.length, self.max_steps, self.discount = length, max_steps, float(discount)
        self.prior = _checked_prior(prior, symbols)
        self.policy: Any = None
        self.rate: float | None = None
        self.thresholds = np.array(thresholds(self.prior))
        actions = int(model.action_space.n)
        message = MultiDiscrete([symbols] * length)
        shared = {"observation": model.observation_space, "action": Discrete(actions + 1), "terminal": Discrete(2)}
        spaces: dict[str, Space[Any]] = {SENDER: Dict({"message": message, **shared}), RECEIVER: Dict(shared)}
        self.observation_spaces: Mapping[str, Space[Any]] = spaces
        self.action_spaces: Mapping[str, Space[Any]] = {SENDER: model.action_space, RECEIVER: message}

        self._spare_draws = 0 if table_of(model) is None else 3 if noise else 1

    @property
    def num_actions(self) -> int:
        """Actions of the MDP."""
        return int(self.model.action_space.n)

    @property
    def batched(self) -> "Callable[[], CodingGames]":
        """Returns a function that returns the same rules for many games at once.

        Raises:
            AttributeError: if the MDP is no table, or rewards are discounted without a limit.
        """
        if table_of(self.model) is None or (self.discount < 1 and self.max_steps is None):
            raise AttributeError("only tables, with a limit if rewards are discounted, play many games at once")
        from mdpzoo_coding.games.coding_batches import CodingGames

        return lambda: CodingGames(self)

    def initial(self, draw: Draw, before: CodingState | None = None) -> CodingState:
        """Draws a message, then a start state."""
        message = tuple(int(np.searchsorted(self.thresholds, draw(), side="right")) for _ in range(self.length))
        base = self.model.initial(draw, None if before is None else before.base)
        return CodingState(base, message, 0, self.num_actions, False, ())

    def step(
        self, state: CodingState, actions: Mapping[str, Any], draw: Draw
    ) -> tuple[CodingState, dict[str, float], bool]:
        """Acts in the MDP, or lets the receiver guess.

        Over a table each step takes the same number of random numbers, so that batched games see the same ones.

        Raises:
            IllegalActionError: if the sender has no such action, or the guess is no message.
        """
        guess = self._checked_guess(actions[RECEIVER])
        if state.over:
            for _ in range(self._spare_draws):
                draw()
            reward = self.zeta * _accuracy(self.metric, state.message, guess)
            return state._replace(guess=guess), dict.fromkeys(self.players, reward), True
        executed = self._executed(state, actions[SENDER], draw)
        base, reward, ended = self.model.step(state.base, executed, draw)
        clock = state.clock + 1
        reward *= self.discount**state.clock
        over = ended or clock == self.max_steps
        after = state._replace(base=base, clock=clock, action=executed, over=over)
        return after, dict.fromkeys(self.players, float(reward)), False

    def observe(self, state: CodingState) -> dict[str, Any]:
        """Returns both players' observations; only the sender sees the message."""
        seen = self.model.observe(state.base)
        shared = {
            "observation": np.int64(seen) if isinstance(seen, int) else seen,
            "action": np.int64(state.action),
            "terminal": np.int64(state.over),
        }
        return {SENDER: {"message": np.array(state.message, np.int64), **shared}, RECEIVER: dict(shared)}

    def action_masks(self, state: CodingState) -> dict[str, np.ndarray] | None:
        """Returns the sender's sensible actions, from which noise draws; None if the MDP defines none."""
        legal = None if state.over else self._legal(state)
        if legal is None:
            return {SENDER: np.ones(self.num_actions, bool)} if hasattr(self.model, "action_mask") else None
        return {SENDER: legal}

    def reveal(self, state: CodingState) -> dict[str, Any]:
        """Returns the ``message``, and after the guess ``accuracy`` and ``symbol_accuracy``, 0 before."""
        return {
            "message": np.array(state.message, np.int64),
            "accuracy": _accuracy("exact", state.message, state.guess) if state.guess else 0.0,
            "symbol_accuracy": _accuracy("hamming", state.message, state.guess) if state.guess else 0.0,
        }

    def _legal(self, state: CodingState) -> np.ndarray | None:
        mask = self.model.action_mask(state.base) if hasattr(self.model, "action_mask") else None
        return None if mask is None else np.asarray(mask, bool)

    def _executed(self, state: CodingState, action: Any, draw: Draw) -> int:
        """Returns the sender's action, or one that noise puts in its place."""
        if isinstance(action, float) or not 0 <= action < self.num_actions:
            raise IllegalActionError(f"the sender's actions lie in 0..{self.num_actions - 1}, got {action}")
        if not self.noise:
            return int(action)
        strays, which = draw() < self.noise, draw()
        legal = self._legal(state)
        possible = np.arange(self.num_actions) if legal is None else np.flatnonzero(legal)
        return int(possible[int(which * len(possible))]) if strays else int(action)

    def _checked_guess(self, guess: Any) -> tuple[int, ...]:
        symbols = np.asarray(guess)
        if symbols.shape != (self.length,) or symbols.dtype.kind not in "iu":
            raise IllegalActionError(f"the receiver's guess must be {self.length} symbols, got {guess!r:.60}")
        if not ((symbols >= 0) & (symbols < len(self.prior))).all():
            raise IllegalActionError(f"symbols of a guess lie in 0..{len(self.prior) - 1}, got {guess!r:.60}")
        return tuple(symbols.tolist())


def _accuracy(metric: str, message: tuple[int, ...], guess: tuple[int, ...]) -> float:
    right = sum(a == b for a, b in zip(message, guess, strict=True))
    return float(right == len(message)) if metric == "exact" else right / len(message)


def _check_numbers(symbols: int, length: int, zeta: float, noise: float, discount: float) -> None:
    rules = (
        (symbols >= 2, f"symbols must be at least 2, got {symbols}"),
        (length >= 1, f"length must be at least 1, got {length}"),
        (0 <= zeta < float("inf"), f"zeta must be a number of at least 0, got {zeta}"),
        (0 <= noise < 1, f"noise must be a probability in [0, 1), got {noise}"),
        (0 < discount <= 1, f"discount must lie in (0, 1], got {discount}"),
    )
    for holds, sentence in rules:
        if not holds:
            raise SettingError(sentence)


def _checked_prior(prior: Any, symbols: int) -> np.ndarray:
    found: np.ndarray = np.full(symbols, 1 / symbols) if prior is None else np.asarray(prior, np.float64)
    if found.shape != (symbols,) or not (found >= 0).all() or not abs(found.sum() - 1) <= 1e-6:
        raise SettingError(f"prior must be {symbols} probabilities that sum to 1, got {prior!r:.60}")
    return found / found.sum()
