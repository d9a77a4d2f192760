"""The actions of a policy while it is recorded, with their log-probabilities if known."""

from typing import Any

import numpy as np

from mdpzoo.policies import TablePolicy


class Predicting:
    """Calls ``predict``; probabilities are unknown.

    Attributes:
        knows: whether log-probabilities are known.
    """

    knows = False

    def __init__(self, policy: Any, envs: Any, deterministic: bool) -> None:
        """Wraps a policy with SB3's ``predict``."""
        import inspect

        self.policy, self.envs, self.deterministic, self.memory = policy, envs, deterministic, None
        takes_masks = "action_masks" in inspect.signature(policy.predict).parameters
        self._masked = takes_masks and envs.has_attr("action_masks")

    def act(self, observations: Any, first: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns ``[B, ...]`` actions and ``[B]`` log-probabilities."""
        masks = {"action_masks": np.stack(self.envs.env_method("action_masks"))} if self._masked else {}
        actions, self.memory = self.policy.predict(observations, self.memory, first, self.deterministic, **masks)
        return np.asarray(actions), np.full(len(first), np.nan)


class ActorCritic:
    """Draws from the distribution of an SB3 actor-critic policy, before actions are clipped to a Box."""

    knows = True

    def __init__(self, policy: Any, deterministic: bool) -> None:
        """Wraps the policy of PPO, A2C or TRPO."""
        self.policy, self.deterministic = policy, deterministic

    def act(self, observations: Any, first: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns ``[B, ...]`` actions and ``[B]`` log-probabilities."""
        import torch
        from gymnasium.spaces import Box

        self.policy.set_training_mode(False)
        with torch.no_grad():
            tensors, _ = self.policy.obs_to_tensor(observations)
            distribution = self.policy.get_distribution(tensors)
            chosen = distribution.get_actions(deterministic=self.deterministic)
            chances = distribution.log_prob(chosen).numpy(force=True)
        actions = chosen.numpy(force=True)
        space = self.policy.action_space
        if isinstance(space, Box):
            actions = np.clip(actions, space.low, space.high)
        return actions, np.zeros(len(first)) if self.deterministic else chances


class Drawing:
    """Acts as a policy of ``mdpzoo.policies``, with numbers from one generator."""

    def __init__(self, policy: Any, seed: int | None) -> None:
        """Wraps a frozen policy."""
        self.policy, self.generator = policy, np.random.default_rng(seed)
        self.knows = isinstance(policy, TablePolicy)

    def act(self, observations: Any, first: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns ``[B, ...]`` actions and ``[B]`` log-probabilities."""
        actions = self.policy.act(observations, self.generator.random((len(first), self.policy.draws)))
        if not self.knows:
            return actions, np.full(len(first), np.nan)
        return actions, np.log(self.policy.probabilities[observations, actions])


def behaviour_of(policy: Any, envs: Any, deterministic: bool, seed: int | None) -> Any:
    """Returns the behaviour of a policy in environments: an object with ``act`` and ``knows``."""
    from stable_baselines3.common.policies import ActorCriticPolicy

    inner = getattr(policy, "policy", policy)
    if isinstance(inner, ActorCriticPolicy) and not hasattr(inner, "lstm_actor") and not inner.squash_output:
        import inspect

        if "action_masks" not in inspect.signature(policy.predict).parameters:
            return ActorCritic(inner, deterministic)
    if hasattr(policy, "act") and hasattr(policy, "draws") and not deterministic:
        return Drawing(policy, seed)
    return Predicting(policy, envs, deterministic)
