"""The receiver that knows the sender's policy and applies Bayes' rule: the perfect receiver of Sokota et al. 2022."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError

MESSAGES = 4096  # maximum number enumerated


class BayesReceiver:
    """Follows the posterior over all messages under a sender of Stable-Baselines3 with a categorical distribution.

    A policy with SB3's ``predict``; its recurrent state is the posterior and the last observation.
    """

    def __init__(self, sender: Any, game: Any) -> None:
        """Listens to a sender.

        Args:
            sender: an algorithm or policy on the sender's observations, in its current state at each call.
            game: the ``CodingGame``.

        Raises:
            SettingError: if there are more than 4,096 messages.
        """
        symbols = len(game.prior)
        if symbols**game.length > MESSAGES:
            raise SettingError(f"a perfect receiver lists at most {MESSAGES} messages, got {symbols}^{game.length}")
        self._policy = getattr(sender, "policy", sender)
        self._noise, self._actions = game.noise, game.num_actions
        self.messages = np.array(list(itertools.product(range(symbols), repeat=game.length)), np.int64)
        with np.errstate(divide="ignore"):
            self._start = np.log(game.prior[self.messages]).sum(1)

    def predict(
        self, observation: Mapping[str, Any], state: Any = None, episode_start: Any = None, deterministic: bool = True
    ) -> tuple[np.ndarray, Any]:
        """Returns the most probable message of each row, the first on ties; in SB3's form."""
        single = np.ndim(observation["action"]) == 0
        rows = {name: np.asarray(each)[None] if single else np.asarray(each) for name, each in observation.items()}
        count = len(rows["action"])
        starts = np.asarray(np.zeros(count) if episode_start is None else episode_start, bool)
        guesses, memories = [], []
        for k in range(count):
            row = {name: each[k] for name, each in rows.items()}
            fresh = state is None or starts[k]
            beliefs = self._start if fresh else state[k][0] + self._likelihoods(state[k][1], int(row["action"]))
            guesses.append(self.messages[int(beliefs.argmax())])
            memories.append((beliefs, row))
        return (guesses[0] if single else np.array(guesses)), tuple(memories)

    def _likelihoods(self, row: Mapping[str, Any], action: int) -> np.ndarray:
        """Returns logarithms of the action's probability after an observation, for every message."""
        import torch

        count = len(self.messages)
        seen = {name: np.repeat(np.asarray(each)[None], count, 0) for name, each in row.items()}
        with torch.no_grad():
            tensors, _ = self._policy.obs_to_tensor({"message": self.messages, **seen})
            chances = self._policy.get_distribution(tensors).distribution.probs[:, action].double().numpy(force=True)
        with np.errstate(divide="ignore"):
            return np.log((1 - self._noise) * chances + self._noise / self._actions)
