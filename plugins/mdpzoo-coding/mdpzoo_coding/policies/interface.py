"""The interface of policies that carry messages: they give the probabilities of their actions."""

import hashlib
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.policies import TablePolicy


@runtime_checkable
class ActionProbabilities(Protocol):
    """A policy that both ends share."""

    def probabilities(self, observation: Any, clock: int = 0) -> np.ndarray:
        """Returns ``[A]`` float64, not negative, summing to 1.

        Args:
            observation: of the environment.
            clock: steps since the episode began.
        """

    def digest(self) -> str:
        """Returns a name of the policy that changes when its probabilities change."""


class CallablePolicy:
    """A function of the observation."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        """Wraps a function that returns ``[A]`` probabilities."""
        self._function = function

    def probabilities(self, observation: Any, clock: int = 0) -> np.ndarray:
        """Returns the function's probabilities; the clock is ignored."""
        return np.asarray(self._function(observation), np.float64)

    def digest(self) -> str:
        """Returns the function's name; that both ends' functions agree is checked by their probabilities."""
        name = getattr(self._function, "__qualname__", type(self._function).__qualname__)
        return f"function {name}"


class TabularPolicy:
    """Probabilities by state, or by time and state; past the last time, the last row's."""

    def __init__(self, table: Any) -> None:
        """Checks a table.

        Args:
            table: ``[S, A]``, or ``[H, S, A]`` by the clock; rows sum to 1.

        Raises:
            SettingError: if it is no such table.
        """
        rows = np.array(table, np.float64)
        if rows.ndim not in (2, 3) or 0 in rows.shape:
            raise SettingError(f"a table of probabilities must have shape [S, A] or [H, S, A], got {list(rows.shape)}")
        if not (rows >= 0).all() or not (np.abs(rows.sum(-1) - 1) <= 1e-6).all():
            raise SettingError("each row of a table of probabilities must sum to 1 and have no negative entry")
        self.table = rows if rows.ndim == 3 else rows[None]
        self.table.flags.writeable = False

    def probabilities(self, observation: Any, clock: int = 0) -> np.ndarray:
        """Returns the row of a state, an integer."""
        return self.table[min(clock, len(self.table) - 1), int(observation)]

    def digest(self) -> str:
        """Returns a hash of the table."""
        return f"table {hashed(self.table)}"


class CategoricalPolicy:
    """A policy of Stable-Baselines3 with a categorical distribution, in its current state."""

    def __init__(self, agent: Any) -> None:
        """Wraps an algorithm or its policy; the network is not copied, so do not continue to train it.

        Raises:
            SettingError: if it has no distribution over finitely many actions.
        """
        self._policy = getattr(agent, "policy", agent)
        if not hasattr(self._policy, "get_distribution") or not hasattr(self._policy.action_space, "n"):
            raise SettingError(
                f"{type(agent).__name__} has no distribution over finitely many actions; use PPO or A2C on Discrete"
            )
        self._policy.set_training_mode(False)

    def probabilities(self, observation: Any, clock: int = 0) -> np.ndarray:
        """Returns the network's probabilities."""
        import torch

        with torch.no_grad():
            seen, _ = self._policy.obs_to_tensor(observation)
            chances = self._policy.get_distribution(seen).distribution.probs[0].double().numpy(force=True)
        return chances / chances.sum()

    def digest(self) -> str:
        """Returns a hash of the network's parameters."""
        parameters = self._policy.state_dict().items()
        return f"network {hashed(*(each.numpy(force=True) for _, each in sorted(parameters)))}"


def as_probabilities(policy: Any) -> ActionProbabilities:
    """Returns a policy in the form that coders use.

    Args:
        policy: already of that form; a ``TablePolicy`` or an array ``[S, A]`` or ``[H, S, A]``; an algorithm or policy
            of Stable-Baselines3 with a categorical distribution; or a function of the observation.

    Raises:
        SettingError: if it gives no probabilities.
    """
    if isinstance(policy, ActionProbabilities):
        return policy
    if isinstance(policy, TablePolicy):
        return TabularPolicy(policy.probabilities)
    if isinstance(policy, np.ndarray | list):
        return TabularPolicy(policy)
    if hasattr(policy, "predict"):
        return CategoricalPolicy(policy)
    if callable(policy):
        return CallablePolicy(policy)
    raise SettingError(f"a policy must give probabilities of its actions, got {policy!r:.60}")


def hashed(*arrays: np.ndarray) -> str:
    """Returns a SHA-256 of arrays with their shapes, hexadecimal, the first 32 digits."""
    found = hashlib.sha256()
    for each in arrays:
        found.update(repr((each.shape, each.dtype.str)).encode())
        found.update(np.ascontiguousarray(each).tobytes())
    return found.hexdigest()[:32]
