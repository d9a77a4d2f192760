"""Anything with SB3's ``predict`` as a frozen policy: its randomness, if it has any, is its own."""

import inspect
from typing import Any

import numpy as np

from mdpzoo.protocols import Policy


class Predictor:
    """Calls ``predict``; a policy with a recurrent state plays one row at a time only.

    Attributes:
        draws: 0: it takes no numbers of the stream.
    """

    draws = 0

    def __init__(self, policy: Policy, deterministic: bool = False) -> None:
        """Wraps a policy; ``deterministic`` is passed to ``predict``."""
        self.policy, self.deterministic = policy, deterministic
        self._asks_masks = "action_masks" in inspect.signature(policy.predict).parameters

    def act(self, observations: Any, numbers: Any, masks: Any = None) -> Any:
        """Returns ``[B, ...]`` actions, arrays or tensors as the observations are; ``numbers`` are not used."""
        seen, device = _arrays(observations)
        actions, _ = self.remember(seen, None, None, None if masks is None else _arrays(masks)[0])
        if device is None:
            return np.asarray(actions)
        import torch

        return torch.as_tensor(np.asarray(actions), device=device)

    def remember(self, observation: Any, memory: Any, first: Any, mask: Any = None) -> tuple[Any, Any]:
        """Returns actions, and the recurrent state for the next step.

        Args:
            observation: one observation or many.
            memory: the recurrent state; None at first.
            first: whether an episode begins here, ``[B]`` bool.
            mask: the legal actions; passed on if ``predict`` takes ``action_masks``.
        """
        masks = {"action_masks": mask} if self._asks_masks and mask is not None else {}
        return self.policy.predict(observation, memory, first, self.deterministic, **masks)

    def remembers(self, observation: Any) -> bool:
        """Returns whether the policy has a recurrent state, by querying it once with an observation."""
        return self.remember(observation, None, np.ones(1, bool))[1] is not None

    def to(self, device: Any) -> "Predictor":
        """Returns the policy itself, which receives arrays on any device."""
        return self


def _arrays(values: Any) -> tuple[Any, Any]:
    """Returns values as arrays, and the device that they came from; None for arrays."""
    if isinstance(values, dict):
        pairs = {name: _arrays(each) for name, each in values.items()}
        return {name: each for name, (each, _) in pairs.items()}, next(iter(pairs.values()))[1]
    if isinstance(values, np.ndarray):
        return values, None
    return values.numpy(force=True), values.device
