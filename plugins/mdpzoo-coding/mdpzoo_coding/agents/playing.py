"""Plays a game with a sender and a receiver, and collects statistics."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdpzoo.interop.pettingzoo import GameParallelEnv
from mdpzoo_coding.games.coding_rules import RECEIVER, SENDER

Z = 1.959963984540054  # of a 95 % interval


@dataclass(frozen=True, eq=False)
class Played:
    """Episodes of a coding game.

    Attributes:
        returns: ``[E]`` float64, of the MDP alone.
        accuracies: ``[E]`` float64, 1 if the whole message was guessed.
        symbol_accuracies: ``[E]`` float64, shares of correct symbols.
        steps: ``[E]`` int64, of the MDP.
    """

    returns: np.ndarray
    accuracies: np.ndarray
    symbol_accuracies: np.ndarray
    steps: np.ndarray

    def interval(self) -> tuple[float, float]:
        """Returns a 95 % interval of the accuracy (Wilson 1927)."""
        return wilson(float(self.accuracies.sum()), len(self.accuracies))


def wilson(hits: float, trials: int) -> tuple[float, float]:
    """Returns Wilson's 95 % interval of a proportion.

    Args:
        hits: successes.
        trials: at least 1.
    """
    share, extra = hits / trials, Z * Z / trials
    middle = (share + extra / 2) / (1 + extra)
    half = Z * math.sqrt(share * (1 - share) / trials + extra / 4 / trials) / (1 + extra)
    return middle - half, middle + half


def play(game: Any, sender: Any, receiver: Any, episodes: int, seed: int = 0) -> Played:
    """Plays episodes.

    Args:
        game: the rules of a coding game, or its environment.
        sender: anything with SB3's ``predict``.
        receiver: anything with SB3's ``predict``.
        episodes: number of episodes, at least 1.
        seed: of the game.
    """
    env = GameParallelEnv(getattr(game, "rules", game), reveal="end")
    players = {SENDER: sender, RECEIVER: receiver}
    found = []
    for episode in range(episodes):
        seen, infos = env.reset(seed=seed if episode == 0 else None)
        memories: dict[str, Any] = dict.fromkeys(players)
        first, total, steps = np.ones(1, bool), 0.0, 0
        while env.agents:
            actions, guesses = {}, bool(seen[RECEIVER]["terminal"])
            for name, player in players.items():
                actions[name], memories[name] = player.predict(seen[name], memories[name], first, False)
            seen, rewards, _, _, infos = env.step(actions)
            first = np.zeros(1, bool)
            total += 0.0 if guesses else rewards[SENDER]
            steps += not guesses
        facts = infos[RECEIVER]
        found.append((total, facts["accuracy"], facts["symbol_accuracy"], steps))
    returns, hits, symbols, lengths = np.array(found, np.float64).T
    return Played(returns, hits, symbols, lengths.astype(np.int64))
