"""Actor-critic policies that read the legal actions from the observation's own entry ``action_mask``.

Illegal actions get the logit -1e8 before the softmax (Huang and Ontanon 2022, section 4), so their probability is
exactly 0 in float32 while log-probabilities and entropies stay finite. If an observation allows no action, as may
happen after the end, every action stays possible.
"""

from typing import Any

import numpy as np
import torch
from sb3_contrib.common.maskable.distributions import MaskableDistribution
from sb3_contrib.common.maskable.policies import MaskableMultiInputActorCriticPolicy
from stable_baselines3.common.distributions import CategoricalDistribution
from stable_baselines3.common.policies import MultiInputActorCriticPolicy
from torch import Tensor

MASK = "action_mask"
ILLEGAL = -1e8  # a logit


class MaskedMultiInputPolicy(MultiInputActorCriticPolicy):
    """The policy of PPO, A2C and TRPO for A Discrete actions and an observed ``action_mask``, ``[B, A]``."""

    def forward(self, obs: Any, deterministic: bool = False) -> tuple[Tensor, Tensor, Tensor]:
        """Draws ``[B]`` legal actions; returns them with values ``[B, 1]`` and log-probabilities ``[B]``."""
        values, distribution = self._judge(obs)
        actions = distribution.get_actions(deterministic=deterministic)
        return actions, values, distribution.log_prob(actions)

    def evaluate_actions(self, obs: Any, actions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns values ``[B, 1]``, log-probabilities ``[B]`` of the actions, and entropies ``[B]``."""
        values, distribution = self._judge(obs)
        return values, distribution.log_prob(actions), distribution.entropy()

    def get_distribution(self, obs: Any) -> CategoricalDistribution:
        """Returns the distribution of the action, for ``predict``."""
        return _masked(super().get_distribution(obs), obs)

    def _judge(self, obs: Any) -> tuple[Tensor, CategoricalDistribution]:
        features = self.extract_features(obs)
        if self.share_features_extractor:
            actor, critic = self.mlp_extractor(features)
        else:
            actor = self.mlp_extractor.forward_actor(features[0])
            critic = self.mlp_extractor.forward_critic(features[1])
        return self.value_net(critic), _masked(self._get_action_dist_from_latent(actor), obs)


class ObservedMaskPolicy(MaskableMultiInputActorCriticPolicy):
    """MaskablePPO's policy, which also applies the observed mask, so that plain ``predict`` is legal."""

    def forward(
        self, obs: Any, deterministic: bool = False, action_masks: np.ndarray | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Draws ``[B]`` legal actions; returns them with values ``[B, 1]`` and log-probabilities ``[B]``."""
        return super().forward(obs, deterministic, _both(obs, action_masks))

    def evaluate_actions(
        self, obs: Any, actions: Tensor, action_masks: Any = None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Returns values ``[B, 1]``, log-probabilities ``[B]`` of the actions, and entropies ``[B]``."""
        return super().evaluate_actions(obs, actions, torch.from_numpy(_both(obs, action_masks)))

    def get_distribution(self, obs: Any, action_masks: Any = None) -> MaskableDistribution:
        """Returns the distribution of the action, for ``predict``."""
        return super().get_distribution(obs, _both(obs, action_masks))


def legal(obs: dict[str, Tensor]) -> Tensor:
    """Returns the legal actions ``[B, A]`` bool of a batch of observations; all in rows without any."""
    mask = obs[MASK].bool().flatten(1)
    return mask | ~mask.any(1, keepdim=True)


def _masked(distribution: Any, obs: dict[str, Tensor]) -> CategoricalDistribution:
    logits = distribution.distribution.logits
    return distribution.proba_distribution(torch.where(legal(obs), logits, ILLEGAL))


def _both(obs: dict[str, Tensor], given: Any) -> np.ndarray:
    """Returns the intersection of the observed and the given mask, or the observed one in rows where it is empty."""
    seen = legal(obs).numpy(force=True)
    if given is None:
        return seen
    both = seen & torch.as_tensor(given).bool().numpy(force=True).reshape(seen.shape)
    return np.where(both.any(1, keepdims=True), both, seen)
