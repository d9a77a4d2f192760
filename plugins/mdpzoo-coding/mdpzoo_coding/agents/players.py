"""Sender and receiver by couplings (Sokota et al. 2022: MEME; with a rate, Ebrahimi, Chen and Khisti 2024: MEC-B).

Both are policies in Stable-Baselines3's form, whose recurrent state is the coder; they play in seats and in PettingZoo.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo_coding.coder.online import Coder
from mdpzoo_coding.couplings.kernels import entropy_of
from mdpzoo_coding.policies.interface import ActionProbabilities, as_probabilities


@dataclass(frozen=True, eq=False)
class Scheme:
    """The agreement of both ends before a game.

    Attributes:
        policy: the policy that carries messages.
        prior: ``[symbols]`` probabilities of each symbol.
        length: symbols in a message.
        noise: of the actuator.
        rate: bits that the source may reveal to the sender in a step; None: no limit.
        encoder: of the source, with a rate.
        coupling: see ``Coder``.
        available: maps an observation to the ``[A]`` bool actions that noise draws from; None: all.
    """

    policy: ActionProbabilities
    prior: np.ndarray
    length: int
    noise: float = 0.0
    rate: float | None = None
    encoder: str = "ebim"
    coupling: str = "best"
    available: Callable[[Any], np.ndarray] | None = None

    def coder(self) -> Coder:
        """Returns a coder before the first step."""
        blocks = [self.prior] * self.length
        return Coder(blocks, self.noise, self.rate, encoder=self.encoder, coupling=self.coupling)


def scheme_of(
    game: Any, policy: Any = None, *, rate: float | None = None, encoder: str = "ebim", coupling: str = "best"
) -> Scheme:
    """Returns the scheme of a game.

    Args:
        game: a ``CodingGame``, or the environment of one.
        policy: the policy that carries messages; None: the game's.
        rate: part of the message's entropy that the source may reveal in a step, in (0, 1]; None: no limit.
        encoder: ``"ebim"`` or ``"quantise"``.
        coupling: ``"best"`` or ``"greedy"``.

    Raises:
        SettingError: if the game has no policy and none is given, or it is no coding game.
    """
    rules = getattr(game, "rules", game)
    if not hasattr(rules, "zeta") or not hasattr(rules, "prior"):
        raise SettingError(f"expected a coding game, got {type(rules).__name__}")
    shared = rules.policy if policy is None else as_probabilities(policy)
    if shared is None:
        raise SettingError("this game has no policy of its own; give one")
    if rate is not None and not 0 < rate <= 1:
        raise SettingError(f"rate must be a part of the message's entropy, in (0, 1], got {rate}")
    bits = None if rate is None else rate * float(entropy_of(rules.prior)) * rules.length
    available = getattr(rules.model, "action_mask", None)
    return Scheme(shared, rules.prior, rules.length, rules.noise, bits, encoder, coupling, available)


@dataclass(frozen=True, eq=False, slots=True)
class Memory:
    """A player's memory of an episode.

    Attributes:
        coder: the belief, coupled with the policy at the last observation.
        clock: steps so far.
    """

    coder: Coder
    clock: int


class CodingPlayer:
    """Base class of sender and receiver, which both follow the belief."""

    def __init__(self, scheme: Scheme) -> None:
        """Takes a scheme."""
        self.scheme = scheme

    def predict(
        self, observation: Mapping[str, Any], state: Any = None, episode_start: Any = None, deterministic: bool = False
    ) -> tuple[np.ndarray, Any]:
        """Returns actions and memories, in SB3's form; rows with leading dimension B, or one row without.

        Args:
            observation: of the player in the game.
            state: a tuple of memories; None: no episode has begun.
            episode_start: ``[B]`` bool.
            deterministic: not used: a sender draws, a receiver does not.
        """
        single = np.ndim(observation["action"]) == 0
        rows = {name: np.asarray(each)[None] if single else np.asarray(each) for name, each in observation.items()}
        count = len(rows["action"])
        starts = np.ones(count, bool) if state is None else np.zeros(count, bool)
        starts |= np.asarray(np.zeros(count) if episode_start is None else episode_start, bool)
        memories, actions = [], []
        for k in range(count):
            row = {name: each[k] for name, each in rows.items()}
            memory = self._followed(row, None if starts[k] or state is None else state[k])
            memories.append(memory)
            actions.append(self._act(row, memory))
        return (np.array(actions)[0] if single else np.array(actions)), tuple(memories)

    def _act(self, row: Mapping[str, Any], memory: Memory) -> Any:
        raise NotImplementedError

    def _followed(self, row: Mapping[str, Any], memory: Memory | None) -> Memory:
        """Returns the belief after the last executed action, coupled with the policy at the current observation."""
        coder, clock = (self.scheme.coder(), 0) if memory is None else (memory.coder.copy(), memory.clock + 1)
        if memory is not None:
            coder.update(int(row["action"]))
        if not row["terminal"]:
            seen, scheme = row["observation"], self.scheme
            available = None if scheme.available is None else scheme.available(seen)
            coder.couple(scheme.policy.probabilities(seen, clock), available)
        return Memory(coder, clock)


class CodingSender(CodingPlayer):
    """Draws each action from the coupling, given the message: on average over messages, from the policy."""

    def __init__(self, scheme: Scheme, seed: int | None = None) -> None:
        """Takes a scheme and the seed of the sender's own randomness; None: fresh."""
        super().__init__(scheme)
        self.generator = np.random.default_rng(seed)

    def _act(self, row: Mapping[str, Any], memory: Memory) -> int:
        if row["terminal"]:
            return 0
        return memory.coder.sample(tuple(int(each) for each in row["message"]), self.generator)


class CodingReceiver(CodingPlayer):
    """Guesses the most probable message, the lowest symbols on ties."""

    def _act(self, row: Mapping[str, Any], memory: Memory) -> np.ndarray:
        return np.array(memory.coder.decode(), np.int64)
